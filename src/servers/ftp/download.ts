/**
 * Bytes on their way out: from a store's handle, or made as they go, to a data connection. Knows no FTP word.
 *
 * @module
 */

import type { ReadHandle } from "../../contracts/store.ts";
import { ToNetworkLines } from "./ascii.ts";
import type { BufferPool } from "./buffers.ts";
import type { DataConnection } from "./data-connection.ts";
import { answerOf, answerOfCall } from "./patience.ts";
import { type Throttle, throttled } from "./throttle.ts";
import { nextTurn } from "./turn.ts";

/** A buffer that left within this time was small for the client. */
const FAST_MS = 100;

/**
 * So much is read at once of what is then encrypted: this thread is busy with it anyway, so a store should not think it
 * worth another thread, out of whose cache the bytes had to come.
 */
const ENCRYPTED_READ_BYTES = 65_536;

export interface DownloadOptions {
  readonly pool: BufferPool;
  /** The most that one transfer holds. */
  readonly buffsizeBytes: number;
  /** Turn LF into CR LF. */
  readonly ascii: boolean;
  readonly throttle?: Throttle | undefined;
  /** Told how many more bytes are in the hands of the connection. */
  readonly moved: (bytes: number) => void;
}

/**
 * Sends what the handle has, then FIN. Two halves of one buffer take turns: while one is on its way the other is
 * filled. The buffer grows while the client is fast.
 *
 * @returns true when all bytes and the FIN are sent; false when the connection failed. Rejects when the store does.
 * The handle stays open; when the connection fails, or the store does not answer, a read may still be under way.
 */
export async function sendFile(
  handle: ReadHandle,
  connection: DataConnection,
  options: DownloadOptions,
): Promise<boolean> {
  const { pool, moved, throttle } = options;
  const mostBytes = Math.min(options.buffsizeBytes, (throttle?.pieceBytes ?? Number.POSITIVE_INFINITY) * 2);
  const mostReadBytes = "encrypted" in connection.socket ? ENCRYPTED_READ_BYTES : mostBytes;
  const lines = options.ascii ? new ToNetworkLines() : undefined;
  let buffer = pool.takeLeast(mostBytes);
  let outgrown: Buffer | undefined;
  let first = true;
  let sending: Promise<boolean> | undefined;
  let sentAtMs = 0;
  /** The store may read into the buffer until this settles. */
  let inUse: Promise<void> | undefined;
  connection.socket.resume(); // a client has nothing to say here; but a reset is seen only by reading
  try {
    for (;;) {
      // TYPE A needs room for twice the bytes: a half then is a part to read into and a part to send from.
      const half = buffer.length >> 1;
      const start = first ? 0 : half;
      const room = lines === undefined ? half : Math.max(1, Math.floor(half / 3));
      const target = buffer.subarray(start, start + room);
      first = !first;
      let count = 0;
      let ended = false;
      for (let waited = false; !waited && !ended && count < room; ) {
        const reading = handle.read(target.subarray(count, count + mostReadBytes));
        waited = typeof reading !== "number";
        const read = typeof reading === "number" ? reading : await connection.whileAlive(reading);
        if (read === undefined) {
          inUse = answerOfCall(reading);
          return false;
        }
        ended = read === 0;
        count += read;
      }
      if (sending !== undefined) {
        if (!(await sending)) return false;
        await nextTurn();
        if (outgrown !== undefined) {
          pool.give(outgrown);
          outgrown = undefined;
        }
      }
      if (count === 0) return await connection.end();
      let bytes = target.subarray(0, count);
      if (lines !== undefined) {
        const converted = buffer.subarray(start + room, start + half);
        bytes = converted.subarray(0, lines.convert(bytes, converted));
      }
      if (ended) {
        moved(bytes.length);
        return await connection.end(bytes);
      }
      const now = performance.now();
      const fast = sending !== undefined && count === room && now - sentAtMs < FAST_MS;
      sentAtMs = now;
      sending = connection.write(bytes);
      moved(bytes.length);
      const wait = throttled(throttle, bytes.length);
      if (wait !== undefined && !(await connection.rest(wait))) return false;
      if (fast && buffer.length < mostBytes) {
        const larger = pool.take(Math.min(buffer.length * 4, mostBytes));
        if (larger !== undefined) {
          outgrown = buffer;
          buffer = larger;
        }
      }
    }
  } catch (error) {
    inUse = answerOf(error);
    throw error;
  } finally {
    if (outgrown !== undefined) pool.give(outgrown);
    pool.giveAfter(buffer, inUse);
  }
}

/** Sends text as it is made, then FIN; at most `chunk` and what the connection holds of the one before wait. */
export async function sendText(
  chunks: AsyncIterable<string>,
  connection: DataConnection,
  moved: (bytes: number) => void,
): Promise<boolean> {
  connection.socket.resume();
  let sending: Promise<boolean> | undefined;
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await connection.whileAlive(iterator.next());
      if (next === undefined) return false;
      if (sending !== undefined && !(await sending)) return false;
      if (next.done === true) return await connection.end();
      const bytes = Buffer.from(next.value, "utf8");
      sending = connection.write(bytes);
      moved(bytes.length);
    }
  } finally {
    void iterator.return?.().catch(ignore);
  }
}

function ignore(): void {}
