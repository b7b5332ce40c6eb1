/**
 * A file on its way out without a copy: sendfile(2) from the page cache to the socket. What is not in memory is read in
 * another thread, so that a slow disk holds nobody up; a quick client is waited for in another thread too. The bytes are
 * those that `sendFile` sends.
 *
 * @module
 */

import { StorageError } from "../../contracts/errors.ts";
import type { ReadHandle } from "../../contracts/store.ts";
import { BROKEN, type Residence, type SystemCalls, WOULD_BLOCK } from "../../native/system-calls.ts";
import type { BufferPool } from "./buffers.ts";
import type { DataConnection } from "./data-connection.ts";
import { answerOfCall, type Patience } from "./patience.ts";
import { sendingThreads } from "./sending-threads.ts";
import { nextTurn } from "./turn.ts";
import { WaitingSend } from "./waiting-send.ts";

/** Smaller files are sent sooner the ordinary way. */
const LEAST_FILE_BYTES = 262_144;
/** The kernel is asked for so much at once; then others have their turn. */
const WINDOW_BYTES = 4_194_304;
/** A client that takes so much so soon is worth waiting for in another thread. */
const SAMPLE_BYTES = 8_388_608;
const SAMPLE_MS = 64;
/** So much is sent there at once, at least and at most. */
const LEAST_AHEAD_BYTES = 16_777_216;
const MOST_AHEAD_BYTES = 268_435_456;
/** So far apart are the octets that are looked for in memory. */
const LOOK_BYTES = 524_288;
/** So much is read at once from a disk that is to be waited for. */
const READ_BYTES = 1_048_576;
/** A socket that is full is waited for with so much, which is copied twice. */
const WAIT_BYTES = 16_384;

/** A file that can be sent so. */
export interface DirectFile {
  readonly calls: SystemCalls;
  readonly descriptor: number;
  readonly residence: Exclude<Residence, "unknown">;
  readonly startBytes: number;
  /** Where it ended when it was opened. */
  readonly endBytes: number;
}

/** Undefined for what has to go the ordinary way. */
export function directFile(
  handle: ReadHandle,
  startBytes: number,
  connection: DataConnection,
  calls: SystemCalls | undefined,
): DirectFile | undefined {
  const descriptor = handle.fileDescriptor;
  if (calls === undefined || descriptor === undefined || connection.descriptor === undefined) return undefined;
  if (handle.entry.sizeBytes - startBytes < LEAST_FILE_BYTES) return undefined;
  const residence = calls.residence(descriptor);
  return residence === "unknown"
    ? undefined
    : { calls, descriptor, residence, startBytes, endBytes: handle.entry.sizeBytes };
}

/**
 * Sends a file from `startBytes` to its end, then FIN.
 *
 * @returns true when all bytes and the FIN are sent; false when the connection failed. Rejects when the file can't be
 * read. A call may still be under way when this settles, see `inUse`.
 */
