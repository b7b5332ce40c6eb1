/**
 * What the transfer commands have in common.
 *
 * @module
 */

import type { VirtualPath } from "../../contracts/store.ts";
import type { FtpOutcome, FtpTransfer } from "./actions.ts";
import type { CommandContext, Failure, FailureContext } from "./command.ts";

/** What REST and ALLO said for this transfer; both are used up by asking. */
export function takeTransferPromises(context: CommandContext): {
  readonly startBytes: number;
  readonly expectedBytes: number | undefined;
} {
  const { session } = context;
  const promises = { startBytes: session.restartBytes, expectedBytes: session.expectedBytes };
  session.restartBytes = 0;
  session.expectedBytes = undefined;
  return promises;
}

/** False when no transfer may start now, and then the reply is given. */
export function dataConnectionAllowed(context: CommandContext): boolean {
  const { session, policy } = context;
  if (policy.tls === "required" && !session.privateData) {
    context.reply(522, "Data connections must be private: send PBSZ 0 and PROT P first.");
    return false;
  }
  if (session.dataReady) return true;
  context.reply(425, policy.active ? "Send PASV, EPSV, PORT or EPRT first." : "Send PASV or EPSV first.");
  return false;
}

/** Runs a transfer to its final reply. `failed`, when given, may take a failure over by returning true. */
export function runTransfer(
  context: CommandContext,
  transfer: FtpTransfer,
  failureContext: FailureContext = {},
  failed: (failure: Failure) => boolean = () => false,
): void {
  context.startTransfer(transfer, (outcome: FtpOutcome) => {
    if (outcome.ok) context.reply(226, "Transfer complete.");
    else if (!failed(outcome)) context.fail(outcome, failureContext);
  });
}

/** What 150 says when the store's side of a transfer is open. */
export function openingText(
  transfer: FtpTransfer,
  info: { readonly totalBytes?: number; readonly path?: VirtualPath },
): string {
  if (transfer.kind === "store" && transfer.mode === "unique") return `FILE: ${info.path ?? transfer.path}`;
  const type = transfer.kind === "listing" || transfer.ascii ? "ASCII" : "BINARY";
  const size = info.totalBytes === undefined ? "" : ` (${info.totalBytes} bytes)`;
  return `Opening ${type} mode data connection for ${transfer.path}${size}.`;
}
