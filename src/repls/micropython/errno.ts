/**
 * Three sets of error numbers meet on the board: Node has names, Emscripten's file system WASI's numbers, and Python
 * expects Linux's, which MicroPython's `errno` module lists.
 *
 * @module
 */

/** WASI (`wasi_snapshot_preview1`), by POSIX name. */
export const Wasi = {
  E2BIG: 1,
  EACCES: 2,
  EAGAIN: 6,
  EBADF: 8,
  EBUSY: 10,
  EEXIST: 20,
  EFAULT: 21,
  EFBIG: 22,
  EINTR: 27,
  EINVAL: 28,
  EIO: 29,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  EMLINK: 34,
  ENAMETOOLONG: 37,
  ENFILE: 41,
  ENODEV: 43,
  ENOENT: 44,
  ENOMEM: 48,
  ENOSPC: 51,
  ENOSYS: 52,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTSUP: 58,
  ENXIO: 60,
  EPERM: 63,
  EPIPE: 64,
  EROFS: 69,
  ESPIPE: 70,
  ETXTBSY: 74,
  EXDEV: 75,
} as const;

const LINUX: Readonly<Record<keyof typeof Wasi, number>> = {
  E2BIG: 7,
  EACCES: 13,
  EAGAIN: 11,
  EBADF: 9,
  EBUSY: 16,
  EEXIST: 17,
  EFAULT: 14,
  EFBIG: 27,
  EINTR: 27, // the interpreter itself compares with WASI's
  EINVAL: 22,
  EIO: 5,
  EISDIR: 21,
  ELOOP: 40,
  EMFILE: 24,
  EMLINK: 31,
  ENAMETOOLONG: 36,
  ENFILE: 23,
  ENODEV: 19,
  ENOENT: 2,
  ENOMEM: 12,
  ENOSPC: 28,
  ENOSYS: 38,
  ENOTDIR: 20,
  ENOTEMPTY: 39,
  ENOTSUP: 95,
  ENXIO: 6,
  EPERM: 1,
  EPIPE: 32,
  EROFS: 30,
  ESPIPE: 29,
  ETXTBSY: 26,
  EXDEV: 18,
};

const linuxOfWasi = new Map((Object.keys(Wasi) as (keyof typeof Wasi)[]).map((name) => [Wasi[name], LINUX[name]]));

/** An unknown number is an input/output error. */
export function linuxErrno(wasi: number): number {
  return linuxOfWasi.get(wasi as (typeof Wasi)[keyof typeof Wasi]) ?? LINUX.EIO;
}

/** WASI's number for an error of `node:fs`; an unknown one is an input/output error. */
export function wasiErrno(error: unknown): number {
  const code = (error as { readonly code?: string } | undefined)?.code ?? "";
  return Object.hasOwn(Wasi, code) ? Wasi[code as keyof typeof Wasi] : Wasi.EIO;
}
