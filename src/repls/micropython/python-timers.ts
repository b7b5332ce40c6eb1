/**
 * `setTimeout` for Python: what its `asyncio` runs on while the prompt is idle.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";

const LONGEST_MS = 0x7fff_ffff;

export interface PythonTimers {
  /** The timer's number; null, which is Python's None, when none was set. */
  readonly setTimeout: (callback: unknown, milliseconds: unknown) => number | null;
  readonly clearTimeout: (id: unknown) => null;
}

/** @param run - runs a callback as the interpreter wants to be run. */
export function createPythonTimers(run: (callback: () => void) => void): PythonTimers {
  const timers = new Map<number, NodeJS.Timeout>();
  let last = 0;
  return {
    setTimeout(callback, milliseconds) {
      if (!isPythonCallable(callback) || timers.size >= LIMITS.boardTimers.value) return null;
      const delay = typeof milliseconds === "number" ? Math.min(Math.max(milliseconds, 0), LONGEST_MS) : 0;
      const id = ++last;
      const fire = (): void => {
        timers.delete(id);
        run(callback);
      };
      timers.set(id, setTimeout(fire, delay));
      return id;
    },
    clearTimeout(id) {
      if (typeof id !== "number") return null;
      clearTimeout(timers.get(id));
      timers.delete(id);
      return null;
    },
  };
}

/** The glue marks the functions that it makes for Python's with `_ref`. */
function isPythonCallable(value: unknown): value is () => void {
  return typeof value === "function" && Object.hasOwn(value, "_ref");
}
