/**
 * Sockets that read commands into one buffer, which all of them have: Node's own way takes 64 KiB from the system for
 * each command, and gives most of it back.
 *
 * @module
 */

import { Socket, type SocketConstructorOpts } from "node:net";
import type { AcceptedConnection } from "./accepted-connection.ts";

const BUFFER_BYTES = 65_536;

let buffer: Buffer | undefined;

/**
 * The socket of a connection. What it tells as `data` is another's when its listeners have returned; who unshifts
 * something gives it a copy.
 *
 * @returns undefined where Node's insides are others.
 */
export function controlSocket(accepted: AcceptedConnection): Socket | undefined {
  if (!accepted.readsIntoBuffers) return undefined;
  buffer ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const shared = buffer;
  const options = {
    handle: accepted.release(),
    allowHalfOpen: true,
    onread: {
      buffer: shared,
      // Node reads no more for a callback that gives false, as `emit` does where nobody listens.
      callback: (count: number) => void socket.emit("data", shared.subarray(0, count)),
    },
  };
  const socket = new Socket(options as unknown as SocketConstructorOpts);
  socket.setNoDelay(true);
  return socket;
}
