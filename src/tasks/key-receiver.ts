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
  /** Keys in order. A promise is waited for before the next ones come. */
  take(bytes: Uint8Array): undefined | Promise<void>;
  /** So many bytes are with the REPL, or were stale. */
  taken(bytes: number): void;
}

export class KeyReceiver {
  readonly #options: KeyReceiverOptions;
  readonly #stale: Int32Array<SharedArrayBuffer>;
  readonly #waiting: { readonly bytes: Uint8Array; readonly number: number; readonly posted: boolean }[] = [];
  #isTaking = false;
  #taking: Promise<void> | undefined; // settles when the REPL has taken what it makes us wait for

  constructor(options: KeyReceiverOptions) {
    this.#options = options;
    this.#stale = new Int32Array(options.staleMark);
  }

  /** A message of the sender. */
  receive(bytes: Uint8Array, number: number): void {
    const { slot } = this.#options;
    const ahead = slot?.number;
    if (slot !== undefined && ahead !== undefined && ((number - ahead) | 0) > 0) this.#add(slot.take(), ahead, false);
    this.#add(bytes, number, true);
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
    if (slot !== undefined && number !== undefined) this.#add(slot.take(), number, false);
  }

  /**
   * Forgets what waits: it was typed ahead of a Ctrl-C that the event loop carries out itself. What is in the slot by
   * now is not: see {@link takeSlot}.
   */
  forget(): void {
    for (const { bytes, posted } of this.#waiting.splice(0)) if (posted) this.#options.taken(bytes.length);
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

  #add(bytes: Uint8Array, number: number, posted: boolean): void {
    this.#waiting.push({ bytes, number, posted });
    if (!this.#isTaking) this.#take();
  }

  /** Hands on what waits; behind keys that the REPL takes slowly it goes on when it has them. */
  #take(): void {
    this.#isTaking = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { bytes, number, posted } = next;
      const taking = this.#isStale(number) ? undefined : this.#hand(bytes);
      const taken = (): void => {
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
  }

  /** A REPL that fails to take keys has lost them; the session goes on. */
  #hand(bytes: Uint8Array): undefined | Promise<void> {
    try {
      return this.#options.take(bytes);
    } catch {
      return undefined;
    }
  }

  #isStale(number: number): boolean {
    return ((number - Atomics.load(this.#stale, 0)) | 0) <= 0;
  }
}
