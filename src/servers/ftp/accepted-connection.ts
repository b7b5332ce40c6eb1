/**
 * A connection that a listener has accepted and of which Node has made no socket yet. A socket costs more than all the
 * system calls of a small file; many connections need none, or one of another kind.
 *
 * @module
 */

import { type Server, Socket, type SocketConstructorOpts } from "node:net";
import { plainAddress } from "../arrivals.ts";

/** The parts of Node's handle of a connection that are used. */
export interface AcceptedHandle {
  readonly fd: number;
  /** Of all that Node has read from it. */
  readonly bytesRead?: unknown;
  readonly useUserBuffer?: unknown;
  /** @returns 0 when `out` has the address. */
  getpeername(out: { address?: string }): number;
  close(): void;
}

/** The same, of a handle that reads into buffers of ours. */
interface ReadingHandle {
  readonly bytesRead: number;
  onread: (() => Uint8Array | undefined) | undefined;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
}

/** Node's handle of a listener. */
interface ListeningHandle {
  onconnection?: (this: ListeningHandle, status: number, handle: unknown) => void;
}

/** Used again and again: into an object that has these three Node writes sooner. */
const told = { address: "", family: "", port: 0 };

export class AcceptedConnection {
  #handle: AcceptedHandle | undefined;

  constructor(handle: AcceptedHandle) {
    this.#handle = handle;
  }

  /** The peer's, IPv4 in dotted form; empty when the peer has gone already. */
  get address(): string {
    return this.#handle?.getpeername(told) === 0 ? plainAddress(told.address) : "";
  }

  /** For those who send past Node; non-blocking. Undefined where Node shows none, and for what is not ours any more. */
  get descriptor(): number | undefined {
    const fd = this.#handle?.fd;
    return fd !== undefined && fd >= 0 ? fd : undefined;
  }

  /** A socket can be made of it that reads into buffers of ours. */
  get readsIntoBuffers(): boolean {
    const { useUserBuffer, bytesRead } = this.#handle ?? {};
    return typeof useUserBuffer === "function" && typeof bytesRead === "number";
  }

  /**
   * Reads without a socket, until `stopReading()`, or until the connection is closed. Only where `readsIntoBuffers`.
   *
   * @param heard - Told that something has happened: so many bytes are in the buffer, or none, when there may be an end, an
   * error or nothing at all. Gives what is to be read into next, undefined when that is of no interest any more.
   */
  startReading(buffer: Uint8Array, heard: (count: number) => Uint8Array | undefined): void {
    const handle = this.#handle as ReadingHandle | undefined;
    if (handle === undefined) return;
    let seenBytes = handle.bytesRead;
    handle.onread = () => {
      const count = handle.bytesRead - seenBytes;
      seenBytes += count;
      return heard(count);
    };
    handle.useUserBuffer(buffer);
    handle.readStart();
  }

  stopReading(): void {
    (this.#handle as ReadingHandle | undefined)?.readStop();
  }

  /** Gives the handle away; whoever takes it closes it. */
  release(): AcceptedHandle | undefined {
    const handle = this.#handle;
    this.#handle = undefined;
    return handle;
  }

  /** The socket that Node would have made for a paused listener that allows half-open connections. */
  toSocket(): Socket {
    const handle = this.release();
    const options = { ...(handle === undefined ? {} : { handle }), allowHalfOpen: true, pauseOnCreate: true };
    const socket = new Socket(options as SocketConstructorOpts);
    if (handle === undefined) socket.destroy();
    return socket;
  }

  /** The system goes on sending what it has been given. */
  close(): void {
    this.release()?.close();
  }
}

/**
 * Offers connections before Node makes a socket of them: what `take` refuses goes the ordinary way. Does nothing where
 * Node's insides are others.
 */
export function offerAccepted(server: Server, take: (accepted: AcceptedConnection) => boolean): void {
  const listening = (server as unknown as { readonly _handle?: ListeningHandle | null })._handle;
  const ordinary = listening?.onconnection;
  if (listening === undefined || listening === null || typeof ordinary !== "function") return;
  listening.onconnection = function (status, handle) {
    if (isAccepted(handle) && take(new AcceptedConnection(handle))) return;
    ordinary.call(this, status, handle);
  };
}

function isAccepted(handle: unknown): handle is AcceptedHandle {
  if (typeof handle !== "object" || handle === null) return false;
  const { fd, getpeername, close } = handle as Partial<AcceptedHandle>;
  return typeof fd === "number" && typeof getpeername === "function" && typeof close === "function";
}
