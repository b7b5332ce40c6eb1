/**
 * What a directory shows.
 *
 * @module
 */

import { lstatSync, opendirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Entry, VirtualPath } from "../../contracts/store.ts";
import type { SystemCalls } from "../../native/system-calls.ts";
import { childPath, isPathPart } from "../../protocol/text/path.ts";
import type { Confinement } from "./confine.ts";
import { entryOf, entryOfStatus, isLink } from "./entry.ts";
import { refusal } from "./errno.ts";
import type { PinnedDirectory } from "./ground.ts";
import { DirectoryScanner } from "./scan/directory-scanner.ts";
import { isUploadName } from "./upload-name.ts";

/** About a millisecond's work, then others have their turn. */
const BATCH_ENTRIES = 256;

/** The directory that is listed. */
interface Listed {
  readonly path: VirtualPath;
  readonly confinement: Confinement;
  readonly directory: PinnedDirectory;
}

/** A directory that is read. */
interface Reader {
  /** Some of the entries; undefined at the end. */
  next(): Entry[] | undefined | Promise<Entry[] | undefined>;
  close(): void;
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
  try {
    if (place.stats === undefined) throw refusal("not-found", "list", path);
    if (!place.stats.isDirectory()) throw refusal("not-directory", "list", path);
    const directory = confinement.ground.child(place.directory, place.name);
    if (directory === undefined) throw refusal("denied", "list", path);
    let reader: Reader | undefined;
    try {
      const listed = { path, confinement, directory };
      reader = calls === undefined || directory.descriptor === undefined ? read(listed) : scan(listed, calls);
      for (;;) {
        const batch = await reader.next();
        if (batch === undefined) return;
        if (batch.length > 0) yield batch;
        await nextTurn();
      }
    } finally {
      reader?.close();
      directory.release();
    }
  } finally {
    place.directory.release();
  }
}

/** Reads with the accelerator. */
function scan(listed: Listed, calls: SystemCalls): Reader {
  const reader = new DirectoryScanner(listed.directory.path, calls);
  return {
    async next() {
      const batch: Entry[] = [];
      const more = await reader.next((name, status) => {
        if (!isShown(name)) return;
        const entry = isLink(status) ? lookThrough(listed, name) : entryOfStatus(name, status);
        if (entry !== undefined) batch.push(entry);
      });
      return more ? batch : undefined;
    },
    close: () => reader.close(),
  };
}

/** Reads with Node's own calls. */
function read(listed: Listed): Reader {
  const { directory } = listed;
  const open = opendirSync(directory.path, { bufferSize: BATCH_ENTRIES });
  /** A name that is not UTF-8 comes with U+FFFD in it; it is then no file's, or the name of another one. */
  const seen = new Set<string>();
  return {
    next() {
      const batch: Entry[] = [];
      for (let count = 0; count < BATCH_ENTRIES; count++) {
        const name = open.readSync()?.name;
        if (name === undefined) return count === 0 ? undefined : batch;
        if (name.includes("\uFFFD")) {
          if (seen.has(name)) continue;
          seen.add(name);
        }
        const entry = isShown(name) ? look(listed, name) : undefined;
        if (entry !== undefined) batch.push(entry);
      }
      return batch;
    },
    close: () => open.closeSync(),
  };
}

function isShown(name: string): boolean {
  return isPathPart(name) && !isUploadName(name);
}

function look(listed: Listed, name: string): Entry | undefined {
  try {
    const stats = lstatSync(`${listed.directory.path}/${name}`, { throwIfNoEntry: false });
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
