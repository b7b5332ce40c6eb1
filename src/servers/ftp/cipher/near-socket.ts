/**
 * A private data connection whose TLS is done by another thread, as the server's thread sees it: a stream like any other
 * socket's.
 *
 * @module
 */

import { Duplex } from "node:stream";
import type { BufferPool } from "../buffers.ts";
import type { ReceivingRing } from "../receive-ring.ts";
import type { CipherOrder, CipherTiding, HandedBytes } from "./messages.ts";
import { RECEIVE_BUFFERS } from "./messages.ts";

/** The largest piece that is handed over at once. */
const PIECE_BYTES = 524_288;
const LEAST_PIECE_BYTES = 16_384;
/** One is encrypted while the next one is on its way: this thread may be busy when it is asked for more. */
const PIECES_UNDER_WAY = 2;

export interface NearSocketOptions {
  readonly id: number;
  readonly descriptor: number;
  readonly localAddress: string | undefined;
  readonly receives: boolean;
  readonly pool: BufferPool;
  readonly buffsizeBytes: number;
  readonly post: (order: CipherOrder, transfer?: readonly ArrayBuffer[]) => void;
  /** Nothing more is told to it. */
  readonly closed: () => void;
}

export class NearSocket extends Duplex implements ReceivingRing {
  /** As `tls.TLSSocket` has it. */
  readonly encrypted: boolean = true;
  readonly connecting: boolean = false;
  readonly localAddress: string | undefined;
  /** Bytes that it may hold. */
  readonly bytes: number;
  readonly bufferBytes: number;
  bytesRead = 0;
  bytesWritten = 0;
  timeout = 0;
  /** As a socket of Node has it, for those who ask the system what has left. */
  _handle: { readonly fd: number } | null;
  onChunk: ((chunk: Buffer) => void) | undefined;
  readonly #options: NearSocketOptions;
  readonly #spare: ArrayBuffer[] = [];
  /** Buffers that the store has not freed yet, in their order, and how much of the first one is. */
  readonly #held: HandedBytes[] = [];
  #freedBytes = 0;
  /** Has come while nobody was to be told. */
  #waiting: HandedBytes[] = [];
  #peerEnded = false;
  /** Pieces that were handed over and are not written yet. */
  #underWay = 0;
  #written: ((error?: Error) => void) | undefined;
  #finished: ((error?: Error | null) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NearSocketOptions) {
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.#options = options;
    this.localAddress = options.localAddress;
    this._handle = { fd: options.descriptor };
    const { pool, buffsizeBytes, receives } = options;
    this.bytes = pool.reserve(Math.max(buffsizeBytes, RECEIVE_BUFFERS * LEAST_PIECE_BYTES));
    const share = this.bytes / (receives ? RECEIVE_BUFFERS : PIECES_UNDER_WAY);
    this.bufferBytes = Math.min(PIECE_BYTES, Math.floor(share));
  }

  /** What the other thread says about this connection. */
  tell(tiding: CipherTiding): void {
    switch (tiding.type) {
      case "secure":
        this.emit("secure", tiding.failure);
        return;
      case "received":
        this.#waiting.push(tiding.bytes);
        this.#deliver();
        return;
      case "peer-ended":
        this.#peerEnded = true;
        this.#deliver();
        return;
      case "written":
        this.bytesWritten += tiding.bytes.length;
        this.#spare.push(tiding.bytes.buffer);
        this.#underWay--;
        this.#goOn();
        return;
      case "finished":
        this.#finished?.();
        return;
      case "closed":
        this._handle = null;
        this.destroy(tiding.failed ? new Error("the connection was lost") : undefined);
        return;
    }
  }

  /** The thread has ended. */
  lose(): void {
    this._handle = null;
    this.destroy(new Error("the thread that encrypts has ended"));
  }

  setTimeout(mostMs: number): this {
    clearTimeout(this.#timer);
    this.timeout = mostMs;
    this.#timer = mostMs === 0 ? undefined : setTimeout(() => this.emit("timeout"), mostMs).unref();
    return this;
  }

  override resume(): this {
    super.resume();
    this.#deliver();
    return this;
  }

  /** The bytes that came first are stored. */
  free(count: number): void {
    this.#freedBytes += count;
    for (let first = this.#held[0]; first !== undefined && first.length <= this.#freedBytes; first = this.#held[0]) {
      this.#freedBytes -= first.length;
      this.#held.shift();
      if (!this.destroyed)
        this.#options.post({ type: "free", id: this.#options.id, buffer: first.buffer }, [first.buffer]);
    }
  }

  /** Nothing that was received is used any more. */
  release(): void {}

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#writePiece(chunk, 0, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finished = done;
    this.#options.post({ type: "end", id: this.#options.id });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    const { id, pool, post, closed } = this.#options;
    if (this._handle !== null) post({ type: "destroy", id });
    this._handle = null;
    closed();
    pool.release(this.bytes);
    this.#goOn(error ?? new Error("the connection was closed"));
    done(error);
  }

  #writePiece(chunk: Uint8Array, from: number, done: (error?: Error | null) => void): void {
    const count = Math.min(this.bufferBytes, chunk.length - from);
    const buffer = this.#spare.pop() ?? new ArrayBuffer(this.bufferBytes);
    const bytes = new Uint8Array(buffer, 0, count);
    bytes.set(chunk.subarray(from, from + count));
    this.#options.post({ type: "write", id: this.#options.id, bytes }, [buffer]);
    this.#underWay++;
    this.#written = (error) => {
      if (!error && from + count < chunk.length) this.#writePiece(chunk, from + count, done);
      else done(error);
    };
    if (this.#underWay < PIECES_UNDER_WAY) this.#goOn();
  }

  #goOn(error?: Error): void {
    const written = this.#written;
    this.#written = undefined;
    written?.(error);
  }

  #deliver(): void {
    while (this.#waiting.length > 0 && this.onChunk !== undefined && !this.isPaused() && !this.destroyed) {
      const bytes = this.#waiting.shift() as HandedBytes;
      this.#held.push(bytes);
      this.bytesRead += bytes.length;
      this.onChunk(Buffer.from(bytes.buffer, 0, bytes.length));
    }
    if (this.#peerEnded && this.#waiting.length === 0) this.push(null);
  }
}
