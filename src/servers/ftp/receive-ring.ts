/**
 * One buffer that a transfer receives into, over and over.
 *
 * @module
 */

import { Socket } from "node:net";
import { AcceptedConnection } from "./accepted-connection.ts";
import type { BufferPool } from "./buffers.ts";
import type { DataSocket } from "./data-socket.ts";
import { readingSocket } from "./reading-socket.ts";

/** Where nothing is read to: what the socket holds while it is not to read. */
const NOWHERE = Buffer.allocUnsafeSlow(64);

/** The part of Node's socket that is used. */
interface Inside {
  readonly _handle?: { useUserBuffer(buffer: Uint8Array): void } | null;
}

/** What an upload reads from: bytes that are its own until it frees them. */
export interface ReceivingRing {
  readonly bytes: number;
  /** Takes what has come; the bytes are the taker's until `free`. */
  onChunk: ((chunk: Buffer) => void) | undefined;
  /** The bytes that came first are stored: their place may be read into again. */
  free(count: number): void;
  /** Lets go of the memory; nothing is read into it any more. */
  release(): void;
}

/** A circle of bytes: areas to read into are given, and given back in the order in which they were filled. */
export class Circle {
  readonly #buffer: Buffer;
  readonly #leastBytes: number;
  #head = 0;
  #tail = 0;
  #heldBytes = 0;
  /** Where the bytes before the start of the buffer end; undefined while none are there. */
  #wrapAt: number | undefined;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#leastBytes = buffer.length >> 3;
  }

  /** The next area to read into; undefined while too little is free. */
  area(): Buffer | undefined {
    if (this.#heldBytes === 0) {
      this.#head = 0;
      this.#tail = 0;
      this.#wrapAt = undefined;
    }
    if (this.#wrapAt !== undefined) return this.#part(this.#head, this.#tail);
    const behind = this.#part(this.#head, this.#buffer.length);
    if (behind !== undefined) return behind;
    const before = this.#part(0, this.#tail);
    if (before === undefined) return undefined;
    this.#wrapAt = this.#head;
    this.#head = 0;
    return before;
  }

  /** The first bytes of the area were filled: they are held until `free`. */
  fill(count: number): Buffer {
    const filled = this.#buffer.subarray(this.#head, this.#head + count);
    this.#head += count;
    this.#heldBytes += count;
    return filled;
  }

  /** The bytes that were filled first are done with. */
  free(count: number): void {
    this.#heldBytes -= count;
    this.#tail += count;
    if (this.#wrapAt !== undefined && this.#tail >= this.#wrapAt) {
      this.#tail -= this.#wrapAt;
      this.#wrapAt = undefined;
    }
  }

  #part(from: number, to: number): Buffer | undefined {
    return to - from >= this.#leastBytes ? this.#buffer.subarray(from, to) : undefined;
  }
}

/** A ring for a connection, and the socket that then is to be used; undefined as for {@link ReceiveRing.attach}. */
export function attachRing(
  connection: DataSocket | AcceptedConnection,
  pool: BufferPool,
  buffsizeBytes: number,
): { readonly ring: ReceiveRing; readonly socket: Socket } | undefined {
  if (!(connection instanceof Socket || connection instanceof AcceptedConnection)) return undefined;
  const ring = new ReceiveRing(pool, buffsizeBytes);
  const socket = ring.attach(connection);
  if (socket !== undefined) return { ring, socket };
  ring.release();
  return undefined;
}

/** Receives for one transfer; usable for one socket. */
export class ReceiveRing implements ReceivingRing {
  readonly bytes: number;
  readonly #pool: BufferPool;
  readonly #buffer: Buffer;
  readonly #circle: Circle;
  #socket: Socket | undefined;
  /** For room. */
  #waits = false;
  #holds = false;
  onChunk: ((chunk: Buffer) => void) | undefined;

  constructor(pool: BufferPool, buffsizeBytes: number) {
    this.#pool = pool;
    this.#buffer = pool.takeUpTo(buffsizeBytes);
    this.bytes = this.#buffer.length;
    this.#circle = new Circle(this.#buffer);
  }

  /**
   * Moves an accepted, unread connection to a socket that reads into this ring: {@link readingSocket}.
   */
  attach(connection: Socket | AcceptedConnection): Socket | undefined {
    if (this.#circle.area() === undefined) return undefined;
    this.#socket = readingSocket(connection, {
      buffer: () => this.#circle.area() ?? NOWHERE,
      callback: (count) => this.#received(count),
    });
    return this.#socket;
  }

  /** Reads nothing until `goOn()`: somebody else does. */
  hold(): void {
    this.#holds = true;
    this.#socket?.pause();
  }

  goOn(): void {
    this.#holds = false;
    if (this.#waits) this.free(0);
    else this.#socket?.resume();
  }

  free(count: number): void {
    this.#circle.free(count);
    if (this.#holds || !this.#waits || this.#socket === undefined || this.#socket.destroyed) return;
    const area = this.#circle.area();
    if (area === undefined) return;
    this.#waits = false;
    (this.#socket as unknown as Inside)._handle?.useUserBuffer(area);
    this.#socket.resume();
  }

  release(): void {
    if (this.#socket !== undefined && !this.#socket.destroyed) {
      this.#socket.pause();
      (this.#socket as unknown as Inside)._handle?.useUserBuffer(NOWHERE);
    }
    this.#pool.give(this.#buffer);
  }

  #received(count: number): boolean {
    const chunk = this.#circle.fill(count);
    this.onChunk?.(chunk);
    // Asked for again by Node right after this; the answer is the same.
    this.#waits = this.#circle.area() === undefined;
    return !this.#waits;
  }
}
