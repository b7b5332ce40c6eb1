/**
 * A small file on its way out: one read, one write, and the connection is done with.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { ReadHandle } from "../../contracts/store.ts";
import { type SystemCalls, WOULD_BLOCK } from "../../native/system-calls.ts";
import type { AcceptedConnection } from "./accepted-connection.ts";
import type { BufferPool, LEAST_BUFFER_BYTES } from "./buffers.ts";
import type { DataConnection } from "./data-connection.ts";
import { answerOf, answerOfCall } from "./patience.ts";

export interface SmallDownloadOptions {
  /** At most {@link LEAST_BUFFER_BYTES}. What a file has become longer by is not sent. */
  readonly totalBytes: number;
  readonly pool: BufferPool;
  /** Makes a connection of the socket: something has to be waited for. Called at most once. */
  readonly connect: (socket: Socket) => DataConnection;
  /** Told how many bytes are in the hands of the connection. */
  readonly moved: (bytes: number) => void;
}

/** A connection of which Node has made no socket, and the calls that do without one. */
export interface AcceptedTarget {
  readonly accepted: AcceptedConnection;
  readonly descriptor: number;
  readonly calls: SystemCalls;
}

/**
 * Sends what the handle has, then FIN.
 *
 * @param target - Plain, and nothing was read from it or written to it. It is closed, or the connection's, when this is
 * done; not when it rejects. One without a socket is left open when the system has taken all: the end, and with it the
 * bytes, leaves when the caller closes it, who can send the reply first, which the client waits for.
 * @returns true when all bytes and the FIN are, or then are, in the hands of the system; false when the connection failed. Rejects
 * when the store does. The handle stays open; when the connection fails, or the store does not answer, a read may still
 * be under way.
 */
export async function sendSmallFile(
  handle: ReadHandle,
  target: Socket | AcceptedTarget,
  { totalBytes, pool, connect, moved }: SmallDownloadOptions,
): Promise<boolean> {
  const buffer = pool.takeLeast();
  const whole = buffer.subarray(0, totalBytes);
  const open = (): DataConnection => connect("accepted" in target ? target.accepted.toSocket() : target);
  let connection: DataConnection | undefined;
  let count = 0;
  /** The store may read into the buffer until this settles. */
  let inUse: Promise<void> | undefined;
  try {
    while (count < totalBytes) {
      const reading = handle.read(count === 0 ? whole : whole.subarray(count));
      if (typeof reading !== "number") connection ??= open();
      const read = typeof reading === "number" ? reading : await connection?.whileAlive(reading);
      if (read === undefined) {
        inUse = answerOfCall(reading);
        return false;
      }
      if (read === 0) break;
      count += read;
    }
    moved(count);
    const bytes = count === totalBytes ? whole : whole.subarray(0, count);
    if (connection !== undefined) return await connection.end(bytes);
    if (!("accepted" in target)) {
      if (sendAtOnce(target, bytes)) return true;
      return await open().end(); // the rest is on its way
    }
    const sent = bytes.length === 0 ? 0 : target.calls.sendBeforeEnd(target.descriptor, bytes);
    if (sent === bytes.length) return true;
    if (sent < 0 && sent !== WOULD_BLOCK) {
      target.accepted.close();
      return false;
    }
    return await open().end(bytes.subarray(Math.max(0, sent)));
  } catch (error) {
    inUse = answerOf(error);
    throw error;
  } finally {
    pool.giveAfter(buffer, inUse);
  }
}

/**
 * Gives everything to the system and closes, where it takes everything; it then goes on for as long as the client
 * takes. False: it did not take all, or the connection is broken.
 */
function sendAtOnce(socket: Socket, bytes: Buffer): boolean {
  if (bytes.length > 0) {
    socket.write(bytes);
    if (socket.writableLength > 0 || socket.errored !== null) return false;
  }
  socket.destroy();
  return true;
}