export async function sendDirectly(
  file: DirectFile,
  connection: DataConnection,
  options: {
    readonly pool: BufferPool;
    readonly buffsizeBytes: number;
    readonly patience: Patience;
    /** Told what to wait for before the file is closed: a call that nobody waits for any more. */
    readonly inUse: (until: Promise<void>) => void;
    /** Told how many more bytes are in the hands of the connection. */
    readonly moved: (bytes: number) => void;
  },
): Promise<boolean> {
  const { calls, descriptor } = file;
  const { pool, moved, patience } = options;
  /** The disk may read into the buffer until this settles. */
  let inUse: Promise<void> | undefined;
  let buffer = pool.takeLeast(options.buffsizeBytes);
  let at = file.startBytes;
  let turnBytes = 0;
  const elsewhere = new WaitingSend(calls, connection, patience, sendingThreads);
  let quick = false;
  let sampleAt = at;
  let sampleMs = performance.now();
  connection.socket.resume(); // a client has nothing to say here; but a reset is seen only by reading
  try {
    for (;;) {
      if (at - sampleAt >= SAMPLE_BYTES) {
        const nowMs = performance.now();
        quick ||= nowMs - sampleMs <= SAMPLE_MS;
        sampleAt = at;
        sampleMs = nowMs;
      }
      const aheadBytes = quick ? aheadInMemory(file, at) : 0;
      if (aheadBytes >= LEAST_AHEAD_BYTES) {
        const sent = await elsewhere.send(descriptor, at, aheadBytes);
        if (sent !== undefined) {
          at += sent.bytes;
          moved(sent.bytes);
          connection.sentPast(sent.bytes);
          quick = sent.quick;
          sampleAt = at;
          sampleMs = performance.now();
        }
        if (sent?.quick) continue;
      }
      const socket = connection.descriptor;
      if (socket === undefined) return false;
      const readyBytes = inMemory(file, at, WINDOW_BYTES);
      const sent = readyBytes > 0 ? calls.sendFile(socket, descriptor, at, readyBytes) : WOULD_BLOCK;
      if (sent === 0) return await connection.end();
      if (sent > 0) {
        at += sent;
        moved(sent);
        connection.sentPast(sent);
        turnBytes += sent;
        if (turnBytes < WINDOW_BYTES) continue;
        turnBytes = 0;
        await nextTurn();
        continue;
      }
      if (BROKEN.includes(sent)) {
        connection.fail("connection-lost");
        return false;
      }
      // The socket is full, the disk is to be waited for, or the file system knows no sendfile: one piece goes the
      // ordinary way, and Node tells when the socket has taken it.
      let count: number | undefined;
      if (readyBytes > 0)
        count = calls.read(descriptor, sent === WOULD_BLOCK ? buffer.subarray(0, WAIT_BYTES) : buffer, at);
      else {
        if (buffer.length < options.buffsizeBytes) buffer = larger(pool, buffer, options.buffsizeBytes);
        const reading = patience.wait(calls.readLater(descriptor, buffer, at));
        inUse = answerOfCall(reading);
        count = await connection.whileAlive(reading);
        if (count === undefined) return false;
        inUse = undefined;
      }
      if (count < 0) throw new StorageError("failed", `cannot read the file that is being sent: error ${-count}`);
      if (count === 0) return await connection.end();
      at += count;
      const sending = connection.write(buffer.subarray(0, count));
      moved(count);
      if (!(await sending)) return false;
      turnBytes = 0;
    }
  } finally {
    pool.giveAfter(buffer, inUse);
    const sending = elsewhere.close();
    const underWay = inUse ?? sending; // not both: one waits for the other
    if (underWay !== undefined) options.inUse(underWay);
  }
}

/** How much can be sent in another thread at once without keeping it from its other work: the rest of the file at most. */
function aheadInMemory(file: DirectFile, at: number): number {
  const leftBytes = file.endBytes - at;
  return leftBytes < LEAST_AHEAD_BYTES ? 0 : inMemory(file, at, Math.min(leftBytes, MOST_AHEAD_BYTES));
}

/** How much of the next bytes can be sent without waiting for the disk. */
function inMemory({ calls, descriptor, residence }: DirectFile, at: number, mostBytes: number): number {
  if (residence === "memory") return mostBytes;
  let bytes = 0;
  if (!calls.isCached(descriptor, at)) return bytes;
  while (bytes < mostBytes && calls.isCached(descriptor, at + bytes + LOOK_BYTES - 1)) bytes += LOOK_BYTES;
  return bytes;
}

/** A disk is asked for more at once than a socket that is full; the old buffer where memory is short. */
function larger(pool: BufferPool, buffer: Buffer, buffsizeBytes: number): Buffer {
  const taken = pool.take(Math.min(READ_BYTES, buffsizeBytes));
  if (taken === undefined) return buffer;
  pool.give(buffer);
  return taken;
}
