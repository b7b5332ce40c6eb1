/**
 * This process's terminal belongs to one prompt at a time, also when several copies of this package are loaded.
 *
 * @module
 */

const CLAIMED = Symbol.for("porthole.terminal");
const marks = globalThis as { [CLAIMED]?: boolean };

/** Whether a prompt has this process's terminal. */
export function isTerminalClaimed(): boolean {
  return marks[CLAIMED] === true;
}

/** Marks this process's terminal as taken, or as free again. */
export function setTerminalClaimed(claimed: boolean): void {
  if (claimed) marks[CLAIMED] = true;
  else delete marks[CLAIMED];
}
