/**
 * What is done with a name in a directory that is held: by the directory's descriptor where the accelerator can, which
 * does not go the way through /proc; by path otherwise. Errors are Node's, by their `code`.
 *
 * @module
 */

import { accessSync, constants, lstatSync, renameSync, type Stats } from "node:fs";
import { getSystemErrorName } from "node:util";
import type { EntryCalls } from "../../native/entry-calls.ts";

/** A directory that is held, see `PinnedDirectory`. */
interface Directory {
  readonly path: string;
  readonly descriptor: number | undefined;
}

/** What is used of Node's `Stats`. */
export type Status = Pick<
  Stats,
  "isFile" | "isDirectory" | "isSymbolicLink" | "mode" | "size" | "ino" | "dev" | "uid" | "gid" | "atimeMs" | "mtimeMs"
>;

export interface Entries {
  /** As lstat(2); undefined when nothing is there. */
  look(directory: Directory, name: string): Status | undefined;
  /** Throws when the process may not write to it. */
  wantWritable(directory: Directory, name: string): void;
  /** Within the directory. */
  rename(directory: Directory, from: string, to: string): void;
}

export const entriesByPath: Entries = {
  look: ({ path }, name) => lstatSync(`${path}/${name}`, { throwIfNoEntry: false }),
  wantWritable: ({ path }, name) => accessSync(`${path}/${name}`, constants.W_OK),
  rename: ({ path }, from, to) => renameSync(`${path}/${from}`, `${path}/${to}`),
};

export function entriesByDescriptor(calls: EntryCalls): Entries {
  return {
    look({ descriptor = -1 }, name) {
      const found = calls.look(descriptor, name);
      if (typeof found !== "number") return found;
      const code = getSystemErrorName(found);
      if (code === "ENOENT") return undefined;
      throw failed(code, "statx");
    },
    wantWritable: ({ descriptor = -1 }, name) => done(calls.checkWritable(descriptor, name), "faccessat"),
    rename: ({ descriptor = -1 }, from, to) => done(calls.rename(descriptor, from, to), "renameat"),
  };
}

function done(result: number, call: string): void {
  if (result < 0) throw failed(getSystemErrorName(result), call);
}

function failed(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: ${call}`), { code });
}
