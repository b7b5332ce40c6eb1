/**
 * The file of users: JSON that only its owner may write and that not everybody may read, in a directory where
 * not everybody may put another in its place.
 *
 * @module
 */

import { readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PortholeError } from "../contracts/errors.ts";
import { exposure, shownMode } from "./exposure.ts";

/** Of a directory: only a file's owner may put another in its place. */
const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * What {@link readUsersFile} would read now: changes with the file.
 *
 * Rejects as that does.
 */
export async function usersFileVersion(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, mode, uid } = await stat(file, { bigint: true });
    if (process.platform !== "win32") {
      const exposed = exposure(Number(mode));
      if (exposed !== undefined) throw unusable(file, exposed);
      const us = process.geteuid?.();
      if (Number(uid) !== 0 && us !== undefined && us !== 0 && Number(uid) !== us)
        throw unusable(file, `it belongs to user ${uid}; chown it to user ${us}, who runs this`);
      // Both ends of a link: either could be led elsewhere.
      for (const directory of new Set([dirname(file), dirname(await realpath(file))]))
        await checkDirectory(file, directory);
    }
    if (size > MOST_BYTES) throw unusable(file, `it has ${size} bytes, more than ${MOST_BYTES}`);
    return `${ino}:${size}:${mtimeNs}`;
  } catch (error) {
    throw asUnusable(file, error);
  }
}

/**
 * Reads the file.
 *
 * Rejects with {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` when it cannot be read, is no JSON, or when others may read
 * or change it. No message holds any of its contents.
 *
 * @returns what the JSON says, unchecked.
 */
export async function readUsersFile(file: string): Promise<unknown> {
  await usersFileVersion(file);
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw unusable(file, 'it is not JSON of the form { "users": [ … ] }');
    throw asUnusable(file, error);
  }
}

async function checkDirectory(file: string, directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return;
  const way = `so others may put another file in its place; chmod o-w ${directory}`;
  throw unusable(file, `the mode of its directory ${directory} is ${shownMode(mode)}, ${way}`);
}

function asUnusable(file: string, error: unknown): PortholeError {
  if (error instanceof PortholeError) return error;
  return unusable(file, (error as NodeJS.ErrnoException).code ?? "it cannot be read", error);
}

function unusable(file: string, why: string, cause?: unknown): PortholeError {
  return new PortholeError("PORTHOLE_ERR_ARGUMENT", `the file of users ${file} is not used: ${why}`, { cause });
}
