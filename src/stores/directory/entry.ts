import { constants } from "node:fs";
import type { Entry } from "../../contracts/store.ts";
import type { FileStatus } from "../../native/directory-page.ts";
import type { Status } from "./entries.ts";

/** The entry of a file or directory; undefined for a device, FIFO, socket or link, which a store never shows. */
export function entryOf(name: string, stats: Status): Entry | undefined {
  const isFile = stats.isFile();
  if (!isFile && !stats.isDirectory()) return undefined;
  return {
    name,
    type: isFile ? "file" : "directory",
    sizeBytes: isFile ? stats.size : 0,
    modifiedMs: Math.floor(stats.mtimeMs),
    mode: stats.mode & 0o777,
  };
}

/** The entry of what is known to be a file. */
export function fileEntry(name: string, stats: Status): Entry {
  const entry = entryOf(name, stats);
  if (entry === undefined) throw new Error("bug: an open file is not a file");
  return entry;
}

/** The same as `entryOf`; undefined for a link too. */
export function entryOfStatus(name: string, { mode, sizeBytes, modifiedMs }: FileStatus): Entry | undefined {
  const type = mode & constants.S_IFMT;
  if (type === constants.S_IFREG) return { name, type: "file", sizeBytes, modifiedMs, mode: mode & 0o777 };
  if (type === constants.S_IFDIR) return { name, type: "directory", sizeBytes: 0, modifiedMs, mode: mode & 0o777 };
  return undefined;
}

export function isLink({ mode }: FileStatus): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFLNK;
}
