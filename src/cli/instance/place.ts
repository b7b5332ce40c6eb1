/**
 * Where running commands can be asked how they are: a directory that only this user may look into, with a socket each.
 *
 * @module
 */

import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The longest name that the system takes for a socket, in bytes; Linux has 107, macOS 103. */
const LONGEST_PATH_BYTES = 103;

/** `$XDG_RUNTIME_DIR/porthole`, else `porthole-<uid>` where temporary files are; undefined on Windows. */
export function instanceDirectory(): string | undefined {
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return runtime === undefined || runtime === "" ? join(tmpdir(), `porthole-${user}`) : join(runtime, "porthole");
}

/**
 * The directory, made when it is missing.
 *
 * @throws Error when somebody else could look into it or put something there.
 */
export function openInstanceDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid } = trusted(directory);
  if (uid === process.getuid?.()) chmodSync(directory, 0o700);
}

/** @throws Error unless it is a directory of this user's. */
export function trusted(directory: string): { readonly uid: number } {
  const found = lstatSync(directory);
  if (!found.isDirectory()) throw new Error(`${directory} is no directory`);
  if (found.uid !== process.getuid?.()) throw new Error(`${directory} belongs to somebody else`);
  return found;
}

/** Where the process is asked; undefined when the name would be too long for the system. */
export function socketPath(directory: string, pid: number): string | undefined {
  const path = join(directory, `${pid}.sock`);
  return Buffer.byteLength(path) > LONGEST_PATH_BYTES ? undefined : path;
}
