import type { Stats } from "node:fs";
import type { Entry } from "../../contracts/store.ts";

/** The entry of a file or directory; undefined for a device, FIFO, socket or link, which a store never shows. */
export function entryOf(name: string, stats: Stats): Entry | undefined {
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
export function fileEntry(name: string, stats: Stats): Entry {
  const entry = entryOf(name, stats);
  if (entry === undefined) throw new Error("bug: an open file is not a file");
  return entry;
}
