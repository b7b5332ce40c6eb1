/**
 * A turn: what comes on a socket goes to a file, by way of a pipe, which takes the pages that it came in as they are, so
 * that it is copied once; or, where that cannot be, of one buffer, which stays in the cache of one processor.
 *
 * @module
 */

import { type SystemCalls, WOULD_BLOCK } from "../../../native/system-calls.ts";
import { PIPE_BYTES, type ReceiveOrder, type ReceiveTiding, type TurnPipe } from "./messages.ts";

/** So long is a turn. */
const TURN_MS = 50;
/** A client who sends nothing for so long is waited for in Node's own way. */
const CLIENT_MS = 10;

/**
 * Receives until the turn is over, nothing comes, or no more may come; waits for both ends.
 *
 * @param buffer - Gives the one that is used where the pipe cannot be.
 */
export function receiveTurn(calls: SystemCalls, buffer: () => Buffer, order: ReceiveOrder): ReceiveTiding {
  const { socket, file, atBytes, mostBytes } = order;
  const endMs = performance.now() + TURN_MS;
  let { pipe } = order;
  let bytes = 0;
  let waited = false;
  const tiding = (rest?: Uint8Array, broken = false): ReceiveTiding => ({
    bytes,
    rest,
    broken,
    spliced: pipe !== undefined,
  });
  while (bytes < mostBytes) {
    const leftBytes = mostBytes - bytes;
    const at = atBytes === undefined ? undefined : atBytes + bytes;
    let count: number;
    let rest: Uint8Array | undefined;
    if (pipe !== undefined) {
      count = calls.splice(socket, pipe[1], undefined, Math.min(leftBytes, PIPE_BYTES));
      // Also when there is something, and it cannot be had so: splice(2) never gets over an urgent octet.
      const refused = count < 0 && (count !== WOULD_BLOCK || waited);
      if (refused && !calls.isBroken(socket)) {
        pipe = undefined;
        continue;
      }
      const kept = count > 0 ? pass(calls, pipe, file, count, at) : undefined;
      if (kept !== undefined) {
        pipe = undefined;
        rest = write(calls, file, kept, at === undefined ? undefined : at + count - kept.length);
      }
    } else {
      const target = buffer();
      count = calls.receive(socket, leftBytes < target.length ? target.subarray(0, leftBytes) : target);
      if (count > 0) rest = write(calls, file, target.subarray(0, count), at);
    }
    if (count === 0) break;
    if (count > 0) bytes += count;
    else if (count !== WOULD_BLOCK) return tiding(undefined, true);
    if (rest !== undefined) return tiding(rest);
    if (performance.now() >= endMs) break;
    waited = count === WOULD_BLOCK;
    if (waited && !calls.waitToReceive(socket, CLIENT_MS)) break;
  }
  return tiding();
}

/** Empties the pipe into the file; gives what the file did not take so. */
function pass(
  calls: SystemCalls,
  [pipe]: TurnPipe,
  file: number,
  bytes: number,
  atBytes: number | undefined,
): Buffer | undefined {
  for (let from = 0; from < bytes; ) {
    const count = calls.splice(pipe, file, atBytes === undefined ? undefined : atBytes + from, bytes - from);
    if (count <= 0) return takeOut(calls, pipe, bytes - from);
    from += count;
  }
  return undefined;
}

function takeOut(calls: SystemCalls, pipe: number, bytes: number): Buffer {
  const taken = Buffer.allocUnsafeSlow(bytes);
  for (let from = 0; from < bytes; ) {
    const count = calls.readPipe(pipe, taken.subarray(from));
    if (count <= 0) throw new Error("what is in a pipe cannot be read");
    from += count;
  }
  return taken;
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
