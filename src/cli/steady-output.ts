/**
 * A terminal or pipe that is written to without waiting: one that was stopped with Ctrl-S, or that nobody reads, holds
 * nothing else up.
 *
 * @module
 */

import { write } from "node:fs";
import { isatty } from "node:tty";
import { LIMITS } from "../contracts/limits.ts";

const AGAIN_MS = 20;

/** As much of a stream as those need that draw and log. */
export class SteadyOutput {
  readonly isTTY: boolean;
  readonly #descriptor: number;
  #waiting: string[] = [];
  #waitingLength = 0;
  #writing = false;
  #idle: (() => void)[] = [];

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.isTTY = isatty(descriptor);
  }

  /** Of the terminal. */
  get columns(): number {
    return process.stderr.columns ?? 80;
  }

  get rows(): number {
    return process.stderr.rows ?? 24;
  }

  /** Takes text, or leaves it out: when too much waits already. @returns true always, as for a stream with room. */
  write(text: string): boolean {
    if (this.#waitingLength + text.length > LIMITS.logWaitingCharacters.value) return true;
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (!this.#writing) this.#next();
    return true;
  }

  /** Resolves when all that was written has left, or can't. */
  left(): Promise<void> {
    return this.#writing ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  #next(): void {
    this.#writing = this.#waiting.length > 0;
    if (!this.#writing) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    const bytes = Buffer.from(this.#waiting.join(""));
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#send(bytes);
  }

  #send(bytes: Buffer): void {
    write(this.#descriptor, bytes, (error, count) => {
      if (error?.code === "EAGAIN") setTimeout(() => this.#send(bytes), AGAIN_MS);
      else if (error === null && count < bytes.length) this.#send(bytes.subarray(count));
      else this.#next(); // what can't be written is for nobody
    });
  }
}
