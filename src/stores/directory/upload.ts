/**
 * Opening a file for an upload.
 *
 * @module
 */

import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  statfsSync,
  unlinkSync,
} from "node:fs";
import type { VirtualPath, WriteOptions } from "../../contracts/store.ts";
import { childPath, parentPath } from "../../protocol/text/path.ts";
import { uniqueName } from "../unique-name.ts";
import type { Place } from "./confine.ts";
import type { Status } from "./entries.ts";
import { refusal } from "./errno.ts";
import type { Ground, PinnedDirectory } from "./ground.ts";
import { createUploadName } from "./upload-name.ts";
import type { OpenFile, Upload } from "./write-handle.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
/** Opening a FIFO fails at once instead of waiting for a reader. */
const NO_WAIT = constants.O_NONBLOCK ?? 0;

export interface UploadPolicy {
  readonly ground: Ground;
  readonly uploads: "whole" | "in-place";
  /** Names that unfinished `unique` uploads are going to take, by directory. */
  readonly reserved: Set<string>;
}

/** Opens what `options` ask for. The place's directory is the upload's from then on; not when this throws. */
export function openUpload(place: Place, path: VirtualPath, options: WriteOptions, policy: UploadPolicy): Upload {
  wantSpace(place.directory, path, options.expectedBytes);
  if (options.mode === "unique") return openUnique(place, path, policy);
  if (place.stats?.isDirectory()) throw refusal("is-directory", "write", path);
  if (place.stats !== undefined && !place.stats.isFile()) throw refusal("denied", "write", path);
  if (options.mode === "replace" && policy.uploads === "whole") return openAside(place, path, policy.ground);
  const startBytes = options.mode === "update" ? (options.startBytes ?? 0) : 0;
  if (startBytes > (place.stats?.size ?? 0)) throw refusal("unsupported", "write beyond the end of", path);
  const append = options.mode === "append";
  const file = openInPlace(place, path, append ? O_APPEND : 0, policy.ground);
  if (options.mode === "replace") ftruncateSync(file.descriptor, 0);
  return inPlace(place, path, file, append ? undefined : startBytes);
}

function inPlace(place: Place, path: VirtualPath, file: OpenFile, startBytes: number | undefined): Upload {
  const { directory, name } = place;
  return { path, directory, name, ...file, startBytes, uploadName: undefined, unique: false };
}

/** A file that nobody sees, in the same directory, so that it can be renamed into place. */
function openAside(place: Place, path: VirtualPath, { entries }: Ground): Upload {
  const { directory, name, stats: old } = place;
  // A rename would replace a file that the process may not write to.
  if (old !== undefined) entries.wantWritable(directory, name);
  const uploadName = createUploadName();
  const asidePath = `${directory.path}/${uploadName}`;
  const descriptor = openSync(asidePath, O_WRONLY | O_CREAT | O_EXCL | NO_FOLLOW, old === undefined ? 0o666 : 0o600);
  try {
    const stats = fstatSync(descriptor);
    if (old !== undefined) inherit(descriptor, stats, old);
    const { dev: device } = stats;
    return { path, directory, name, descriptor, device, startBytes: undefined, uploadName, unique: false };
  } catch (error) {
    closeSync(descriptor);
    unlinkSync(asidePath);
    throw error;
  }
}

/** Gives a new file the permissions of the old one, and its owner where the process may. */
function inherit(descriptor: number, stats: Status, old: Status): void {
  if (stats.uid !== old.uid || stats.gid !== old.gid) {
    try {
      fchownSync(descriptor, old.uid, old.gid);
    } catch {
      // Only a privileged process may; the file then is whose upload it was.
    }
  }
  fchmodSync(descriptor, old.mode & 0o777);
}

function openUnique(place: Place, path: VirtualPath, policy: UploadPolicy): Upload {
  const { directory } = place;
  const at = fstatDirectory(directory);
  for (let attempt = 0; ; attempt++) {
    const name = uniqueName(place.name, attempt);
    const key = `${at.dev}:${at.ino}/${name}`;
    const entryPath = `${directory.path}/${name}`;
    if (policy.reserved.has(key) || lstatSync(entryPath, { throwIfNoEntry: false }) !== undefined) continue;
    const uniquePath = childPath(parentPath(path), name);
    const uniquePlace: Place = { directory, name, path: entryPath, stats: undefined };
    if (policy.uploads === "in-place") {
      return inPlace(uniquePlace, uniquePath, openInPlace(uniquePlace, path, O_EXCL, policy.ground), 0);
    }
    const upload = openAside(uniquePlace, uniquePath, policy.ground);
    policy.reserved.add(key);
    const release = () => {
      policy.reserved.delete(key);
      directory.release();
    };
    return { ...upload, unique: true, directory: { ...directory, release } };
  }
}

function openInPlace(place: Place, path: VirtualPath, flags: number, ground: Ground): OpenFile {
  const descriptor = openSync(place.path, O_WRONLY | O_CREAT | NO_FOLLOW | NO_WAIT | flags, 0o666);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw refusal("denied", "write", path);
    ground.confirm(place.directory, place.name, stats);
    return { descriptor, device: stats.dev };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function fstatDirectory(directory: PinnedDirectory): Status {
  return lstatSync(`${directory.path}/.`);
}

function wantSpace(directory: PinnedDirectory, path: VirtualPath, expectedBytes: number | undefined): void {
  if (expectedBytes === undefined) return;
  const { bavail, bsize } = statfsSync(`${directory.path}/.`);
  if (expectedBytes > bavail * bsize) throw refusal("no-space", "write", path);
}
