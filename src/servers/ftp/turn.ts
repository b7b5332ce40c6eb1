/**
 * Turns of the event loop.
 *
 * @module
 */

/** Lets everybody else's input be looked at: no transfer may starve the others. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
