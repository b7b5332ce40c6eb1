/**
 * The control connection's socket, which AUTH exchanges for a secure one.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { SystemCalls } from "../../native/system-calls.ts";
import { plainAddress } from "../arrivals.ts";
import { secureSocket, type TlsContext } from "../tls.ts";

const KEEP_ALIVE_MS = 60_000;

/** What a control connection tells its session. */
export interface ControlListener {
  received(chunk: Buffer): void;
  /** What was written has left. */
  drained(): void;
  /** The client sends no more. */
  ended(): void;
  failed(error: Error): void;
  /** The handshake has not been done in time: the connection is about to be closed. */
  late(): void;
  /** Called once, last. */
  closed(): void;
}

/** The part of Node's socket handle that is used. */
interface Handle {
  readonly fd?: number;
}

export class ControlConnection {
  readonly #listener: ControlListener;
  readonly #handshakeMs: number;
  readonly #calls: SystemCalls | undefined;
  #socket: Socket;
  #upgrading = false;
  /** What was last asked for. */
  #reads: boolean | undefined;
  /** `drained` is going to be told. */
  #draining = false;

  /**
   * @param handshakeMs - How long one may take at most, see `secureSocket`.
   * @param implicit - TLS from the first byte.
   * @param calls - With them replies are sent sooner.
   */
  constructor(
    plain: Socket,
    listener: ControlListener,
    {
      handshakeMs,
      implicit,
      calls,
    }: {
      readonly handshakeMs: number;
      readonly implicit: TlsContext | undefined;
      readonly calls: SystemCalls | undefined;
    },
  ) {
    this.#listener = listener;
    this.#calls = calls;
    this.#handshakeMs = handshakeMs;
    plain.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#socket = implicit === undefined ? plain : this.#secure(plain, implicit);
    this.#listen(this.#socket);
  }

  /** The address that the client came to, without port; empty when the connection is gone. */
  get localAddress(): string {
    return plainAddress(this.#socket.localAddress);
  }

  /** More may be written at once. */
  get clear(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** It is open, and nothing has come that was not told: no byte, no end, no error. False where nobody can tell. */
  isQuiet(calls: SystemCalls | undefined): boolean {
    const fd = (this.#socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
    return calls !== undefined && fd !== undefined && fd >= 0 && calls.isQuiet(fd);
  }

  setReading(reads: boolean): void {
    if (this.#upgrading || reads === this.#reads) return;
    this.#reads = reads;
    if (reads) this.#socket.resume();
    else this.#socket.pause();
  }

  write(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const sent = this.#sendPast(bytes);
    if (sent === bytes.length) return;
    if (socket.write(sent === 0 ? bytes : bytes.subarray(sent)) || this.#draining) return;
    this.#draining = true;
    socket.once("drain", () => {
      this.#draining = false;
      this.#listener.drained();
    });
  }

  /** Sends a reply past Node, which is sooner done, while nothing waits before it; tells how much has left. */
  #sendPast(bytes: Uint8Array): number {
    const socket = this.#socket as { readonly encrypted?: boolean; readonly _handle?: Handle | null } & Socket;
    const descriptor = socket._handle?.fd ?? -1;
    if (this.#calls === undefined || descriptor < 0 || socket.encrypted === true || socket.writableLength > 0) return 0;
    return Math.max(0, this.#calls.send(descriptor, bytes)); // what went wrong Node finds out and tells
  }

  /** Sends FIN behind what was written. */
  end(): void {
    if (this.#socket.writable) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Hands the connection to TLS, when what was written has left. What arrives from now on, and what has arrived and was
   * not told yet, has to be TLS: plain bytes make the handshake fail.
   *
   * @param secured - Called when the handshake is done; without one the connection closes.
   */
  upgrade(context: TlsContext, secured: () => void): void {
    const plain = this.#socket;
    this.#upgrading = true;
    this.#reads = undefined;
    this.#draining = false;
    plain.pause();
    plain.removeAllListeners("data");
    plain.removeAllListeners("drain");
    plain.removeAllListeners("end");
    plain.write("", () => {
      if (plain.destroyed) return;
      plain.removeAllListeners("close");
      plain.removeAllListeners("error");
      const socket = this.#secure(plain, context);
      this.#socket = socket;
      this.#listen(socket);
      socket.pause();
      socket.once("secure", () => {
        this.#upgrading = false;
        secured();
      });
    });
  }

  #secure(plain: Socket, context: TlsContext): TLSSocket {
    return secureSocket(plain, context, this.#handshakeMs, () => this.#listener.late());
  }

  #listen(socket: Socket): void {
    const listener = this.#listener;
    socket.on("error", (error) => listener.failed(error));
    socket.on("close", () => listener.closed());
    socket.on("end", () => listener.ended());
    socket.on("data", (chunk: Buffer) => listener.received(chunk));
  }
}
