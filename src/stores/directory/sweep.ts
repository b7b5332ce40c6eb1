/**
 * Removing what killed processes left of their uploads.
 *
 * @module
 */

import { lstatSync, readdirSync, type Stats, statSync, unlinkSync } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LIMITS } from "../../contracts/limits.ts";
import type { VirtualPath } from "../../contracts/store.ts";
import { childPath, isPathPart, pathParts, ROOT_PATH } from "../../protocol/text/path.ts";
import type { Confinement } from "./confine.ts";
import { errno } from "./errno.ts";
import type { PinnedDirectory } from "./ground.ts";
import { hostTag, isUploadName, uploadOwner } from "./upload-name.ts";

/** An upload of whom nothing can be learned is left alone until nothing was written to it for so long. */
const STRANGER_AGE_MS = 24 * 3_600_000;
/** Between the last write and its name an upload may be closed for a moment. */
const CLOSING_AGE_MS = 10_000;

/** Walks the whole tree, but not onto other file systems, and removes left-overs; resolves with how many. */
export async function sweepTree(confinement: Confinement, signal: AbortSignal): Promise<number> {
  let removed = 0;
  const waiting: VirtualPath[] = [ROOT_PATH];
  let device: number | undefined;
  for (;;) {
    const path = waiting.pop();
    if (path === undefined || signal.aborted) return removed;
    await nextTurn();
    if (signal.aborted) return removed;
    try {
      const { directory, path: directoryPath } = confinement.locate(path, "keep");
      try {
        const stats = await lstat(directoryPath);
        device ??= stats.dev;
        if (stats.dev !== device || !stats.isDirectory()) continue;
        removed += await sweepEntries(
          path,
          { path: directoryPath, descriptor: undefined, release: () => undefined },
          waiting,
          signal,
        );
      } finally {
        directory.release();
      }
    } catch {
      // Gone meanwhile, or not ours to read: then no upload of ours is in it.
    }
  }
}

async function sweepEntries(
  path: VirtualPath,
  directory: PinnedDirectory,
  waiting: VirtualPath[],
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  const deep = pathParts(path).length >= LIMITS.ftpPathParts.value;
  for await (const entry of await opendir(directory.path, { bufferSize: 256 })) {
    if (signal.aborted) break;
    if (entry.isDirectory() && !deep && isPathPart(entry.name)) waiting.push(childPath(path, entry.name));
    else if (isUploadName(entry.name) && sweepOne(directory, entry.name)) removed++;
  }
  return removed;
}

/** What a directory holds beside left-overs, which are removed: nothing, uploads under way, or more. */
export function sweepDirectory(directory: PinnedDirectory): "empty" | "uploads" | "entries" {
  let found: "empty" | "uploads" = "empty";
  for (const name of readdirSync(directory.path)) {
    if (!isUploadName(name)) return "entries";
    if (!sweepOne(directory, name)) found = "uploads";
  }
  return found;
}

function sweepOne(directory: PinnedDirectory, name: string): boolean {
  const path = `${directory.path}/${name}`;
  try {
    const stats = lstatSync(path);
    if (!stats.isFile() || !isLeftOver(name, stats, Date.now())) return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    return errno(error) === "ENOENT";
  }
}

function isLeftOver(name: string, stats: Stats, nowMs: number): boolean {
  const owner = uploadOwner(name);
  const ageMs = nowMs - stats.mtimeMs;
  if (owner?.host !== hostTag()) return ageMs > STRANGER_AGE_MS;
  if (!isAlive(owner.pid)) return true;
  // The number is in use: by the uploader, perhaps by this very process, or by another one since.
  const open = isOpenIn(owner.pid, stats);
  return open === undefined ? ageMs > STRANGER_AGE_MS : !open && ageMs > CLOSING_AGE_MS;
}

function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errno(error) === "EPERM";
  }
}

/** Whether the process has the file open; undefined when it can't be told. */
function isOpenIn(pid: number, file: Stats): boolean | undefined {
  const descriptors = `/proc/${pid}/fd`;
  try {
    return readdirSync(descriptors).some((descriptor) => {
      const stats = statSync(`${descriptors}/${descriptor}`, { throwIfNoEntry: false });
      return stats !== undefined && stats.ino === file.ino && stats.dev === file.dev;
    });
  } catch {
    return undefined;
  }
}
