/**
 * A ring of bytes in shared memory: the program writes and stands still when the ring is full, the task's thread reads
 * as fast as the client takes it. So a busy program's output shows live, and never more than the ring is held.
 *
 * @module
 */

const Word = {
  /** Bytes ever written and ever read, modulo 2^32. */
  WRITTEN: 0,
  READ: 1,
  /** Counted up whenever the other side has something to look at; what a sleeper sleeps on. */
  TO_READER: 2,
  TO_WRITER: 3,
  FLAGS: 4,
  END_CODE: 5,
  /** Counted up by the reader's thread while it lives. */
  ALIVE: 6,
} as const;

const Flag = {
  /** The reader is gone: everything is dropped from now on. */
  CLOSED: 1,
  /** For the moment, what is written is dropped. */
  DROPPING: 2,
  /** The writer has said that nothing follows. */
  ENDED: 4,
} as const;

const HEADER_BYTES = 32;
/** A reader's thread that died gives no sign; then the writer is freed after this long. */
const SILENCE_MS = 10_000;
const WAIT_MS = 500;
const ALIVE_EVERY_MS = 2_000;

/** Shared memory for a ring of `capacityBytes`, a power of two. */
export function createRing(capacityBytes: number): SharedArrayBuffer {
  if (capacityBytes < 1 || (capacityBytes & (capacityBytes - 1)) !== 0) {
    throw new RangeError(`bug: a ring's capacity is a power of two, not ${capacityBytes}`);
  }
  return new SharedArrayBuffer(HEADER_BYTES + capacityBytes);
}

/** The program's end. */
export class RingWriter {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #data: Uint8Array<SharedArrayBuffer>;

  constructor(ring: SharedArrayBuffer) {
    this.#words = new Int32Array(ring, 0, HEADER_BYTES / 4);
    this.#data = new Uint8Array(ring, HEADER_BYTES);
  }

  /** True once the reader is gone. */
  get closed(): boolean {
    return (Atomics.load(this.#words, Word.FLAGS) & Flag.CLOSED) !== 0;
  }

  /** Bytes ever written, modulo 2^32. */
  get written(): number {
    return Atomics.load(this.#words, Word.WRITTEN);
  }

  /**
   * Writes all bytes; stands still while the ring is full.
   *
   * @returns false when some were dropped: the reader is gone, or drops for now.
   */
  write(bytes: Uint8Array): boolean {
    const capacity = this.#data.length;
    let offset = 0;
    while (offset < bytes.length) {
      const signal = Atomics.load(this.#words, Word.TO_WRITER);
      if ((Atomics.load(this.#words, Word.FLAGS) & (Flag.CLOSED | Flag.DROPPING)) !== 0) return false;
      const written = Atomics.load(this.#words, Word.WRITTEN);
      const free = capacity - ((written - Atomics.load(this.#words, Word.READ)) | 0);
      if (free === 0) {
        if (!this.#sleep(signal)) return false;
        continue;
      }
      const length = Math.min(free, bytes.length - offset);
      const at = (written >>> 0) % capacity;
      const first = Math.min(length, capacity - at);
      this.#data.set(bytes.subarray(offset, offset + first), at);
      if (length > first) this.#data.set(bytes.subarray(offset + first, offset + length), 0);
      Atomics.store(this.#words, Word.WRITTEN, (written + length) | 0);
      wake(this.#words, Word.TO_READER);
      offset += length;
    }
    return true;
  }

  /** Says that nothing follows; the reader learns `code` once it has read all there is. */
  end(code: number): void {
    Atomics.store(this.#words, Word.END_CODE, code);
    Atomics.or(this.#words, Word.FLAGS, Flag.ENDED);
    wake(this.#words, Word.TO_READER);
  }

  /** Sleeps until the reader has done something; false when its thread shows no sign of life. */
  #sleep(signal: number): boolean {
    const alive = Atomics.load(this.#words, Word.ALIVE);
    const deadline = performance.now() + SILENCE_MS;
    while (Atomics.wait(this.#words, Word.TO_WRITER, signal, WAIT_MS) === "timed-out") {
      if (Atomics.load(this.#words, Word.ALIVE) !== alive) return true;
      if (performance.now() < deadline) continue;
      Atomics.or(this.#words, Word.FLAGS, Flag.CLOSED);
      return false;
    }
    return true;
  }
}

/** What {@link RingReader.read} gives: bytes of its own, or the end with the writer's code. */
export type RingItem = { readonly bytes: Uint8Array } | { readonly endCode: number };

/** The thread's end. */
export class RingReader {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #data: Uint8Array<SharedArrayBuffer>;
  readonly #alive: NodeJS.Timeout;

  constructor(ring: SharedArrayBuffer) {
    this.#words = new Int32Array(ring, 0, HEADER_BYTES / 4);
    this.#data = new Uint8Array(ring, HEADER_BYTES);
    this.#alive = setInterval(() => Atomics.add(this.#words, Word.ALIVE, 1), ALIVE_EVERY_MS);
    this.#alive.unref();
  }

  /** As of {@link RingWriter}. */
  get written(): number {
    return Atomics.load(this.#words, Word.WRITTEN);
  }

  /**
   * Waits for bytes, or for the end.
   *
   * @returns undefined once the ring was closed from this side.
   */
  async read(): Promise<RingItem | undefined> {
    for (;;) {
      const signal = Atomics.load(this.#words, Word.TO_READER);
      // Flags before counts: what was written before the end is seen before it.
      const flags = Atomics.load(this.#words, Word.FLAGS);
      if ((flags & Flag.CLOSED) !== 0) return undefined;
      const bytes = this.#take();
      if (bytes !== undefined) return { bytes };
      if ((flags & Flag.ENDED) !== 0) return { endCode: Atomics.load(this.#words, Word.END_CODE) };
      const sleep = Atomics.waitAsync(this.#words, Word.TO_READER, signal);
      if (sleep.async) await sleep.value;
    }
  }

  /** Drops what is written from now on, and frees a writer that waits; or takes bytes again. */
  setDropping(dropping: boolean): void {
    if (dropping) Atomics.or(this.#words, Word.FLAGS, Flag.DROPPING);
    else Atomics.and(this.#words, Word.FLAGS, ~Flag.DROPPING);
    wake(this.#words, Word.TO_WRITER);
  }

  /** Nobody reads any more: frees a writer that waits, at once. What is in the ring is dropped. */
  close(): void {
    clearInterval(this.#alive);
    Atomics.or(this.#words, Word.FLAGS, Flag.CLOSED);
    wake(this.#words, Word.TO_WRITER);
    wake(this.#words, Word.TO_READER);
  }

  #take(): Uint8Array | undefined {
    const read = Atomics.load(this.#words, Word.READ);
    const length = (Atomics.load(this.#words, Word.WRITTEN) - read) | 0;
    if (length === 0) return undefined;
    const capacity = this.#data.length;
    const at = (read >>> 0) % capacity;
    const first = Math.min(length, capacity - at);
    const bytes = new Uint8Array(length);
    bytes.set(this.#data.subarray(at, at + first));
    if (length > first) bytes.set(this.#data.subarray(0, length - first), first);
    Atomics.store(this.#words, Word.READ, (read + length) | 0);
    wake(this.#words, Word.TO_WRITER);
    return bytes;
  }
}

function wake(words: Int32Array<SharedArrayBuffer>, word: number): void {
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
}
