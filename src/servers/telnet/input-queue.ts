/**
 * Keys on their way to a REPL that takes them at its own speed.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import type { ReplSession } from "../../contracts/repl.ts";

const FULL_BYTES = LIMITS.telnetInputBufferBytes.value;
const CTRL_C = 3;

export interface InputQueueListener {
  /** True: no more keys are wanted for now. */
  full(full: boolean): void;
  failed(error: unknown): void;
}

export class InputQueue {
  readonly #session: ReplSession;
  readonly #listener: InputQueueListener;
  #queue: Uint8Array[] = [];
  #bytes = 0;
  #busy = false;
  #full = false;
  #waiting: (() => void)[] = [];

  constructor(session: ReplSession, listener: InputQueueListener) {
    this.#session = session;
    this.#listener = listener;
  }

  /** Hands keys on, in order. A Ctrl-C among them goes ahead of the keys that the REPL has not taken: see there. */
  push(bytes: Uint8Array): void {
    let from = 0;
    for (let at = bytes.indexOf(CTRL_C); at >= 0; at = bytes.indexOf(CTRL_C, from)) {
      this.#add(bytes.subarray(from, at));
      this.interrupt();
      from = at + 1;
    }
    this.#add(bytes.subarray(from));
  }

  /** Interrupts at once. What was typed ahead of it and not taken is dropped, as a terminal does it. */
  interrupt(): void {
    this.#queue = [];
    this.#bytes = 0;
    this.#tell();
    try {
      this.#session.interrupt();
    } catch (error) {
      this.#listener.failed(error);
    }
  }

  /** Settles when the REPL has taken everything. */
  drained(): Promise<void> {
    return this.#busy ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  #add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#bytes += bytes.length;
    this.#pump();
    this.#tell();
  }

  #pump(): void {
    while (!this.#busy && this.#queue.length > 0) {
      const bytes = this.#queue.length === 1 ? (this.#queue[0] as Uint8Array) : Buffer.concat(this.#queue);
      this.#queue = [];
      this.#bytes = 0;
      let taken: undefined | Promise<void>;
      try {
        taken = this.#session.input(bytes);
      } catch (error) {
        this.#listener.failed(error);
        return;
      }
      if (taken === undefined) continue;
      this.#busy = true;
      taken.then(this.#taken, (error: unknown) => {
        this.#listener.failed(error);
        this.#taken();
      });
    }
  }

  readonly #taken = (): void => {
    this.#busy = false;
    this.#pump();
    this.#tell();
    if (this.#busy) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  };

  #tell(): void {
    const full = this.#full ? this.#bytes > FULL_BYTES / 2 : this.#bytes >= FULL_BYTES;
    if (full === this.#full) return;
    this.#full = full;
    this.#listener.full(full);
  }
}
