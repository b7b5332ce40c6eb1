/**
 * Two ways to hold on to a host directory while something is done in it.
 *
 * @module
 */

import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { sep } from "node:path";
import type { EntryCalls } from "../../native/entry-calls.ts";
import { type Entries, entriesByDescriptor, entriesByPath, type Status } from "./entries.ts";
import { errno } from "./errno.ts";

/** A host directory that stays the same one until it is let go, whatever happens to its name. */
export interface PinnedDirectory {
  /** Children are reached as `${path}/${name}`. */
  readonly path: string;
  /** For calls that take an open directory; undefined when it is held by name. */
  readonly descriptor: number | undefined;
  release(): void;
}

export interface Ground {
  /** `anchored`: what is reached through a pinned directory is in it. `checked`: it was when it was looked at. */
  readonly kind: "anchored" | "checked";
  /** For what is in its directories. */
  readonly entries: Entries;
  root(): PinnedDirectory;
  /** A directory in a directory; undefined for a link or anything else that is there. Throws when nothing is. */
  child(directory: PinnedDirectory, name: string): PinnedDirectory | undefined;
  /**
   * Throws for an open file that is not what its path names: the way to it was changed between look and open.
   *
   * @param opened - fstat of the file.
   */
  confirm(directory: PinnedDirectory, name: string, opened: Status): void;
  /** Opens for reading what is open as `descriptor`, and was as `name`; `checked` needs it to be there still. */
  reopen(directory: PinnedDirectory, name: string, descriptor: number): number;
  /** chmod(2) of a file or directory; a link there is refused. */
  setMode(directory: PinnedDirectory, name: string, mode: number): void;
}

const O_PATH = 0x20_0000; // Linux, all architectures that Node supports; not among Node's constants
const { O_DIRECTORY, O_NOFOLLOW } = constants; // undefined where only the checked ground is used

/**
 * The ground for `root`: anchored where the host can.
 *
 * @param calls - The accelerator's, if there is one; asked for when they are first needed.
 */
export function createGround(root: string, calls: () => EntryCalls | undefined): Ground {
  const descriptors = findDescriptors(root);
  return descriptors === undefined ? checkedGround(root) : anchoredGround(root, descriptors, calls);
}

/**
 * Directories are held by descriptor and children are named below `/proc/<pid>/fd/<descriptor>/`, which the kernel
 * resolves from the descriptor and not from any path: openat(2) by other means.
 *
 * @param descriptors - "/proc/<pid>/fd/".
 */
function anchoredGround(root: string, descriptors: string, calls: () => EntryCalls | undefined): Ground {
  const pinned = (descriptor: number): PinnedDirectory => ({
    path: descriptors + descriptor,
    descriptor,
    release: () => closeSync(descriptor),
  });
  let found: Entries | undefined;
  const entries = (): Entries => {
    found ??= quickEntries(root, calls());
    return found;
  };
  return {
    kind: "anchored",
    get entries() {
      return entries();
    },
    root: () => pinned(openSync(root, O_PATH | O_DIRECTORY)),
    child: (directory, name) => {
      try {
        return pinned(openSync(`${directory.path}/${name}`, O_PATH | O_DIRECTORY | O_NOFOLLOW));
      } catch (error) {
        if (errno(error) === "ENOTDIR" || errno(error) === "ELOOP") return undefined;
        throw error;
      }
    },
    confirm: () => undefined,
    reopen: (_directory, _name, descriptor) => openSync(descriptors + descriptor, constants.O_RDONLY),
    setMode: (directory, name, mode) => {
      // chmod follows links; through the descriptor of what was found it can't be led elsewhere.
      const descriptor = openSync(`${directory.path}/${name}`, O_PATH | O_NOFOLLOW);
      try {
        if (fstatSync(descriptor).isSymbolicLink()) throw linkError("set the mode of a link");
        chmodSync(descriptors + descriptor, mode);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** Directories are held by name, looked at before and after use. */
export function checkedGround(root: string): Ground {
  const pin = (path: string): PinnedDirectory => ({ path, descriptor: undefined, release: () => undefined });
  return {
    kind: "checked",
    entries: entriesByPath,
    root: () => {
      const real = realpathSync.native(root);
      return pin(real.endsWith(sep) ? real.slice(0, -1) : real);
    },
    child: (directory, name) => {
      const path = `${directory.path}/${name}`;
      return lstatSync(path).isDirectory() ? pin(path) : undefined;
    },
    confirm: (directory, name, opened) => {
      const named = lstatSync(`${directory.path}/${name}`);
      const real = realpathSync.native(directory.path === "" ? sep : directory.path);
      const straight = real.replaceAll("\\", "/") === directory.path.replaceAll("\\", "/") || directory.path === "";
      if (straight && named.ino === opened.ino && named.dev === opened.dev) return;
      throw linkError("the way to the file was changed while it was opened");
    },
    reopen: (directory, name, descriptor) => {
      const reading = openSync(`${directory.path}/${name}`, constants.O_RDONLY | (O_NOFOLLOW ?? 0));
      const found = fstatSync(reading);
      const wanted = fstatSync(descriptor);
      if (found.ino === wanted.ino && found.dev === wanted.dev) return reading;
      closeSync(reading);
      throw Object.assign(new Error("the file is not there any more"), { code: "ENOENT" });
    },
    setMode: (directory, name, mode) => {
      const path = `${directory.path}/${name}`;
      if (lstatSync(path).isSymbolicLink()) throw linkError("set the mode of a link");
      chmodSync(path, mode);
    },
  };
}

function linkError(message: string): Error {
  return Object.assign(new Error(message), { code: "ELOOP" });
}

/** The accelerator's where it sees what Node sees: there are hosts that forbid it some calls. */
function quickEntries(root: string, calls: EntryCalls | undefined): Entries {
  if (calls === undefined) return entriesByPath;
  const descriptor = openSync(root, O_PATH | O_DIRECTORY);
  try {
    const seen = calls.look(descriptor, ".");
    const { ino, dev } = fstatSync(descriptor);
    if (typeof seen === "number" || seen.ino !== ino || seen.dev !== dev) return entriesByPath;
    return entriesByDescriptor(calls);
  } finally {
    closeSync(descriptor);
  }
}

/** "/proc/<pid>/fd/" when a directory can be reached through its descriptor there. */
function findDescriptors(root: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const descriptor = openSync(root, O_PATH | O_DIRECTORY);
    try {
      // The number in /proc, which may be of another process namespace than `process.pid`.
      const descriptors = `/proc/${readlinkSync("/proc/self")}/fd/`;
      const through = statSync(`${descriptors}${descriptor}/.`);
      const direct = statSync(root);
      return through.ino === direct.ino && through.dev === direct.dev ? descriptors : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
