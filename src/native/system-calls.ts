/**
 * What is called, and how its C signature is told to koffi.
 *
 * @module
 */

import type * as Koffi from "koffi";

/** What lstat(2) tells, without Node's objects for it. */
export interface FileStatus {
  /** Type and permission bits, `st_mode`. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, rounded down. */
  readonly modifiedMs: number;
}

export interface SystemCalls {
  /**
   * sendfile(2): file to socket inside the kernel. It never waits for the socket, which Node has made non-blocking; it
   * waits for the disk where the file is not in memory, so ask `isCached` first.
   *
   * @returns how many bytes were sent, 0 at the end of the file; negative: `-errno`.
   */
  sendFile(socket: number, file: number, offsetBytes: number, countBytes: number): number;
  /** Whether the first and last byte of a range are in memory; false also where the file system can't tell. */
  isCached(file: number, offsetBytes: number, countBytes: number): boolean;
  /**
   * lstat(2) of a name in an open directory, which may be opened with O_PATH.
   *
   * @returns the same object at each call; undefined when there is nothing of the name, or it can't be looked at.
   */
  statIn(directory: number, name: string): FileStatus | undefined;
}

const RWF_NOWAIT = 8;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
/** STATX_TYPE, STATX_MODE, STATX_MTIME and STATX_SIZE. */
const STATX_WANTED = 0x1 | 0x2 | 0x40 | 0x200;
/** Offsets in `struct statx`, which is the same on every architecture. */
const STATX = { mode: 0x1c, size: 0x28, modifiedSeconds: 0x70, modifiedNanoseconds: 0x78, bytes: 0x100 };
const TWO_32 = 4_294_967_296;

/** Throws when the C library lacks one of the calls. */
export function bindSystemCalls(koffi: typeof Koffi): SystemCalls {
  const library = koffi.load(null);
  const sendfile = library.func("intptr_t sendfile(int out, int in, uint8_t *offset, size_t count)");
  const preadv2 = library.func("intptr_t preadv2(int file, uint8_t *vector, int count, int64_t offset, int flags)");
  const statx = library.func("int statx(int directory, const char *name, int flags, unsigned int mask, uint8_t *to)");

  const offset = new DataView(new ArrayBuffer(8));
  const offsetBytes = new Uint8Array(offset.buffer);
  const octet = new Uint8Array(new ArrayBuffer(64)); // such memory is never moved
  // struct iovec: where, and how many bytes. The address holds as long as the buffer, which this closure keeps.
  const vector = new Uint8Array(new BigUint64Array([koffi.address(octet), 1n]).buffer);
  const status = new DataView(new ArrayBuffer(STATX.bytes));
  const statusBytes = new Uint8Array(status.buffer);
  const answer = { mode: 0, sizeBytes: 0, modifiedMs: 0 };

  const hasByte = (file: number, at: number): boolean => preadv2(file, vector, 1, at, RWF_NOWAIT) >= 0;
  const calls: SystemCalls = {
    sendFile(socket, file, from, count) {
      offset.setUint32(0, from % TWO_32, true);
      offset.setUint32(4, Math.floor(from / TWO_32), true);
      const sent: number = sendfile(socket, file, offsetBytes, count);
      return sent < 0 ? -koffi.errno() : sent;
    },
    isCached: (file, from, count) => hasByte(file, from) && (count < 2 || hasByte(file, from + count - 1)),
    statIn(directory, name) {
      const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
      if (statx(directory, name, flags, STATX_WANTED, statusBytes) !== 0) return undefined;
      answer.mode = status.getUint16(STATX.mode, true);
      answer.sizeBytes = status.getUint32(STATX.size, true) + status.getUint32(STATX.size + 4, true) * TWO_32;
      const seconds =
        status.getUint32(STATX.modifiedSeconds, true) + status.getInt32(STATX.modifiedSeconds + 4, true) * TWO_32;
      answer.modifiedMs = seconds * 1000 + Math.floor(status.getUint32(STATX.modifiedNanoseconds, true) / 1e6);
      return answer;
    },
  };
  return calls;
}
