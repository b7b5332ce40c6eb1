/**
 * Keys and Ctrl-C on their way to a program, in the order in which they were typed. A Ctrl-C takes its time: until it is
 * decided, the program must not see the keys behind it, or it would drop them with those that came before.
 *
 * @module
 */

export class KeyOrder {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #interrupt: () => Promise<void>;
  #held: (Uint8Array | "interrupt")[] = [];
  #interrupting = false;

  /**
   * @param send - Hands keys on.
   * @param interrupt - Carries out a Ctrl-C; settles when it is decided, and never rejects.
   */
  constructor(send: (bytes: Uint8Array) => void, interrupt: () => Promise<void>) {
    this.#send = send;
    this.#interrupt = interrupt;
  }

  /** The bytes must stay as they are. */
  keys(bytes: Uint8Array): void {
    if (this.#interrupting) this.#held.push(bytes);
    else this.#send(bytes);
  }

  /** Several Ctrl-C with no key between them are one. */
  interrupt(): void {
    if (!this.#interrupting) void this.#run();
    else if (this.#held.length > 0 && this.#held.at(-1) !== "interrupt") this.#held.push("interrupt");
  }

  /** Forgets what waits. */
  clear(): void {
    this.#held = [];
  }

  async #run(): Promise<void> {
    this.#interrupting = true;
    await this.#interrupt();
    this.#interrupting = false;
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      if (next === "interrupt") {
        void this.#run();
        return;
      }
      this.#send(next);
    }
  }
}
