/**
 * One private data connection in a cipher thread: TLS and its socket are here, the transfer is in the server's thread.
 *
 * @module
 */

import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { TlsContext } from "../../tls.ts";
import { secureData } from "../secure-data.ts";
import { type CipherOrder, type CipherTiding, type HandedBytes, RECEIVE_BUFFERS } from "./messages.ts";

/** What has come is told after this time at the latest, also when it fills no buffer. */
const FLUSH_MS = 5;

export interface FarConnectionOptions
  extends Omit<Extract<CipherOrder, { type: "open" }>, "type" | "owner" | "material"> {
  readonly context: TlsContext;
  readonly tell: (tiding: CipherTiding, transfer?: readonly ArrayBuffer[]) => void;
  readonly closed: () => void;
}

export class FarConnection {
  readonly #options: FarConnectionOptions;
  readonly #socket: TLSSocket;
  readonly #free: ArrayBuffer[] = [];
  #filled = 0;
  /** Decrypted, and no buffer is free for it. */
  #rest: Buffer[] = [];
  #peerEnded = false;
  #failed = false;
  #flushing: NodeJS.Timeout | undefined;

  constructor(options: FarConnectionOptions) {
    const { id, descriptor, context, receives, reuseRequired, bufferBytes, tell } = options;
    this.#options = options;
    const plain = new Socket({ fd: descriptor, readable: true, writable: true, allowHalfOpen: true });
    const { socket, handshake } = secureData(plain, { context, receives, reuseRequired });
    this.#socket = socket;
    if (receives) for (let i = 0; i < RECEIVE_BUFFERS; i++) this.#free.push(new ArrayBuffer(bufferBytes));
    socket.on("error", () => {
      this.#failed = true;
    });
    socket.once("close", () => {
      clearTimeout(this.#flushing);
      tell({ type: "closed", id, failed: this.#failed });
      options.closed();
    });
    socket.once("end", () => {
      this.#peerEnded = true;
      this.#flush();
    });
    void handshake.then((failure) => {
      tell({ type: "secure", id, failure });
      if (failure !== undefined) return;
      if (receives) socket.on("data", (chunk: Buffer) => this.#received(chunk));
      else socket.resume(); // a client has nothing to say here; but a reset is seen only by reading
    });
  }

  write(bytes: HandedBytes): void {
    const { id, tell } = this.#options;
    this.#socket.write(bytes, (error) => {
      // A failed connection tells that it is closed.
      if (!error) tell({ type: "written", id, bytes }, [bytes.buffer]);
    });
  }

  end(): void {
    const { id, tell } = this.#options;
    this.#socket.end((error?: Error | null) => {
      if (!error) tell({ type: "finished", id });
    });
  }

  free(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
    const rest = this.#rest;
    if (rest.length === 0) return;
    this.#rest = [];
    for (const chunk of rest) this.#received(chunk);
    if (this.#peerEnded) this.#flush();
    else if (this.#rest.length === 0) this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    const { bufferBytes } = this.#options;
    let from = 0;
    while (from < chunk.length) {
      const buffer = this.#free[0];
      if (buffer === undefined) {
        this.#rest.push(chunk.subarray(from));
        this.#socket.pause();
        return;
      }
      const count = Math.min(bufferBytes - this.#filled, chunk.length - from);
      chunk.copy(new Uint8Array(buffer, this.#filled, count), 0, from, from + count);
      from += count;
      this.#filled += count;
      if (this.#filled === bufferBytes) this.#hand();
    }
    if (this.#filled > 0) this.#flushing ??= setTimeout(() => this.#hand(), FLUSH_MS);
  }

  #hand(): void {
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    const buffer = this.#filled > 0 ? this.#free.shift() : undefined;
    if (buffer === undefined) return;
    const bytes = new Uint8Array(buffer, 0, this.#filled);
    this.#filled = 0;
    this.#options.tell({ type: "received", id: this.#options.id, bytes }, [buffer]);
  }

  /** The last bytes, then the end. */
  #flush(): void {
    if (this.#rest.length > 0) return;
    this.#hand();
    this.#options.tell({ type: "peer-ended", id: this.#options.id });
  }
}
