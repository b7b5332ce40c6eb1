/**
 * The file of users: JSON that only its owner may write and that not everybody may read.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { PortholeError } from "../contracts/errors.ts";

/** Write for the group; read and write for others. */
const UNSAFE_MODE = 0o026;
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
      if ((Number(mode) & UNSAFE_MODE) !== 0) {
        const shown = (Number(mode) & 0o777).toString(8).padStart(3, "0");
        throw unusable(file, `its mode is ${shown}, so others may read it or change it; chmod 600 it`);
      }
      const us = process.geteuid?.();
      if (Number(uid) !== 0 && us !== undefined && us !== 0 && Number(uid) !== us)
        throw unusable(file, `it belongs to user ${uid}; chown it to user ${us}, who runs this`);
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

function asUnusable(file: string, error: unknown): PortholeError {
  if (error instanceof PortholeError) return error;
  return unusable(file, (error as NodeJS.ErrnoException).code ?? "it cannot be read", error);
}

function unusable(file: string, why: string, cause?: unknown): PortholeError {
  return new PortholeError("PORTHOLE_ERR_ARGUMENT", `the file of users ${file} is not used: ${why}`, { cause });
}
