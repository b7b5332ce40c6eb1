/**
 * What other threads have been given by this one to read and to write, and have not done yet: they are few, and who comes
 * to stand behind a slow disk waits for it.
 *
 * @module
 */

let calls = 0;

/** A call has been given away. */
export function beginElsewhere(): void {
  calls++;
}

/** It is done, whatever came of it. */
export function endElsewhere(): void {
  calls--;
}

/** Nothing is under way there. */
export function isIdleElsewhere(): boolean {
  return calls === 0;
}
