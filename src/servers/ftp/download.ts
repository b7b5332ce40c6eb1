/**
 * Bytes on their way out: from a store's handle, or made as they go, to a data connection. Knows no FTP word.
 *
 * @module
 */

import type { ReadHandle } from "../../contracts/store.ts";
import { ToNetworkLines } from "./ascii.ts";
import { type BufferPool, LEAST_BUFFER_BYTES } from "./buffers.ts";
import type { DataConnection } from "./data-connection.ts";
import { answerOf, answerOfCall } from "./patience.ts";
import { type Throttle, throttled } from "./throttle.ts";
import { nextPiece, othersWait } from "./turn.ts";

/** A buffer that left within this time was small for the client. */
const FAST_MS = 100;

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

/** A piece that is being read while the one before is sent. */
interface Ahead {
  readonly buffer: Buffer;
  readonly reading: Promise<number>;
  /** When nobody reads into the buffer any more; never rejects. */
  readonly free: Promise<void>;
}

/**
 * Sends what the handle has, then FIN, in pieces that grow while the client is fast. What the system takes at once leaves
 * its buffer to whoever reads next, who finds it in the processor's cache; while it takes a piece by and by, the next one
 * is read into another. While several clients are fast, that is done in another thread where the store has one to spare.
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
  const mostBytes = Math.min(Math.ceil(options.buffsizeBytes / 2), throttle?.pieceBytes ?? Number.POSITIVE_INFINITY);
  const leastBytes = Math.min(LEAST_BUFFER_BYTES / 2, mostBytes);
  const lines = options.ascii ? new ToNetworkLines() : undefined;
  const plain = lines === undefined && throttle === undefined;
  let wantedBytes = leastBytes;
  let buffer: Buffer | undefined;
  let sending: Promise<boolean> | undefined;
  let sentAtMs = Number.NEGATIVE_INFINITY;
  let fast = false;
  /** The store may read into the buffer until this settles. */
  let inUse: Promise<void> | undefined;
  /** The next piece, which is being read. */
  let ahead: Ahead | undefined;
  connection.socket.resume(); // a client has nothing to say here; but a reset is seen only by reading
  try {
    for (;;) {
      const begun = ahead?.reading;
      buffer = ahead?.buffer ?? pool.take(wantedBytes) ?? pool.takeLeast(leastBytes);
      ahead = undefined;
      // TYPE A needs room for twice the bytes: there is a part to read into and a part to send from.
      const room = lines === undefined ? buffer.length : Math.max(1, Math.floor(buffer.length / 3));
      let count = 0;
      let ended = false;
      for (let waited = false; !waited && !ended && count < room; ) {
        const reading: number | Promise<number> = begun ?? handle.read(buffer.subarray(count, room));
        waited = typeof reading !== "number";
        const read = typeof reading === "number" ? reading : await connection.whileAlive(reading);
        if (read === undefined) {
          inUse = answerOfCall(reading);
          return false;
        }
        ended = read === 0;
        count += read;
      }
      if (sending !== undefined && !(await sending)) return false;
      if (count === 0) return await connection.end();
      if (plain && fast && count === mostBytes && othersWait()) ahead = readAhead(handle, pool, mostBytes);
      let bytes = buffer.subarray(0, count);
      if (lines !== undefined) {
        const converted = buffer.subarray(room);
        bytes = converted.subarray(0, lines.convert(bytes, converted));
      }
      if (ended) {
        moved(bytes.length);
        return await connection.end(bytes);
      }
      const now = performance.now();
      fast = count === room && now - sentAtMs < FAST_MS;
      sentAtMs = now;
      sending = connection.write(bytes);
      moved(bytes.length);
      if (fast) wantedBytes = Math.min(buffer.length * 4, mostBytes);
      pool.giveAfter(buffer, connection.isEmpty ? undefined : sending);
      buffer = undefined;
      const wait = throttled(throttle, bytes.length);
      if (wait !== undefined && !(await connection.rest(wait))) return false;
      await nextPiece();
    }
  } catch (error) {
    inUse = answerOf(error);
    throw error;
  } finally {
    if (buffer !== undefined) pool.giveAfter(buffer, inUse);
    if (ahead !== undefined) pool.giveAfter(ahead.buffer, ahead.free);
  }
}

/** Has the next piece read in another thread; undefined: there is none for it. */
function readAhead(handle: ReadHandle, pool: BufferPool, bytes: number): Ahead | undefined {
  const buffer = handle.readAhead === undefined ? undefined : pool.take(bytes);
  if (buffer === undefined) return undefined;
  let reading: Promise<number> | undefined;
  try {
    reading = handle.readAhead?.(buffer);
  } finally {
    if (reading === undefined) pool.give(buffer);
  }
  if (reading === undefined) return undefined;
  return { buffer, reading, free: answerOfCall(reading) };
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
