/**
 * Keys on their way to a REPL that takes them at its own speed.
 *
 * A program that takes keys slowly slows down who types them, and none is lost. One that takes none at all must not hide
 * the Ctrl-C that would free it: after a while what comes beyond the limit is looked through and dropped.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import type { ReplSession } from "../../contracts/repl.ts";
import type { Clock } from "../clock.ts";

const FULL_BYTES = LIMITS.telnetInputBufferBytes.value;
const STALL_MS = LIMITS.telnetInputStallSeconds.value * 1_000;
/** So many keys are handed on at once: how finely it shows that a program takes some. */
const PIECE_BYTES = 4_096;
const CTRL_C = 3;

export interface InputQueueListener {
  /** True: no more keys are wanted for now. */
  full(full: boolean): void;
  /** Keys are dropped from now on, until all that wait are taken or a Ctrl-C comes. */
  dropping(): void;
  failed(error: unknown): void;
}

export class InputQueue {
  readonly #session: Pick<ReplSession, "input" | "interrupt">;
  readonly #clock: Clock;
  readonly #listener: InputQueueListener;
  readonly #keys: Pieces = new Pieces();
  #busy = false;
  #full = false;
  #dropping = false;
  #forgetStall: () => void = () => undefined;
  #waiting: (() => void)[] = [];

  constructor(session: Pick<ReplSession, "input" | "interrupt">, clock: Clock, listener: InputQueueListener) {
    this.#session = session;
    this.#clock = clock;
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
    this.#add(from === 0 ? bytes : bytes.subarray(from));
  }

  /** Interrupts at once. What was typed ahead of it and not taken is dropped, as a terminal does it. */
  interrupt(): void {
    this.#keys.clear();
    this.#dropping = false;
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

  /** Forgets everything; the listener is told nothing more. */
  close(): void {
    this.#keys.clear();
    this.#forgetStall();
  }

  #add(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#dropping) return;
    if (!this.#busy && this.#keys.bytes === 0 && bytes.length <= PIECE_BYTES) {
      this.#hand(bytes); // a key that nothing is in the way of
      return;
    }
    this.#keys.add(bytes);
    this.#pump();
    this.#tell();
  }

  #pump(): void {
    while (!this.#busy) {
      const bytes = this.#keys.take();
      if (bytes === undefined || !this.#hand(bytes)) return;
    }
  }

  /** False when the REPL has failed. */
  #hand(bytes: Uint8Array): boolean {
    let taken: undefined | Promise<void>;
    try {
      taken = this.#session.input(bytes);
    } catch (error) {
      this.#listener.failed(error);
      return false;
    }
    if (taken === undefined) return true;
    this.#busy = true;
    taken.then(this.#taken, (error: unknown) => {
      this.#listener.failed(error);
      this.#taken();
    });
    return true;
  }

  readonly #taken = (): void => {
    this.#busy = false;
    this.#pump();
    if (this.#full) this.#watchForStall();
    if (this.#keys.bytes === 0) this.#dropping = false;
    this.#tell();
    if (this.#busy) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  };

  #tell(): void {
    const { bytes } = this.#keys;
    const full = !this.#dropping && (this.#full ? bytes > FULL_BYTES / 2 : bytes >= FULL_BYTES);
    if (full === this.#full) return;
    this.#full = full;
    this.#forgetStall();
    if (full) this.#watchForStall();
    this.#listener.full(full);
  }

  #watchForStall(): void {
    this.#forgetStall();
    this.#forgetStall = this.#clock.after(STALL_MS, () => {
      this.#dropping = true;
      this.#tell();
      this.#listener.dropping();
    });
  }
}

/** Bytes in pieces of one size: a key that comes alone costs no more than one of a paste. */
class Pieces {
  #pieces: { readonly bytes: Uint8Array; length: number }[] = [];
  bytes = 0;

  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      let last = this.#pieces.at(-1);
      if (last === undefined || last.length === PIECE_BYTES) {
        last = { bytes: new Uint8Array(PIECE_BYTES), length: 0 };
        this.#pieces.push(last);
      }
      const length = Math.min(bytes.length - from, PIECE_BYTES - last.length);
      last.bytes.set(bytes.subarray(from, from + length), last.length);
      last.length += length;
      from += length;
    }
    this.bytes += bytes.length;
  }

  /** The first piece, which is the taker's then. */
  take(): Uint8Array | undefined {
    const first = this.#pieces.shift();
    if (first === undefined) return undefined;
    this.bytes -= first.length;
    return first.bytes.subarray(0, first.length);
  }

  clear(): void {
    this.#pieces = [];
    this.bytes = 0;
  }
}
