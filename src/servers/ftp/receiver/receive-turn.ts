/**
 * A turn: what comes on a socket goes to a file, by way of one buffer, which stays in the cache of one processor.
 *
 * @module
 */

import { type SystemCalls, WOULD_BLOCK } from "../../../native/system-calls.ts";
import type { ReceiveOrder, ReceiveTiding } from "./messages.ts";

/** So long is a turn. */
const TURN_MS = 50;
/** A client who sends nothing for so long is waited for in Node's own way. */
const CLIENT_MS = 10;

/** Receives until the turn is over, nothing comes, or no more may come; waits for both ends. */
export function receiveTurn(calls: SystemCalls, buffer: Buffer, order: ReceiveOrder): ReceiveTiding {
  const { socket, file, atBytes, mostBytes } = order;
  const endMs = performance.now() + TURN_MS;
  let bytes = 0;
  while (bytes < mostBytes) {
    const leftBytes = mostBytes - bytes;
    const count = calls.receive(socket, leftBytes < buffer.length ? buffer.subarray(0, leftBytes) : buffer);
    if (count === 0) break;
    if (count > 0) {
      const rest = write(calls, file, buffer.subarray(0, count), atBytes === undefined ? undefined : atBytes + bytes);
      bytes += count;
      if (rest !== undefined) return { bytes, rest, broken: false };
    } else if (count !== WOULD_BLOCK) return { bytes, rest: undefined, broken: true };
    if (performance.now() >= endMs) break;
    if (count === WOULD_BLOCK && !calls.waitToReceive(socket, CLIENT_MS)) break;
  }
  return { bytes, rest: undefined, broken: false };
}

/** Gives what was not written. */
function write(calls: SystemCalls, file: number, bytes: Buffer, atBytes: number | undefined): Uint8Array | undefined {
  for (let from = 0; from < bytes.length; ) {
    const rest = bytes.subarray(from);
    const count = calls.write(file, rest, atBytes === undefined ? undefined : atBytes + from);
    if (count <= 0) return Uint8Array.from(rest);
    from += count;
  }
  return undefined;
}
