/**
 * The memory that transfers move bytes through: one budget for a whole server.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";

/** What every transfer gets, also when the budget is used up: slow clients stay here. */
export const LEAST_BUFFER_BYTES = 65_536;

/**
 * So much is kept for the next: what sixteen private downloads send from, with a buffer that the socket has not taken and
 * one that is read into for each. Kept less, buffers are made anew for each piece, and V8 collects its whole heap every
 * hundred milliseconds to find the old ones; until then they hold more than this.
 */
const KEPT_BYTES = 16_777_216;
/** When nobody has taken one for twice as long, none is kept: sooner than an idle program gives memory back. */
const IDLE_MS = 2500;

/**
 * Large memory begins 16 octets after the start of a page (malloc's own word is before it). Just there, and nowhere else,
 * processors copy from a page to it at a third of their speed: where `rep movsb` is quick otherwise. So nothing begins there.
 */
const SHIFT_BYTES = 48;

/** Memory of our own, which the kernel copies to and from quickly. Its bytes are anybody's of before. */
export function quickBuffer(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(SHIFT_BYTES + bytes).subarray(SHIFT_BYTES);
}

/**
 * Buffers that are used again, under a cap. The number of transfers bounds what is given beyond the cap:
 * {@link LEAST_BUFFER_BYTES} each.
 */
export class BufferPool {
  readonly #capBytes: number;
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;
  #reservedBytes = 0;
  #taken = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(capBytes: number = LIMITS.ftpTransferBufferBytes.value) {
    this.#capBytes = capBytes;
  }

  /** Bytes that transfers hold now. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /** Sets bytes aside that the caller allocates itself: as many as wanted, or what is left, or the least. */
  reserve(wantedBytes: number): number {
    const left = Math.max(this.#capBytes - this.#reservedBytes, LEAST_BUFFER_BYTES);
    const bytes = Math.min(wantedBytes, left);
    this.#reservedBytes += bytes;
    return bytes;
  }

  release(bytes: number): void {
    this.#reservedBytes -= bytes;
  }

  /** A buffer of exactly this size; undefined when it is over the cap and over the least. Its bytes are those of before. */
  take(bytes: number): Buffer | undefined {
    if (bytes > LEAST_BUFFER_BYTES && this.#reservedBytes + bytes > this.#capBytes) return undefined;
    this.#reservedBytes += bytes;
    this.#taken = true;
    const kept = this.#free.get(bytes)?.pop();
    if (kept === undefined) return quickBuffer(bytes);
    this.#freeBytes -= bytes;
    return kept;
  }

  /** A buffer of the least size, or of less where that is all that is wanted. */
  takeLeast(mostBytes: number = LEAST_BUFFER_BYTES): Buffer {
    const buffer = this.take(Math.min(LEAST_BUFFER_BYTES, mostBytes));
    if (buffer === undefined) throw new Error("bug: the least buffer is always given");
    return buffer;
  }

  /** A buffer of this size, or of the least where that is over the cap or below the least. */
  takeUpTo(bytes: number): Buffer {
    return this.take(Math.max(bytes, LEAST_BUFFER_BYTES)) ?? this.takeLeast();
  }

  /** Gives a buffer back when it is free: somebody may still write to it until then. */
  giveAfter(buffer: Buffer, free: Promise<unknown> | undefined): void {
    if (free === undefined) this.give(buffer);
    else {
      const give = (): void => this.give(buffer);
      void free.then(give, give);
    }
  }

  /** Gives a buffer back that nobody writes to any more. */
  give(buffer: Buffer): void {
    const bytes = buffer.length;
    this.#reservedBytes -= bytes;
    if (this.#freeBytes + bytes > KEPT_BYTES) return;
    const list = this.#free.get(bytes);
    if (list === undefined) this.#free.set(bytes, [buffer]);
    else list.push(buffer);
    this.#freeBytes += bytes;
    this.#idle ??= setTimeout(() => this.#letGo(), IDLE_MS).unref();
  }

  #letGo(): void {
    if (this.#taken) {
      this.#taken = false;
      this.#idle?.refresh();
      return;
    }
    this.#idle = undefined;
    this.#free.clear();
    this.#freeBytes = 0;
  }
}
