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
  #taking: Promise<void> | undefined; // settles when the REPL has taken what waited

  constructor(options: KeyReceiverOptions) {
    this.#options = options;
    this.#stale = new Int32Array(options.staleMark);
    if (options.slot !== undefined) void this.#watch(options.slot);
  }

  /** A message of the sender. */
  receive(bytes: Uint8Array, number: number): void {
    const { slot } = this.#options;
    const ahead = slot?.number;
    if (slot !== undefined && ahead !== undefined && ((number - ahead) | 0) > 0) this.#add(slot.take(), ahead, false);
    this.#add(bytes, number, true);
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

  async #watch(slot: KeySlot): Promise<void> {
    while (await slot.filled()) {
      if (!this.#isTaking) this.takeSlot();
      await this.#taking;
    }
  }

  #add(bytes: Uint8Array, number: number, posted: boolean): void {
    this.#waiting.push({ bytes, number, posted });
    if (!this.#isTaking) this.#taking = this.#take();
  }

  async #take(): Promise<void> {
    this.#isTaking = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        const taken = this.#isStale(next.number) ? undefined : this.#options.take(next.bytes);
        if (taken !== undefined) await taken;
      } catch {
        // A REPL that fails to take keys has lost them; the session goes on.
      }
      if (next.posted) this.#options.taken(next.bytes.length);
    }
    this.#isTaking = false;
  }

  #isStale(number: number): boolean {
    return ((number - Atomics.load(this.#stale, 0)) | 0) <= 0;
  }
}
