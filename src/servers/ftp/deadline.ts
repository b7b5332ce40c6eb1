/**
 * One timer for a time that is put off again and again.
 *
 * @module
 */

/** Who waits for a time. */
export interface Waiting {
  /** It has come, or nearly: the time is to be looked at. */
  due(): void;
}

/** It is not set again while it comes early enough: who is called looks at the time, and says when to be called next. */
export class Deadline {
  readonly #waiting: Waiting;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
  }

  /** @param deadlineMs - On the clock of `performance.now()`; undefined: not for now. */
  set(deadlineMs: number | undefined): void {
    if (deadlineMs === undefined) return; // most are soon set again
    if (this.#timer !== undefined && this.#timerMs <= deadlineMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = deadlineMs;
    const waitMs = Math.max(1, Math.ceil(deadlineMs - performance.now()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#waiting.due();
    }, waitMs);
  }

  /** Nobody waits any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
