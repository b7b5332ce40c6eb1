/**
 * The memory that an upload's bytes are decrypted into.
 *
 * @module
 */

import type { SecureLink } from "../../native/openssl.ts";
import type { BufferPool } from "./buffers.ts";
import { Circle, type ReceivingRing } from "./receive-ring.ts";

/** What is decrypted for one upload. */
export class TlsRing implements ReceivingRing {
  /** Nothing more fits for now. */
  static readonly FULL: number = -3;
  readonly bytes: number;
  onChunk: ((chunk: Buffer) => void) | undefined;
  readonly #pool: BufferPool;
  readonly #buffer: Buffer;
  readonly #circle: Circle;
  readonly #freed: () => void;
  #isFull = false;
  #released = false;

  constructor(pool: BufferPool, buffsizeBytes: number, freed: () => void) {
    this.#pool = pool;
    this.#buffer = pool.takeUpTo(buffsizeBytes);
    this.bytes = this.#buffer.length;
    this.#circle = new Circle(this.#buffer);
    this.#freed = freed;
  }

  /** Decrypts into the next free area until it is full, or nothing is left. @returns a count, or why there is none. */
  fill(link: SecureLink): number {
    const area = this.#released ? undefined : this.#circle.area();
    this.#isFull = area === undefined;
    if (area === undefined) return TlsRing.FULL;
    let count = 0;
    let state = 1;
    while (state > 0 && count < area.length) {
      state = link.read(count === 0 ? area : area.subarray(count));
      if (state > 0) count += state;
    }
    if (count > 0) this.onChunk?.(this.#circle.fill(count));
    return state > 0 ? count : state;
  }

  free(count: number): void {
    this.#circle.free(count);
    if (this.#isFull) this.#freed();
  }

  release(): void {
    this.#released = true;
    this.#pool.give(this.#buffer);
  }
}
