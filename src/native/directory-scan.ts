/**
 * What is in an open directory, many names at a call: names are handed from one system call to the next where they lie,
 * and become text once.
 *
 * @module
 */

import { constants } from "node:os";
import type * as Koffi from "koffi";

/** What lstat(2) tells, without Node's objects for it. */
export interface FileStatus {
  /** Type and permission bits, `st_mode`. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, rounded down. */
  readonly modifiedMs: number;
}

/**
 * Reads on in an open directory: getdents64(2) once, and lstat(2) of each name. Names that are not UTF-8, "." and "..",
 * and what is gone or can't be looked at are left out.
 *
 * @param directory - Open for reading, not with O_PATH.
 * @param found - Is told each name that is there; the status is the same object at each call.
 * @returns how many names were read, 0 at the end, below 0 `-errno`.
 */
export type DirectoryScan = (directory: number, found: (name: string, status: FileStatus) => void) => number;

/** Some 250 short names: about a millisecond's work. */
const NAMES_BYTES = 8192;

/** The number of getdents64(2), for which older C libraries have no function. */
const GETDENTS64: Readonly<Record<string, number>> = { x64: 217, arm64: 61 };
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
/** STATX_TYPE, STATX_MODE, STATX_MTIME and STATX_SIZE. */
const STATX_WANTED = 0x1 | 0x2 | 0x40 | 0x200;
/** Offsets in `struct statx`, which is the same on every architecture. */
const STATX = { mode: 0x1c, size: 0x28, modifiedSeconds: 0x70, modifiedNanoseconds: 0x78, bytes: 0x100 };
/** Offsets in `struct linux_dirent64`; the name ends with NUL. */
const RECORD = { bytes: 16, name: 19 };
const DOT = 46;
const TWO_32 = 4_294_967_296;

/** Throws when the C library lacks one of the calls. */
export function bindDirectoryScan(koffi: typeof Koffi, library: Koffi.LibraryHandle): DirectoryScan {
  const getdents = library.func("intptr_t syscall(intptr_t number, intptr_t directory, uint8_t *to, size_t bytes)");
  const statx = library.func("int statx(int directory, uintptr_t name, int flags, unsigned int mask, uint8_t *to)");
  const number = GETDENTS64[process.arch];
  if (number === undefined) throw new Error(`the number of getdents64 is not known for ${process.arch}`);

  // Memory of an ArrayBuffer is never moved, and this one lives as long as the function below. What is read is used up
  // before others have their turn, so one buffer is enough for all directories.
  const names = Buffer.from(new ArrayBuffer(NAMES_BYTES));
  const records = new DataView(names.buffer);
  const address = Number(koffi.address(names));
  const statusOctets = new Uint8Array(new ArrayBuffer(STATX.bytes));
  const fields = new DataView(statusOctets.buffer);
  const status = { mode: 0, sizeBytes: 0, modifiedMs: 0 };

  const look = (directory: number, at: number): boolean => {
    const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (statx(directory, address + at, flags, STATX_WANTED, statusOctets) !== 0) return false;
    status.mode = fields.getUint16(STATX.mode, true);
    status.sizeBytes = fields.getUint32(STATX.size, true) + fields.getUint32(STATX.size + 4, true) * TWO_32;
    const seconds =
      fields.getUint32(STATX.modifiedSeconds, true) + fields.getInt32(STATX.modifiedSeconds + 4, true) * TWO_32;
    status.modifiedMs = seconds * 1000 + Math.floor(fields.getUint32(STATX.modifiedNanoseconds, true) / 1e6);
    return true;
  };

  return (directory, found) => {
    const bytes = getdents(number, directory, names, NAMES_BYTES);
    if (bytes < 0) {
      const error = koffi.errno();
      return error === constants.errno.ENOENT ? 0 : -error; // it was removed: its end, as for readdir(3)
    }
    let count = 0;
    for (let record = 0; record < bytes; record += records.getUint16(record + RECORD.bytes, true)) {
      count++;
      const start = record + RECORD.name;
      const name = readName(names, start);
      if (name !== undefined && look(directory, start)) found(name, status);
    }
    return count;
  };
}

/** The name at `start`; undefined for "." and "..", and for octets that are not UTF-8. */
function readName(names: Buffer, start: number): string | undefined {
  let ascii = true;
  let end = start;
  for (; names[end] !== 0; end++) if ((names[end] as number) > 127) ascii = false;
  if (ascii) {
    const dots = names[start] === DOT && (end === start + 1 || (end === start + 2 && names[start + 1] === DOT));
    return dots ? undefined : names.toString("latin1", start, end);
  }
  const name = names.toString("utf8", start, end);
  return name.includes("\uFFFD") && !Buffer.from(name).equals(names.subarray(start, end)) ? undefined : name;
}
