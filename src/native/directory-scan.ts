/**
 * What is in an open directory, many names at a call: names are handed from one system call to the next where they lie,
 * and become text once.
 *
 * @module
 */

import { constants } from "node:os";
import type * as Koffi from "koffi";
import { type DirectoryPage, NAMES_BYTES } from "./directory-page.ts";

/**
 * Reads on in an open directory: getdents64(2) once, and lstat(2) of each name. Several threads may read the same one:
 * where it has got to is kept by the system, and each name is told once.
 *
 * @param directory - Open for reading, not with O_PATH.
 * @param mostBytes - Of the names and what the system has beside them; a whole page by default.
 * @returns how many names were read, 0 at the end, below 0 `-errno`.
 */
export type DirectoryScan = (directory: number, page: DirectoryPage, mostBytes?: number) => number;

/** The number of getdents64(2), for which older C libraries have no function. */
const GETDENTS64: Readonly<Record<string, number>> = { x64: 217, arm64: 61 };
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
/** STATX_TYPE, STATX_MODE, STATX_MTIME and STATX_SIZE. */
const STATX_WANTED = 0x1 | 0x2 | 0x40 | 0x200;
/** Offsets in `struct statx`, which is the same on every architecture. */
const STATX = { mode: 0x1c, size: 0x28, modifiedSeconds: 0x70, modifiedNanoseconds: 0x78, bytes: 0x100 };
const TWO_32 = 4_294_967_296;

/** Throws when the C library lacks one of the calls. */
export function bindDirectoryScan(koffi: typeof Koffi, library: Koffi.LibraryHandle): DirectoryScan {
  const getdents = library.func("intptr_t syscall(intptr_t number, intptr_t directory, uint8_t *to, size_t bytes)");
  const statx = library.func("int statx(int directory, uintptr_t name, int flags, unsigned int mask, uint8_t *to)");
  const number = GETDENTS64[process.arch];
  if (number === undefined) throw new Error(`the number of getdents64 is not known for ${process.arch}`);
  const statusOctets = new Uint8Array(new ArrayBuffer(STATX.bytes));
  const fields = new DataView(statusOctets.buffer);
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;

  return (directory, page, mostBytes = NAMES_BYTES) => {
    const bytes = getdents(number, directory, page.names, mostBytes);
    if (bytes < 0) {
      const error = koffi.errno();
      return error === constants.errno.ENOENT ? 0 : -error; // it was removed: its end, as for readdir(3)
    }
    const address = Number(koffi.address(page.names));
    return page.lookAtEach(bytes, (nameAt, index) => {
      if (statx(directory, address + nameAt, flags, STATX_WANTED, statusOctets) !== 0) {
        page.set(index, 0, 0, 0);
        return;
      }
      const sizeBytes = fields.getUint32(STATX.size, true) + fields.getUint32(STATX.size + 4, true) * TWO_32;
      const seconds =
        fields.getUint32(STATX.modifiedSeconds, true) + fields.getInt32(STATX.modifiedSeconds + 4, true) * TWO_32;
      const modifiedMs = seconds * 1000 + Math.floor(fields.getUint32(STATX.modifiedNanoseconds, true) / 1e6);
      page.set(index, fields.getUint16(STATX.mode, true), sizeBytes, modifiedMs);
    });
  };
}
