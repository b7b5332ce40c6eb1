/**
 * What the host's error numbers mean to a store.
 *
 * @module
 */

import { StorageError, type StorageErrorKind } from "../../contracts/errors.ts";
import type { VirtualPath } from "../../contracts/store.ts";

/** POSIX.1-2017 error numbers; what is not here is kind `failed`. */
const KINDS: Readonly<Record<string, StorageErrorKind>> = {
  ENOENT: "not-found",
  ESTALE: "not-found",
  EEXIST: "exists",
  ENOTEMPTY: "not-empty",
  EISDIR: "is-directory",
  ENOTDIR: "not-directory",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ELOOP: "denied", // a link where none is followed
  ENXIO: "denied", // a FIFO or a device
  ENOSPC: "no-space",
  EDQUOT: "over-quota",
  EFBIG: "too-large",
  ENAMETOOLONG: "bad-name",
  EILSEQ: "bad-name",
  EBUSY: "busy",
  ETXTBSY: "busy",
  EMFILE: "busy",
  ENFILE: "busy",
  ENOMEM: "busy",
  EAGAIN: "busy",
  EXDEV: "unsupported",
  ENOSYS: "unsupported",
  EOPNOTSUPP: "unsupported",
  ENOTSUP: "unsupported",
};

/** The error's number as Node names it, or undefined. */
export function errno(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** A {@link StorageError} passes; anything else becomes one, with itself as the cause. */
export function asStorageError(error: unknown, action: string, path: VirtualPath): StorageError {
  if (error instanceof StorageError) return error;
  const code = errno(error);
  const kind = (code === undefined ? undefined : KINDS[code]) ?? "failed";
  return new StorageError(kind, `cannot ${action} ${path}: ${code ?? String(error)}`, { cause: error });
}

/** A refusal of our own. */
export function refusal(kind: StorageErrorKind, action: string, path: VirtualPath): StorageError {
  return new StorageError(kind, `cannot ${action} ${path}: ${kind}`);
}
