/**
 * The program's end of a {@link KeySender}: hands keys to the REPL as fast as it takes them.
 *
 * @module
 */

import type { KeySlot } from "./key-slot.ts";

export interface KeyReceiverOptions {
  /** The word that the sender shares. */
  readonly staleMark: SharedArrayBuffer;
  /** As of the sender. */
  readonly slot?: KeySlot;
  /** True: {@link KeyReceiver.look} is called at each key. Default false: the slot is watched. */
  readonly isRung?: boolean;
  /** Keys in order; `shownAt` as of the sender. A promise is waited for before the next ones come. */
  take(bytes: Uint8Array, shownAt: number | undefined): undefined | Promise<void>;
  /** So many bytes are with the REPL, or were stale. */
  taken(bytes: number): void;
  /** No keys wait any more. */
  settled?(): void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly shownAt: number | undefined;
  readonly posted: boolean;
}

export class KeyReceiver {
  readonly #options: KeyReceiverOptions;
  readonly #stale: Int32Array<SharedArrayBuffer>;
  readonly #waiting: Waiting[] = [];
  #last = 0;
  #isTaking = false;
  #taking: Promise<void> | undefined; // settles when the REPL has taken what it makes us wait for

  constructor(options: KeyReceiverOptions) {
    this.#options = options;
    this.#stale = new Int32Array(options.staleMark);
  }

  /** The number of the last keys that were taken, or dropped. */
  get last(): number {
    return this.#last;
  }

  /** A message of the sender. */
  receive(bytes: Uint8Array, number: number, shownAt?: number): void {
    const ahead = this.#options.slot?.number;
    if (ahead !== undefined && ((number - ahead) | 0) > 0) this.takeSlot();
    this.#add({ bytes, number, shownAt, posted: true });
  }

  /**
   * Takes the key that may be in the slot by now, or as soon as the REPL has taken those before. Called once when the REPL
   * is there; unless somebody calls it at each key, it goes on by itself.
   */
  look(): void {
    if (this.#options.slot !== undefined) this.#watch(this.#options.slot);
  }

  /** Takes the key in the slot: before something else that was said after it. */
  takeSlot(): void {
    const { slot } = this.#options;
    const number = slot?.number;
    if (slot !== undefined && number !== undefined) this.#add({ ...slot.take(), number, posted: false });
  }

  /**
   * Forgets what waits: it was typed ahead of a Ctrl-C that the event loop carries out itself. What is in the slot by
   * now is not: see {@link takeSlot}.
   */
  forget(): void {
    for (const { bytes, number, posted } of this.#waiting.splice(0)) {
      this.#last = number;
      if (posted) this.#options.taken(bytes.length);
    }
  }

  /** Forgets what waits, and takes no more from the slot. */
  close(): void {
    this.forget();
    this.#options.slot?.close();
  }

  /** Takes each key as it comes. No async function: a REPL has hooks on all promises of its thread, and a user waits. */
  #watch(slot: KeySlot): void {
    while (!slot.isClosed) {
      if (!this.#isTaking) this.takeSlot();
      const wait = this.#taking ?? (this.#options.isRung === true ? undefined : slot.filled());
      if (wait === undefined && this.#options.isRung === true) return;
      if (wait !== undefined) {
        void wait.then(() => this.#watch(slot));
        return;
      }
    }
  }

  #add(keys: Waiting): void {
    this.#waiting.push(keys);
    if (!this.#isTaking) this.#take();
  }

  /** Hands on what waits; behind keys that the REPL takes slowly it goes on when it has them. */
  #take(): void {
    this.#isTaking = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { bytes, number, shownAt, posted } = next;
      const taking = this.#isStale(number) ? undefined : this.#hand(bytes, shownAt);
      const taken = (): void => {
        // Not back, when those behind were forgotten meanwhile.
        if (((number - this.#last) | 0) > 0) this.#last = number;
        if (posted) this.#options.taken(bytes.length);
      };
      if (taking !== undefined) {
        this.#taking = taking.then(taken, taken).then(() => this.#take());
        return;
      }
      taken();
    }
    this.#taking = undefined;
    this.#isTaking = false;
    this.#options.settled?.();
  }

  /** A REPL that fails to take keys has lost them; the session goes on. */
  #hand(bytes: Uint8Array, shownAt: number | undefined): undefined | Promise<void> {
    try {
      return this.#options.take(bytes, shownAt);
    } catch {
      return undefined;
    }
  }

  #isStale(number: number): boolean {
    return ((number - Atomics.load(this.#stale, 0)) | 0) <= 0;
  }
}
