/**
 * TLS of an upload past Node's streams: OpenSSL is fed with what comes, and decrypts to where the store takes it from.
 * It tells close_notify from a bare FIN, as `secureData` does, without its detour: half the cost.
 *
 * @module
 */

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { type SecureLink, SecureRead } from "../../native/openssl.ts";
import type { SystemCalls } from "../../native/system-calls.ts";
import type { HandshakeFailure, SessionTls } from "../tls.ts";
import { secureContext, type TlsMaterial } from "../tls-material.ts";
import { type BufferPool, quickBuffer } from "./buffers.ts";
import { readingSocket } from "./reading-socket.ts";
import type { ReceivingRing } from "./receive-ring.ts";
import { TlsRing } from "./tls-ring.ts";

/**
 * So much is read from the network at once, into memory that all connections share; OpenSSL keeps what the store does
 * not take.
 */
const READ_BYTES = 262_144;
/** Handshakes and answers are taken from OpenSSL by so much. */
const OUTPUT_BYTES = 16_384;
/** A peer that has us answer more than this, and takes nothing, is not one that sends a file. */
const MOST_WAITING_BYTES = 262_144;
const LINGER_MS = 10_000;

/** Memory that is used up before others have their turn, made when it is first needed. */
let shared: { readonly input: Buffer; readonly output: Buffer } | undefined;

/** Contexts that no socket of Node's has used, for as long as what they are made of. */
const contexts = new WeakMap<TlsMaterial, SecureContext>();

export interface DirectTlsOptions {
  readonly reuseRequired: boolean;
  readonly pool: BufferPool;
}

/**
 * The server's end of TLS on a connection by which a client is going to send, and that nobody has read from.
 *
 * @returns undefined where Node or the system does not offer it; the connection then is what it was.
 */
export function directTls(
  plain: Socket,
  tls: SessionTls,
  calls: SystemCalls | undefined,
  options: DirectTlsOptions,
): DirectTlsSocket | undefined {
  if (calls?.acceptSecure === undefined || plain.destroyed) return undefined;
  const context = contexts.get(tls.material) ?? secureContext(tls.material);
  contexts.set(tls.material, context);
  const link = calls.acceptSecure(context);
  if (link === undefined) return undefined;
  shared ??= { input: quickBuffer(READ_BYTES), output: quickBuffer(OUTPUT_BYTES) };
  const { input, output } = shared;
  const heldBytes = options.pool.reserve(READ_BYTES);
  const socket = readingSocket(plain, {
    buffer: input.subarray(0, heldBytes),
    callback: (count) => made?.received(input.subarray(0, count)) ?? false,
  });
  const free = (): void => {
    link.free();
    options.pool.release(heldBytes);
  };
  const made: DirectTlsSocket | undefined =
    socket === undefined ? undefined : new DirectTlsSocket(socket, link, output, free, options);
  if (made === undefined) free();
  return made;
}

/** As a socket of Node's is seen by those who use it, but for its chunks: an upload takes them from a ring. */
export class DirectTlsSocket extends Duplex {
  /** As `tls.TLSSocket` has it. */
  readonly encrypted: boolean = true;
  readonly connecting: boolean = false;
  readonly localAddress: string | undefined;
  /** Undefined: secure, and as it has to be. */
  readonly handshake: Promise<HandshakeFailure | undefined>;
  readonly #plain: Socket;
  readonly #link: SecureLink;
  readonly #output: Buffer;
  readonly #free: () => void;
  readonly #options: DirectTlsOptions;
  #settle: ((failure: HandshakeFailure | undefined) => void) | undefined;
  #isSecure = false;
  #ring: TlsRing | undefined;
  #peerEnded = false;
  #lost: Error | undefined;

