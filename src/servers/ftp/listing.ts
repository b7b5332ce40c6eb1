/**
 * A store's directory as the text of a listing.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import { StorageError } from "../../contracts/errors.ts";
import { LIMITS } from "../../contracts/limits.ts";
import type { Entry, Store } from "../../contracts/store.ts";
import { createListingFormatter, type ListingTransfer } from "../../protocol/ftp/listing.ts";

/** Text is handed on in pieces of about this size. */
const PIECE_LENGTH = 65_536;

type Batches = AsyncIterator<readonly Entry[]>;

/**
 * Opens what is to be listed. Rejects when it is not there, and with `not-directory` for MLSD of a file.
 *
 * @returns the listing's text in pieces, every line with CR LF. An iterator that is not read to its end must be
 * returned.
 */
export async function openListing(
  store: Store,
  transfer: ListingTransfer,
  account: Account,
): Promise<AsyncGenerator<string, void, undefined>> {
  const batches = store.list(transfer.path)[Symbol.asyncIterator]();
  let first: IteratorResult<readonly Entry[]>;
  let alone = false;
  try {
    first = await batches.next();
  } catch (error) {
    const isFile = error instanceof StorageError && error.kind === "not-directory" && transfer.format !== "mlsd";
    if (!isFile) throw error;
    alone = true;
    first = { done: false, value: [await store.stat(transfer.path)] };
  }
  return text(alone ? none() : batches, first, transfer, account, alone);
}

async function* none(): AsyncGenerator<readonly Entry[], void, undefined> {}

async function* text(
  batches: Batches,
  first: IteratorResult<readonly Entry[]>,
  transfer: ListingTransfer,
  account: Account,
  alone: boolean,
): AsyncGenerator<string, void, undefined> {
  const format = createListingFormatter(transfer, account, Date.now(), alone);
  let lines: string[] = [];
  let length = 0;
  let next = first;
  try {
    // MLSD is read by programs, which sort for themselves.
    const sorted: Entry[] = [];
    while (transfer.format !== "mlsd" && next.done !== true && sorted.length < LIMITS.ftpListedEntries.value) {
      for (const entry of next.value) sorted.push(entry);
      next = await batches.next();
    }
    sorted.sort((a, b) => (a.name < b.name ? -1 : 1));
    let batch: readonly Entry[] | undefined = sorted;
    while (batch !== undefined) {
      for (const entry of batch) {
        const line = format(entry);
        if (line === undefined) continue;
        lines.push(line);
        length += line.length + 2;
        if (length < PIECE_LENGTH) continue;
        yield joined(lines);
        lines = [];
        length = 0;
      }
      batch = next.done === true ? undefined : next.value;
      if (batch !== undefined) next = await batches.next();
    }
    if (lines.length > 0) yield joined(lines);
  } finally {
    await batches.return?.();
  }
}

function joined(lines: readonly string[]): string {
  return `${lines.join("\r\n")}\r\n`;
}

/** The lines of a listing that goes over the control connection; rejects with `too-large` when there are too many. */
export async function listInline(store: Store, transfer: ListingTransfer, account: Account): Promise<string[]> {
  const lines: string[] = [];
  let length = 0;
  for await (const piece of await openListing(store, transfer, account)) {
    length += Buffer.byteLength(piece);
    if (length > LIMITS.ftpListingBytes.value) {
      throw new StorageError("too-large", `a listing of ${transfer.path} is too long for STAT`, {
        peerText: "The listing is too long for STAT; ask with LIST.",
      });
    }
    lines.push(...piece.split("\r\n").slice(0, -1));
  }
  return lines;
}
