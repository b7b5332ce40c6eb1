/**
 * Sockets that read into memory of ours: what Node does by itself, a fresh buffer for each read, costs an upload more than
 * all the rest of it.
 *
 * @module
 */

import { Socket, type SocketConstructorOpts } from "node:net";
import { AcceptedConnection } from "./accepted-connection.ts";

/** As `net.Socket` takes it. */
export interface OnRead {
  readonly buffer: Buffer | (() => Buffer);
  /** @returns false: no more is read before `resume()`. */
  readonly callback: (count: number) => boolean;
}

interface Inside {
  _handle?: { readonly reading?: boolean; readonly useUserBuffer?: unknown } | null;
  _server?: unknown;
}

/**
 * Moves a connected, unread connection to a socket that reads so.
 *
 * @returns the socket to use from then on, which doesn't read before `resume()`; undefined where Node doesn't offer
 * it: a private connection, one that we made, or another Node. The connection then is what it was.
 */
export function readingSocket(connection: Socket | AcceptedConnection, onread: OnRead): Socket | undefined {
  if (connection instanceof AcceptedConnection) {
    return connection.readsIntoBuffers ? open(connection.release(), onread) : undefined;
  }
  const inside = connection as unknown as Inside;
  const handle = inside._handle;
  if (connection.destroyed || connection.connecting || connection.readableFlowing === true) return undefined;
  if ("encrypted" in connection || connection.bytesRead > 0) return undefined;
  if (typeof handle?.useUserBuffer !== "function" || handle.reading === true) return undefined;
  inside._handle = null;
  const moved = open(handle, onread);
  // The listener counts its connections.
  (moved as unknown as Inside)._server = inside._server;
  inside._server = null;
  return moved;
}

function open(handle: unknown, onread: OnRead): Socket {
  const options = { handle, allowHalfOpen: true, pauseOnCreate: true, onread };
  return new Socket(options as unknown as SocketConstructorOpts);
}