  /**
   * @param output - For the moment.
   * @param free - Called once: nothing of the link is used any more.
   */
  constructor(plain: Socket, link: SecureLink, output: Buffer, free: () => void, options: DirectTlsOptions) {
    super({ allowHalfOpen: true, readableHighWaterMark: 1, writableHighWaterMark: 1 });
    this.localAddress = plain.localAddress;
    this.#plain = plain;
    this.#link = link;
    this.#output = output;
    this.#free = free;
    this.#options = options;
    this.handshake = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.on("error", ignore);
    plain.on("error", (error) => this.#lose(error));
    plain.on("close", () => this.#lose(new Error("the connection was lost")));
    plain.on("end", () => this.#lose(new Error("the connection ended without close_notify")));
    plain.on("timeout", () => this.emit("timeout"));
    plain.resume();
  }

  /** As a socket of Node has it, for those who ask the system what has left. */
  get _handle(): unknown {
    return (this.#plain as unknown as { readonly _handle?: unknown })._handle;
  }

  get bytesRead(): number {
    return this.#plain.bytesRead;
  }

  get bytesWritten(): number {
    return this.#plain.bytesWritten;
  }

  get timeout(): number | undefined {
    return this.#plain.timeout;
  }

  setTimeout(mostMs: number): this {
    this.#plain.setTimeout(mostMs);
    return this;
  }

  /** What an upload reads from; nothing is decrypted for it before. At most once. */
  openRing(buffsizeBytes: number): ReceivingRing {
    this.#ring = new TlsRing(this.#options.pool, buffsizeBytes, () => this.#read());
    return this.#ring;
  }

  /** Something has come, into memory that is not ours for long. False: no more is to be read for now. */
  received(bytes: Buffer): boolean {
    if (this.destroyed) return false;
    try {
      this.#link.receive(bytes);
      if (!this.#isSecure && !this.#goOn()) return true;
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
    return this.#read();
  }

  override resume(): this {
    super.resume();
    if (this.#isSecure) this.#read();
    return this;
  }

  override _read(): void {}

  /** Who writes no bytes wants to know whether the end was a reset: it was TLS's own. */
  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    done(chunk.length === 0 ? null : new Error("bug: nothing is sent where a client sends"));
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#plain.destroyed) {
      done();
      return;
    }
    this.#link.end();
    this.#send();
    this.#plain.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const plain = this.#plain;
    this.#free();
    this.#tell("no-data-connection");
    if (error === null && this.writableFinished) {
      plain.destroySoon(); // its last bytes may be on their way; not for ever
      const timer = setTimeout(() => plain.destroy(), LINGER_MS).unref();
      plain.once("close", () => clearTimeout(timer));
    } else plain.destroy();
    done(error);
  }

  /** The handshake; true when it is done, and as it has to be. */
  #goOn(): boolean {
    const done = this.#link.handshake();
    this.#send();
    if (!done) return false;
    if (this.#options.reuseRequired && !this.#link.isResumed) {
      this.#tell("session-not-reused");
      this.destroy();
      return false;
    }
    this.#isSecure = true;
    this.#tell(undefined);
    return true;
  }

  #tell(failure: HandshakeFailure | undefined): void {
    this.#settle?.(failure);
    this.#settle = undefined;
  }

  /** The alert that says why goes out before the end. */
  #fail(error: Error): void {
    this.#send();
    this.destroy(error);
  }

  /** Nothing more comes. What has come may be all: the system tells a client that has said all and is gone as reset. */
  #lose(error: Error): void {
    this.#lost ??= error;
    if (this.#isSecure) this.#read();
    else this.destroy(error);
  }

  /** Decrypts what has come, as far as somebody takes it. @returns false: no more is to be read for now. */
  #read(): boolean {
    if (this.destroyed) return false;
    const goesOn = this.#peerEnded || this.#decrypt();
    if (goesOn && !this.#peerEnded && this.#lost !== undefined) this.destroy(this.#lost);
    if (this.destroyed) return false;
    this.#send(); // keys may have been changed, and that wants an answer
    if (goesOn) this.#plain.resume();
    else this.#plain.pause();
    return goesOn;
  }

  #decrypt(): boolean {
    for (;;) {
      const ring = this.#ring;
      if (ring?.onChunk === undefined || this.isPaused()) return false;
      const state = ring.fill(this.#link);
      if (this.destroyed || state === TlsRing.FULL) return false;
      if (state === SecureRead.FAILED) this.#fail(new Error("what came is not what was sent"));
      else if (state === SecureRead.ENDED) {
        this.#peerEnded = true;
        this.push(null);
      }
      if (state <= 0) return true;
    }
  }

  /** Gives Node's socket what OpenSSL has for the network. */
  #send(): void {
    const output = this.#output;
    for (let count = this.#link.takeOutput(output); count > 0; count = this.#link.takeOutput(output)) {
      this.#plain.write(Buffer.from(output.subarray(0, count)));
    }
    if (this.#plain.writableLength > MOST_WAITING_BYTES) this.destroy(new Error("the peer takes none of the answers"));
  }
}

function ignore(): void {}
