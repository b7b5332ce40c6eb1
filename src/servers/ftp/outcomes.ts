/**
 * What went wrong with a store, as the engine wants to be told.
 *
 * @module
 */

import { StorageError } from "../../contracts/errors.ts";
import type { FtpFailureKind, FtpOutcome } from "../../protocol/ftp/actions.ts";

export function failure(id: number, kind: FtpFailureKind, peerText?: string): FtpOutcome {
  return peerText === undefined ? { id, ok: false, kind } : { id, ok: false, kind, peerText };
}

/** A store's own error has a kind; everything else is `failed`, and its text is for the program's owner only. */
export function failureOf(id: number, error: unknown): FtpOutcome {
  return error instanceof StorageError ? failure(id, error.kind, error.peerText) : failure(id, "failed");
}

/** True when a file is more than may be stored: the client is still sending it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof StorageError && ["too-large", "over-quota", "no-space"].includes(error.kind);
}

/** True for an error that the program's owner wants to know about: not every missing file is one. */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof StorageError) || error.kind === "failed" || error.kind === "gone";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How a transfer ended, as events tell it. */
export type TransferResult = "complete" | "aborted" | "failed" | "refused";

export function resultOf(outcome: FtpOutcome): TransferResult {
  if (outcome.ok) return "complete";
  return outcome.kind === "aborted" || outcome.kind === "refused" ? outcome.kind : "failed";
}
