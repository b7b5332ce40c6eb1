/**
 * Errors as plain data, so that they cross threads with their `code` and `kind`.
 *
 * @module
 */

import { type Failure, PortholeError, StorageError } from "../contracts/errors.ts";

/** What was thrown, as plain data. Anything but Porthole's own errors becomes `PORTHOLE_ERR_TASK_FAILED`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof StorageError) {
    const { code, message, kind, peerText } = error;
    return peerText === undefined ? { code, message, kind } : { code, message, kind, peerText };
  }
  if (error instanceof PortholeError) return { code: error.code, message: error.message };
  return { code: "PORTHOLE_ERR_TASK_FAILED", message: error instanceof Error ? error.message : String(error) };
}

/** The error that a failure tells of, of the class that it had. */
export function fromFailure(failure: Failure): PortholeError {
  const { code, message, kind, peerText } = failure;
  if (kind === undefined) return new PortholeError(code, message);
  return new StorageError(kind, message, peerText === undefined ? {} : { peerText });
}
