/**
 * The program's end of a {@link KeySender}: hands keys to the REPL as fast as it takes them.
 *
 * @module
 */

export interface KeyReceiverOptions {
  /** The word that the sender shares. */
  readonly staleMark: SharedArrayBuffer;
  /** Keys in order. A promise is waited for before the next ones come. */
  take(bytes: Uint8Array): undefined | Promise<void>;
  /** So many bytes are with the REPL, or were stale. */
  taken(bytes: number): void;
}

export class KeyReceiver {
  readonly #options: KeyReceiverOptions;
  readonly #stale: Int32Array<SharedArrayBuffer>;
  readonly #waiting: { readonly bytes: Uint8Array; readonly number: number }[] = [];
  #taking = false;

  constructor(options: KeyReceiverOptions) {
    this.#options = options;
    this.#stale = new Int32Array(options.staleMark);
  }

  /** A message of the sender. */
  receive(bytes: Uint8Array, number: number): void {
    this.#waiting.push({ bytes, number });
    if (!this.#taking) void this.#take();
  }

  /** Forgets what waits: it was typed ahead of a Ctrl-C that the event loop carries out itself. */
  forget(): void {
    for (const { bytes } of this.#waiting.splice(0)) this.#options.taken(bytes.length);
  }

  async #take(): Promise<void> {
    this.#taking = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const taken = this.#isStale(next.number) ? undefined : this.#options.take(next.bytes);
      if (taken !== undefined) {
        try {
          await taken;
        } catch {
          // A REPL that fails to take keys has lost them; the session goes on.
        }
      }
      this.#options.taken(next.bytes.length);
    }
    this.#taking = false;
  }

  #isStale(number: number): boolean {
    return ((number - Atomics.load(this.#stale, 0)) | 0) <= 0;
  }
}
