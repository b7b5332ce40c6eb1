/**
 * What a directory shows.
 *
 * @module
 */

import { type Dir, lstatSync, opendirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Entry, VirtualPath } from "../../contracts/store.ts";
import { childPath, isPathPart } from "../../protocol/text/path.ts";
import type { Confinement } from "./confine.ts";
import { entryOf } from "./entry.ts";
import { refusal } from "./errno.ts";
import { isUploadName } from "./upload-name.ts";

/** About a millisecond's work, then others have their turn. */
const BATCH_ENTRIES = 256;

/**
 * Files, directories, and links that stay below the root, as what they lead to. Left out are: links that lead out or
 * nowhere, devices, FIFOs, sockets, unfinished uploads, and names that can't be told on one line of UTF-8.
 */
export async function* listDirectory(
  confinement: Confinement,
  path: VirtualPath,
): AsyncGenerator<readonly Entry[], void, undefined> {
  const place = confinement.locate(path, "follow");
  let open: Dir | undefined;
  // A name that is not UTF-8 comes with U+FFFD in it; it is then no file's, or the name of another one.
  const seen = new Set<string>();
  try {
    if (place.stats === undefined) throw refusal("not-found", "list", path);
    if (!place.stats.isDirectory()) throw refusal("not-directory", "list", path);
    const directory = confinement.ground.child(place.directory, place.name);
    if (directory === undefined) throw refusal("denied", "list", path);
    try {
      open = opendirSync(directory.path, { bufferSize: BATCH_ENTRIES });
      for (;;) {
        const batch = nextBatch(confinement, path, directory.path, open, seen);
        if (batch === undefined) return;
        if (batch.length > 0) yield batch;
        await nextTurn();
      }
    } finally {
      open?.closeSync();
      directory.release();
    }
  } finally {
    place.directory.release();
  }
}

function nextBatch(
  confinement: Confinement,
  path: VirtualPath,
  directoryPath: string,
  open: Dir,
  seen: Set<string>,
): Entry[] | undefined {
  const batch: Entry[] = [];
  for (let count = 0; count < BATCH_ENTRIES; count++) {
    const name = open.readSync()?.name;
    if (name === undefined) return count === 0 ? undefined : batch;
    if (name.includes("\uFFFD")) {
      if (seen.has(name)) continue;
      seen.add(name);
    }
    const entry = look(confinement, path, directoryPath, name);
    if (entry !== undefined) batch.push(entry);
  }
  return batch;
}

function look(confinement: Confinement, path: VirtualPath, directoryPath: string, name: string): Entry | undefined {
  if (!isPathPart(name) || isUploadName(name)) return undefined;
  try {
    const stats = lstatSync(`${directoryPath}/${name}`, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return stats.isSymbolicLink() ? lookThrough(confinement, childPath(path, name), name) : entryOf(name, stats);
  } catch {
    return undefined;
  }
}

function lookThrough(confinement: Confinement, path: VirtualPath, name: string): Entry | undefined {
  const place = confinement.locate(path, "follow");
  place.directory.release();
  return place.stats === undefined ? undefined : entryOf(name, place.stats);
}
