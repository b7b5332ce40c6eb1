/**
 * Raw-paste mode of MicroPython's REPL, which the interpreter itself can't do here: it would wait for input in a loop.
 *
 * A program comes in with a window for flow control and is then run as in the raw REPL.
 *
 * @see https://docs.micropython.org/en/latest/reference/repl.html#raw-paste-mode
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";

/**
 * How much may come before the board allows more. It is told in two bytes, of which none may be 0 or 17: Python's
 * telnetlib, which pyboard.py and mpfshell read with, leaves these out.
 */
const WINDOW_BYTES = 0x10_10;

const MORE = 0x01;
const INTERRUPT = 0x03;
const END = 0x04;

export type RawPasteResult =
  | { readonly type: "more" }
  | { readonly type: "run"; readonly program: Uint8Array }
  | { readonly type: "abort"; readonly text: string };

/** Begins with the answer that raw-paste is understood. */
export class RawPaste {
  readonly #send: (bytes: Uint8Array) => void;
  #chunks: number[] = [];
  #left = WINDOW_BYTES;
  #tooLong = false;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
    send(Uint8Array.of(0x52, 1, WINDOW_BYTES & 0xff, WINDOW_BYTES >> 8, MORE));
  }

  take(byte: number): RawPasteResult {
    if (byte === INTERRUPT) return { type: "abort", text: "KeyboardInterrupt: " };
    if (byte === END) {
      if (this.#tooLong) return { type: "abort", text: "MemoryError: the program is too long" };
      return { type: "run", program: Uint8Array.from(this.#chunks) };
    }
    if (this.#chunks.length >= LIMITS.boardPasteBytes.value && !this.#tooLong) {
      this.#tooLong = true;
      this.#chunks = [];
      this.#send(Uint8Array.of(END));
    }
    if (!this.#tooLong) this.#chunks.push(byte);
    if (--this.#left === 0) {
      this.#left = WINDOW_BYTES;
      this.#send(Uint8Array.of(MORE));
    }
    return { type: "more" };
  }
}
