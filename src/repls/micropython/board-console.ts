/**
 * The board's side of its console: takes input that others wrote into the ring, gives output to it, and waits in a way
 * that Ctrl-C ends.
 *
 * @module
 */

import { type Control, Slot } from "./control.ts";
import { Newlines } from "./newlines.ts";

/** How long a wait may be before it looks again, in milliseconds: only a guard, changes wake it. */
const LOOK_AGAIN_MS = 1_000;

export type WaitResult = "ready" | "interrupted" | "timeout";

export interface ConsoleMessages {
  /** There is output in the ring. */
  output(): void;
  /** There is room in the ring of input again. */
  room(): void;
}

export class BoardConsole {
  readonly #control: Control;
  readonly #messages: ConsoleMessages;
  readonly #newlines = new Newlines();
  /** True while an interrupt waits for the interpreter to see it. */
  interrupted: () => boolean = () => false;
  /** Output goes here instead, when set. */
  #capture: Uint8Array[] | undefined;
  /** How many bytes of output are still to be left out. */
  #leaveOut = 0;

  constructor(control: Control, messages: ConsoleMessages) {
    this.#control = control;
    this.#messages = messages;
  }

  /** How many bytes of input are there. */
  available(): number {
    return this.#control.input.used();
  }

  /** The next byte of input, or -1. */
  take(): number {
    const byte = this.#control.input.take();
    if (byte >= 0 && Atomics.load(this.#control.words, Slot.roomWanted) === 1) {
      const room = this.#control.input.used() <= this.#control.input.size / 2;
      if (room && this.#control.lower(Slot.roomWanted)) this.#messages.room();
    }
    return byte;
  }

  /** Blocks the thread until `ready`, an interrupt, or the end of the time. */
  wait(ready: () => boolean, milliseconds: number = Number.POSITIVE_INFINITY): WaitResult {
    const end = performance.now() + milliseconds;
    const { words } = this.#control;
    for (;;) {
      const seen = Atomics.load(words, Slot.wake);
      if (this.interrupted()) return "interrupted";
      if (ready()) return "ready";
      const left = end - performance.now();
      if (left <= 0) return "timeout";
      Atomics.wait(words, Slot.wake, seen, Math.min(left, LOOK_AGAIN_MS));
    }
  }

  /** What Python prints: bare line feeds are completed. */
  print(bytes: Uint8Array): void {
    this.send(this.#newlines.complete(bytes));
  }

  /** Bytes that already are what a terminal takes. Blocks while nobody takes the output; an interrupt drops the rest. */
  send(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#leaveOut > 0) {
      const left = Math.min(this.#leaveOut, rest.length);
      this.#leaveOut -= left;
      rest = rest.subarray(left);
    }
    if (this.#capture !== undefined) {
      this.#capture.push(rest.slice());
      return;
    }
    while (rest.length > 0) {
      const count = this.#control.output.write(rest);
      rest = rest.subarray(count);
      if (count > 0 && this.#control.raise(Slot.outputNoted)) this.#messages.output();
      if (rest.length > 0 && this.wait(() => this.#control.output.used() < this.#control.output.size) === "interrupted")
        return;
    }
  }

  /** Runs something, and gives back what it printed instead of showing it. */
  captured(run: () => void): Uint8Array {
    const outer = this.#capture;
    const chunks: Uint8Array[] = [];
    this.#capture = chunks;
    try {
      run();
    } finally {
      this.#capture = outer;
    }
    return Buffer.concat(chunks);
  }

  /** Leaves out the next `count` bytes of output. */
  leaveOut(count: number): void {
    this.#leaveOut = count;
  }
}
