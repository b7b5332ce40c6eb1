/**
 * What a directory shows.
 *
 * @module
 */

import { type Dir, lstatSync, opendirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Entry, VirtualPath } from "../../contracts/store.ts";
import type { SystemCalls } from "../../native/system-calls.ts";
import { childPath, isPathPart } from "../../protocol/text/path.ts";
import type { Confinement } from "./confine.ts";
import { entryOf, entryOfStatus, isLink } from "./entry.ts";
import { refusal } from "./errno.ts";
import type { PinnedDirectory } from "./ground.ts";
import { isUploadName } from "./upload-name.ts";

/** About a millisecond's work, then others have their turn. */
const BATCH_ENTRIES = 256;

/** The directory that is listed. */
interface Listed {
  readonly path: VirtualPath;
  readonly confinement: Confinement;
  readonly directory: PinnedDirectory;
  readonly calls: SystemCalls | undefined;
  /** A name that is not UTF-8 comes with U+FFFD in it; it is then no file's, or the name of another one. */
  readonly seen: Set<string>;
}

/**
 * Files, directories, and links that stay below the root, as what they lead to. Left out are: links that lead out or
 * nowhere, devices, FIFOs, sockets, unfinished uploads, and names that can't be told on one line of UTF-8.
 *
 * @param calls - used where the directory is held by descriptor.
 */
export async function* listDirectory(
  confinement: Confinement,
  path: VirtualPath,
  calls: SystemCalls | undefined,
): AsyncGenerator<readonly Entry[], void, undefined> {
  const place = confinement.locate(path, "follow");
  let open: Dir | undefined;
  try {
    if (place.stats === undefined) throw refusal("not-found", "list", path);
    if (!place.stats.isDirectory()) throw refusal("not-directory", "list", path);
    const directory = confinement.ground.child(place.directory, place.name);
    if (directory === undefined) throw refusal("denied", "list", path);
    try {
      const listed = { path, confinement, directory, calls, seen: new Set<string>() };
      open = opendirSync(directory.path, { bufferSize: BATCH_ENTRIES });
      for (;;) {
        const batch = nextBatch(listed, open);
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

function nextBatch(listed: Listed, open: Dir): Entry[] | undefined {
  const { seen } = listed;
  const batch: Entry[] = [];
  for (let count = 0; count < BATCH_ENTRIES; count++) {
    const name = open.readSync()?.name;
    if (name === undefined) return count === 0 ? undefined : batch;
    if (name.includes("\uFFFD")) {
      if (seen.has(name)) continue;
      seen.add(name);
    }
    const entry = look(listed, name);
    if (entry !== undefined) batch.push(entry);
  }
  return batch;
}

function look(listed: Listed, name: string): Entry | undefined {
  if (!isPathPart(name) || isUploadName(name)) return undefined;
  const { calls, directory } = listed;
  if (calls !== undefined && directory.descriptor !== undefined) {
    const status = calls.statIn(directory.descriptor, name);
    if (status === undefined) return undefined;
    return isLink(status) ? lookThrough(listed, name) : entryOfStatus(name, status);
  }
  try {
    const stats = lstatSync(`${directory.path}/${name}`, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return stats.isSymbolicLink() ? lookThrough(listed, name) : entryOf(name, stats);
  } catch {
    return undefined;
  }
}

/** What a link that stays below the root leads to. */
function lookThrough({ confinement, path }: Listed, name: string): Entry | undefined {
  try {
    const place = confinement.locate(childPath(path, name), "follow");
    place.directory.release();
    return place.stats === undefined ? undefined : entryOf(name, place.stats);
  } catch {
    return undefined;
  }
}
