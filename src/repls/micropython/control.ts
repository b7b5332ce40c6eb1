/**
 * What the board's thread and the thread that made it share: two rings of bytes and a few words. A thread that runs
 * Python never turns its event loop, so everything that must reach it meanwhile goes through here.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";

/** Places of the words; each is an Int32. */
export const Slot = {
  /** Counts up with every change that a waiting board should look at. */
  wake: 0,
  inputWritten: 1,
  inputRead: 2,
  /** 1: a message about new input is on its way to the board. */
  inputNoted: 3,
  /** 1: the giver of input waits for room. */
  roomWanted: 4,
  outputWritten: 5,
  outputRead: 6,
  /** 1: a message about new output is on its way from the board. */
  outputNoted: 7,
  /** 1 while the interpreter is in a call. */
  running: 8,
  /** Commands sent so far: they are older than every byte of input that is written after them. */
  commands: 9,
  /** Counts the changes of the terminal that the REPL is shown on. */
  seat: 10,
} as const;

const WORDS = 16;
const INPUT_BYTES = LIMITS.boardInputBytes.value;
const OUTPUT_BYTES = LIMITS.boardOutputBytes.value;

/** A ring with one writer. Both ends may take from it: the reader, and the writer that takes back. */
export class ByteRing {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #written: number;
  readonly #read: number;

  /** @param bytes - its length is a power of two, so that the counters may overflow. */
  constructor(words: Int32Array, bytes: Uint8Array, written: number, read: number) {
    this.#words = words;
    this.#bytes = bytes;
    this.#written = written;
    this.#read = read;
  }

  get size(): number {
    return this.#bytes.length;
  }

  used(): number {
    return (Atomics.load(this.#words, this.#written) - Atomics.load(this.#words, this.#read)) | 0;
  }

  /** @returns how many of the bytes found room. */
  write(bytes: Uint8Array): number {
    const written = Atomics.load(this.#words, this.#written);
    const count = Math.min(bytes.length, this.size - this.used());
    const at = written & (this.size - 1);
    const first = Math.min(count, this.size - at);
    this.#bytes.set(bytes.subarray(0, first), at);
    this.#bytes.set(bytes.subarray(first, count), 0);
    Atomics.store(this.#words, this.#written, (written + count) | 0);
    return count;
  }

  /** @returns the next byte, or -1 when there is none. */
  take(): number {
    for (;;) {
      const read = Atomics.load(this.#words, this.#read);
      if (read === Atomics.load(this.#words, this.#written)) return -1;
      const byte = this.#bytes[read & (this.size - 1)] as number;
      if (Atomics.compareExchange(this.#words, this.#read, read, (read + 1) | 0) === read) return byte;
    }
  }

  /** Everything that is there, as a copy; up to and including the last `until`, when that is given. */
  takeAll(until?: number): Uint8Array {
    for (;;) {
      const read = Atomics.load(this.#words, this.#read);
      const used = (Atomics.load(this.#words, this.#written) - read) | 0;
      const copy = new Uint8Array(used);
      const at = read & (this.size - 1);
      const first = Math.min(used, this.size - at);
      copy.set(this.#bytes.subarray(at, at + first), 0);
      copy.set(this.#bytes.subarray(0, used - first), first);
      const taken = until === undefined ? copy : copy.subarray(0, copy.lastIndexOf(until) + 1);
      if (Atomics.compareExchange(this.#words, this.#read, read, (read + taken.length) | 0) === read) return taken;
    }
  }
}

/** One view of the shared block. */
export class Control {
  readonly words: Int32Array;
  readonly input: ByteRing;
  readonly output: ByteRing;

  constructor(block: SharedArrayBuffer) {
    this.words = new Int32Array(block, 0, WORDS);
    const input = new Uint8Array(block, WORDS * 4, INPUT_BYTES);
    const output = new Uint8Array(block, WORDS * 4 + INPUT_BYTES, OUTPUT_BYTES);
    this.input = new ByteRing(this.words, input, Slot.inputWritten, Slot.inputRead);
    this.output = new ByteRing(this.words, output, Slot.outputWritten, Slot.outputRead);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(WORDS * 4 + INPUT_BYTES + OUTPUT_BYTES);
  }

  /** Lets a waiting board look again. */
  wake(): void {
    Atomics.add(this.words, Slot.wake, 1);
    Atomics.notify(this.words, Slot.wake);
  }

  /** Sets a flag; true when it was not set before. */
  raise(slot: number): boolean {
    return Atomics.exchange(this.words, slot, 1) === 0;
  }

  lower(slot: number): boolean {
    return Atomics.exchange(this.words, slot, 0) === 1;
  }
}
