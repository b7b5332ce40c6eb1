/**
 * Who else may read or change a file that is its owner's.
 *
 * @module
 */

/** Write for the group; read and write for others. */
const UNSAFE_MODE = 0o026;

/** What is wrong with a secret file's mode, and the way out. Undefined: nothing, or a system that has no modes. */
export function exposure(mode: number): string | undefined {
  if (process.platform === "win32" || (mode & UNSAFE_MODE) === 0) return undefined;
  return `its mode is ${shownMode(mode)}, so others may read it or change it; chmod 600 it`;
}

/** The permissions as `chmod` takes them. */
export function shownMode(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, "0");
}
