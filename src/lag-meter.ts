/**
 * How late the event loop of this thread is.
 *
 * @module
 */

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** How often it is looked at; what stands still for less is not seen. */
const EVERY_MS = 20;

export interface LagMeter {
  /** Seconds that a timer came too late at most since this was last called. */
  take(): number;
  close(): void;
}

/** Begins to measure; it keeps no program alive. Where the runtime can't, it is 0. */
export function createLagMeter(): LagMeter {
  let histogram: IntervalHistogram | undefined;
  try {
    histogram = monitorEventLoopDelay({ resolution: EVERY_MS });
    histogram.enable();
  } catch {
    histogram = undefined; // a runtime that has none
  }
  return {
    take() {
      if (histogram === undefined || histogram.count === 0) return 0;
      const lateMs = histogram.max / 1e6 - EVERY_MS;
      histogram.reset();
      return Math.max(0, lateMs) / 1000;
    },
    close: () => void histogram?.disable(),
  };
}
