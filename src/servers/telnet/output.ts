/**
 * What a client is to be shown, on its way into the socket: gathered into few packets, bounded, and to be thrown away
 * as long as the socket has not got it (AO, RFC 854).
 *
 * @module
 */

import type { Socket } from "node:net";
import { LIMITS } from "../../contracts/limits.ts";
import type { TelnetEngine } from "../../protocol/telnet/engine.ts";

/** Bytes that the socket is given at most before it has sent the ones before. */
const IN_SOCKET_BYTES = 16_384;
/** What follows it runs at the end of this turn, for less than `queueMicrotask()` costs. */
const NOW = Promise.resolve();
const FULL_BYTES = LIMITS.telnetOutputBufferBytes.value;

export class Output {
  readonly #socket: Socket;
  readonly #engine: TelnetEngine;
  readonly #onSent: () => void;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #scheduled = false;
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  /** @param onSent - Called when the system has taken bytes. */
  constructor(socket: Socket, engine: TelnetEngine, onSent: () => void) {
    this.#socket = socket;
    this.#engine = engine;
    this.#onSent = onSent;
    socket.on("close", () => {
      this.discard();
      this.#release();
    });
  }

  /** Bytes that the system has not taken. */
  get pendingBytes(): number {
    return this.#queuedBytes + this.#socket.writableLength;
  }

  /** Queues a copy; it leaves at the end of this turn, with what else comes until then. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0 || !this.#socket.writable) return;
    this.#queue.push(Buffer.from(bytes));
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= IN_SOCKET_BYTES) {
      this.pump();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      void NOW.then(this.#turnEnds);
    }
  }

  /** Undefined while there is room, else a promise that settles when there is again or when the client has gone. */
  room(): undefined | Promise<void> {
    if (this.pendingBytes < FULL_BYTES) return undefined;
    if (this.#drained === undefined) {
      let resolve: () => void = () => undefined;
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#drained = { promise, resolve };
    }
    return this.#drained.promise;
  }

  /** Sends what is queued so far, now and in a packet of its own, also to a slow client. */
  flush(): void {
    const bytes = this.#takeQueue();
    if (bytes !== undefined) this.#engine.send(bytes);
    this.#send();
  }

  /** Sends what is queued now, as much as the socket should be given; does nothing while it has enough. */
  pump(): void {
    if (this.#queuedBytes > 0 && this.#socket.writableLength < IN_SOCKET_BYTES) {
      const bytes = this.#takeQueue() as Uint8Array;
      this.#engine.send(bytes.subarray(0, IN_SOCKET_BYTES));
      if (bytes.length > IN_SOCKET_BYTES) {
        this.#queue = [bytes.subarray(IN_SOCKET_BYTES)];
        this.#queuedBytes = bytes.length - IN_SOCKET_BYTES;
      }
      this.#send();
    } else {
      this.reply();
    }
    this.#freed();
  }

  /** Sends the engine's replies; while the client takes nothing they wait, and the engine bounds them. */
  reply(): void {
    if (this.#socket.writableLength < FULL_BYTES) this.#send();
  }

  /** The last flush: nobody waits for room any more. */
  end(): void {
    this.flush();
    this.#release();
  }

  /** Throws away what the socket has not got. */
  discard(): void {
    this.#takeQueue();
    this.#freed();
  }

  #takeQueue(): Uint8Array | undefined {
    const queue = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return queue.length > 1 ? Buffer.concat(queue) : queue[0];
  }

  #send(): void {
    const bytes = this.#engine.takeOutput();
    if (bytes.length > 0 && this.#socket.writable) this.#socket.write(bytes, this.#sent);
  }

  readonly #turnEnds = (): void => {
    this.#scheduled = false;
    this.pump();
  };

  readonly #sent = (error?: Error | null): void => {
    if (error) return;
    this.#onSent();
    this.pump();
  };

  #freed(): void {
    if (this.pendingBytes <= FULL_BYTES / 2) this.#release();
  }

  #release(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.resolve();
  }
}
