/**
 * Calls on a name in an open directory. Node knows whole paths only: the way to a directory by its descriptor then leads
 * through /proc, which takes longer than what is asked. Nothing is opened so: what Node has not opened itself it does not
 * close when a thread is ended.
 *
 * @module
 */

import { constants } from "node:os";
import type * as Koffi from "koffi";

/**
 * Numbers below 0 are `-errno`. Names are no paths; "." is the directory.
 */
export interface EntryCalls {
  /** As lstat(2). */
  look(directory: number, name: string): EntryStatus | number;
  /** As access(2) with W_OK. */
  checkWritable(directory: number, name: string): number;
  /** Within the directory; replaces what has the name. */
  rename(directory: number, from: string, to: string): number;
}

/** Offsets in `struct statx`, which is the same on every architecture. */
const STATX = {
  owner: 0x14,
  group: 0x18,
  mode: 0x1c,
  inode: 0x20,
  size: 0x28,
  accessed: 0x40,
  modified: 0x70,
  deviceMajor: 0x88,
  deviceMinor: 0x8c,
  bytes: 0x100,
};
/** STATX_BASIC_STATS. */
const STATX_WANTED = 0x7ff;
const AT_SYMLINK_NOFOLLOW = 0x100;
const W_OK = 2;
const TWO_32 = 4_294_967_296;
const TYPE = 0o17_0000;
const FILE = 0o10_0000;
const DIRECTORY = 0o4_0000;
const LINK = 0o12_0000;

/** What is at a name, under the names and in the units of Node's `Stats`, whose making costs more than the call. */
class EntryStatus {
  readonly mode: number;
  readonly size: number;
  readonly ino: number;
  readonly dev: number;
  readonly uid: number;
  readonly gid: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;

  constructor(statx: DataView) {
    this.mode = statx.getUint16(STATX.mode, true);
    this.size = count64(statx, STATX.size);
    this.ino = count64(statx, STATX.inode);
    this.dev = deviceNumber(statx.getUint32(STATX.deviceMajor, true), statx.getUint32(STATX.deviceMinor, true));
    this.uid = statx.getUint32(STATX.owner, true);
    this.gid = statx.getUint32(STATX.group, true);
    this.atimeMs = milliseconds(statx, STATX.accessed);
    this.mtimeMs = milliseconds(statx, STATX.modified);
  }

  isFile(): boolean {
    return (this.mode & TYPE) === FILE;
  }

  isDirectory(): boolean {
    return (this.mode & TYPE) === DIRECTORY;
  }

  isSymbolicLink(): boolean {
    return (this.mode & TYPE) === LINK;
  }
}

/** Throws when the C library lacks one of the calls. */
export function bindEntryCalls(koffi: typeof Koffi, library: Koffi.LibraryHandle): EntryCalls {
  const statx = library.func("int statx(int directory, const char *name, int flags, unsigned int mask, uint8_t *to)");
  const faccessat = library.func("int faccessat(int directory, const char *name, int mode, int flags)");
  const renameat = library.func("int renameat(int directory, const char *from, int other, const char *to)");
  const status = new DataView(new ArrayBuffer(STATX.bytes));
  const statusOctets = new Uint8Array(status.buffer);
  const call = (attempt: () => number): number => {
    for (;;) {
      const result = attempt();
      if (result >= 0) return result;
      const error = koffi.errno();
      if (error !== constants.errno.EINTR) return -error;
    }
  };
  return {
    look(directory, name) {
      const failed = call(() => statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_WANTED, statusOctets));
      return failed === 0 ? new EntryStatus(status) : failed;
    },
    checkWritable: (directory, name) => call(() => faccessat(directory, name, W_OK, 0)),
    rename: (directory, from, to) => call(() => renameat(directory, from, directory, to)),
  };
}

function count64(statx: DataView, at: number): number {
  return statx.getUint32(at, true) + statx.getUint32(at + 4, true) * TWO_32;
}

/** Seconds and nanoseconds, `struct statx_timestamp`. */
function milliseconds(statx: DataView, at: number): number {
  const seconds = statx.getUint32(at, true) + statx.getInt32(at + 4, true) * TWO_32;
  return seconds * 1000 + statx.getUint32(at + 8, true) / 1e6;
}

/** As makedev(3) of the C library has it. */
function deviceNumber(major: number, minor: number): number {
  const low = ((major & 0xfff) << 8) | (minor & 0xff);
  return low + (minor >>> 8) * 0x10_0000 + (major >>> 12) * TWO_32 * 0x1000;
}
