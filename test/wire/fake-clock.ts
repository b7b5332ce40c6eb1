/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import type { Clock } from "../../src/servers/clock.ts";

export interface FakeClock extends Clock {
  /** Moves time on and calls what is due, in order. */
  advance(ms: number): void;
  /** Timers that wait. */
  readonly waiting: number;
}

export function createFakeClock(nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)): FakeClock {
  let now = nowMs;
  const timers = new Set<{ readonly atMs: number; readonly call: () => void }>();
  return {
    now: () => now,
    elapsedMs: () => now - nowMs,
    after(delayMs, call) {
      const timer = { atMs: now + delayMs, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ atMs }) => atMs <= end).sort((left, right) => left.atMs - right.atMs);
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.atMs);
        next.call();
      }
      now = end;
    },
    get waiting() {
      return timers.size;
    },
  };
}
