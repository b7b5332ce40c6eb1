/**
 * Errors as plain data, so that they cross threads with their `code` and `kind`.
 *
 * @module
 */

import { ERROR_CODES, type ErrorCode, type Failure, PortholeError, StorageError } from "../contracts/errors.ts";

const TASK_FAILED: ErrorCode = "PORTHOLE_ERR_TASK_FAILED";

/**
 * What was thrown, as plain data. Porthole's own errors are known by their code, since a program's store may have come
 * with another copy of the class. Anything else becomes `PORTHOLE_ERR_TASK_FAILED`.
 */
export function toFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (typeof error !== "object" || error === null || !("code" in error)) return { code: TASK_FAILED, message };
  const code = ERROR_CODES.find((known) => known === error.code);
  if (code === undefined) return { code: TASK_FAILED, message };
  if (code !== "PORTHOLE_ERR_STORAGE" || !("kind" in error)) return { code, message };
  const { kind, peerText } = error as Partial<StorageError>;
  const failure = { code, message, kind: kind ?? "failed" };
  return typeof peerText === "string" ? { ...failure, peerText } : failure;
}

/** The error that a failure tells of, of the class that it had. */
export function fromFailure(failure: Failure): PortholeError {
  const { code, message, kind, peerText } = failure;
  if (kind === undefined) return new PortholeError(code, message);
  return new StorageError(kind, message, peerText === undefined ? {} : { peerText });
}
