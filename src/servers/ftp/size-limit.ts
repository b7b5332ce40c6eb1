/**
 * The bound on how large a file may become by an upload.
 *
 * @module
 */

import type { AccountLimits } from "../../contracts/credentials.ts";
import { StorageError } from "../../contracts/errors.ts";
import type { Store } from "../../contracts/store.ts";
import type { FtpTransfer } from "../../protocol/ftp/actions.ts";

/** What bounds the files of an account: the smaller of the server's limit and its own; undefined: nothing. */
export function mostFileBytes(serverBytes: number | undefined, limits: AccountLimits = {}): number | undefined {
  const { maxUploadBytes } = limits;
  if (serverBytes === undefined || maxUploadBytes === undefined) return serverBytes ?? maxUploadBytes;
  return Math.min(serverBytes, maxUploadBytes);
}

/**
 * How many bytes an upload may still bring; what it goes on with counts. Rejects with `too-large` when that, or what
 * ALLO said, is too much already.
 */
export async function leftForUpload(
  store: Store,
  { mode, path, startBytes, expectedBytes = 0 }: FtpTransfer & { readonly kind: "store" },
  mostBytes: number,
): Promise<number> {
  const kept = mode === "append" ? await sizeOf(store, path) : mode === "update" ? startBytes : 0;
  if (kept + expectedBytes > mostBytes) throw tooLarge(mostBytes);
  return mostBytes - kept;
}

/** What is told when the bound is passed; the client gets it behind 552. */
export function tooLarge(mostBytes: number): StorageError {
  return new StorageError("too-large", `the file has more than ${mostBytes} bytes`, {
    peerText: `A file may have at most ${mostBytes} bytes.`,
  });
}

async function sizeOf(store: Store, path: Parameters<Store["stat"]>[0]): Promise<number> {
  try {
    return (await store.stat(path)).sizeBytes;
  } catch {
    return 0; // a new file; whatever else is wrong, opening it tells
  }
}
