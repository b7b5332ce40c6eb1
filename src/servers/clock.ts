/**
 * Time, as servers need it; tests pass a clock of their own.
 *
 * @module
 */

export interface Clock {
  /** Milliseconds since 1970, to tell somebody. It jumps when the machine's clock is set: nothing is measured by it. */
  now(): number;
  /** Milliseconds of a clock that nobody can set. */
  elapsedMs(): number;
  /** Calls once, after `delayMs`. The timer alone keeps no process alive. @returns a function that takes it back. */
  after(delayMs: number, call: () => void): () => void;
}

/** The longest delay that a timer of Node takes as it is. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsedMs: () => performance.now(),
  after(delayMs, call) {
    const timer = setTimeout(call, Math.min(delayMs, LONGEST_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
