/**
 * The memory that a task's thread and its program share: what `status()` reads and what a synchronous call waits on.
 *
 * @module
 */

import type { Failure } from "../contracts/errors.ts";
import type { StackRange } from "./stack.ts";

const Word = {
  STATE: 0,
  DATA_STATE: 1,
  /** Sequence number of the last command that was answered; the program waits on it. */
  ANSWERED: 2,
  /** 1 done, 0 refused, 2 failed. */
  RESULT: 3,
  FAILURE_BYTES: 4,
  /** Odd while the addresses are being written. */
  ADDRESSES_VERSION: 5,
  ADDRESSES_BYTES: 6,
  EVENTS_SEEN: 7,
  STACK_KNOWN: 8,
} as const;

const WORDS = 16;
const STACK_OFFSET = WORDS * 4;
const FAILURE_OFFSET = STACK_OFFSET + 16;
const FAILURE_CAPACITY = 2_048;
const ADDRESSES_OFFSET = FAILURE_OFFSET + FAILURE_CAPACITY;
const ADDRESSES_CAPACITY = 2_048;
const BLOCK_BYTES = ADDRESSES_OFFSET + ADDRESSES_CAPACITY;

/** What a command came to: `refused` changes nothing, `failed` has a reason. */
export type Answer =
  | { readonly result: "done" }
  | { readonly result: "refused" }
  | { readonly result: "failed"; readonly failure: Failure }
  | { readonly result: "silent" };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One task's shared memory; both sides make one over the same buffer. */
export class ControlBlock {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #stack: BigUint64Array<SharedArrayBuffer>;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BLOCK_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#stack = new BigUint64Array(buffer, STACK_OFFSET, 2);
    this.#bytes = new Uint8Array(buffer);
  }

  get state(): number {
    return Atomics.load(this.#words, Word.STATE);
  }

  set state(value: number) {
    Atomics.store(this.#words, Word.STATE, value);
  }

  get dataState(): number {
    return Atomics.load(this.#words, Word.DATA_STATE);
  }

  set dataState(value: number) {
    Atomics.store(this.#words, Word.DATA_STATE, value);
  }

  /** How many events the program has taken, so that the thread knows how many wait. */
  get eventsSeen(): number {
    return Atomics.load(this.#words, Word.EVENTS_SEEN);
  }

  countEvent(): void {
    Atomics.add(this.#words, Word.EVENTS_SEEN, 1);
  }

  /** Where the thread's stack lies; undefined when it could not be found. */
  get stackRange(): StackRange | undefined {
    if (Atomics.load(this.#words, Word.STACK_KNOWN) === 0) return undefined;
    return { low: Number(this.#stack[0]), high: Number(this.#stack[1]) };
  }

  set stackRange(range: StackRange) {
    this.#stack[0] = BigInt(range.low);
    this.#stack[1] = BigInt(range.high);
    Atomics.store(this.#words, Word.STACK_KNOWN, 1);
  }

  /** Changes whenever the addresses do; cheap to compare. */
  get addressesVersion(): number {
    return Atomics.load(this.#words, Word.ADDRESSES_VERSION);
  }

  /** Thread's side. What does not fit is left out, whole addresses only. */
  publishAddresses(addresses: readonly string[]): void {
    let kept = addresses;
    let bytes = encoder.encode(kept.join("\n"));
    while (bytes.length > ADDRESSES_CAPACITY) {
      kept = kept.slice(0, -1);
      bytes = encoder.encode(kept.join("\n"));
    }
    Atomics.add(this.#words, Word.ADDRESSES_VERSION, 1);
    this.#bytes.set(bytes, ADDRESSES_OFFSET);
    Atomics.store(this.#words, Word.ADDRESSES_BYTES, bytes.length);
    Atomics.add(this.#words, Word.ADDRESSES_VERSION, 1);
  }

  /** Program's side; undefined while the thread is writing them: read again. */
  readAddresses(): { readonly version: number; readonly addresses: readonly string[] } | undefined {
    const version = this.addressesVersion;
    if (version % 2 !== 0) return undefined;
    const text = this.#text(ADDRESSES_OFFSET, Atomics.load(this.#words, Word.ADDRESSES_BYTES));
    if (this.addressesVersion !== version) return undefined;
    return { version, addresses: text === "" ? [] : text.split("\n") };
  }

  /** Thread's side: what became of command `sequence`. */
  answer(sequence: number, result: "done" | "refused"): void {
    this.#answer(sequence, result === "done" ? 1 : 0);
  }

  /** Thread's side: command `sequence` failed. A message too long for the block is cut. */
  answerFailure(sequence: number, failure: Failure): void {
    let bytes = encoder.encode(JSON.stringify(failure));
    if (bytes.length > FAILURE_CAPACITY) {
      bytes = encoder.encode(JSON.stringify({ ...failure, message: failure.message.slice(0, 256) }));
    }
    this.#bytes.set(bytes.subarray(0, FAILURE_CAPACITY), FAILURE_OFFSET);
    Atomics.store(this.#words, Word.FAILURE_BYTES, Math.min(bytes.length, FAILURE_CAPACITY));
    this.#answer(sequence, 2);
  }

  /** Program's side: stands still until command `sequence` is answered; `silent` when `timeoutMs` have passed. */
  waitForAnswer(sequence: number, timeoutMs: number): Answer {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answered = Atomics.load(this.#words, Word.ANSWERED);
      if (answered === sequence) break;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return { result: "silent" };
      Atomics.wait(this.#words, Word.ANSWERED, answered, leftMs);
    }
    const result = Atomics.load(this.#words, Word.RESULT);
    if (result === 1) return { result: "done" };
    if (result === 0) return { result: "refused" };
    return { result: "failed", failure: this.#failure() };
  }

  #answer(sequence: number, result: number): void {
    Atomics.store(this.#words, Word.RESULT, result);
    Atomics.store(this.#words, Word.ANSWERED, sequence);
    Atomics.notify(this.#words, Word.ANSWERED);
  }

  #failure(): Failure {
    const text = this.#text(FAILURE_OFFSET, Atomics.load(this.#words, Word.FAILURE_BYTES));
    try {
      return JSON.parse(text) as Failure;
    } catch {
      return { code: "PORTHOLE_ERR_TASK_FAILED", message: text };
    }
  }

  /** A decoder takes no shared memory, hence the copy. */
  #text(offset: number, length: number): string {
    return decoder.decode(this.#bytes.slice(offset, offset + length));
  }
}
