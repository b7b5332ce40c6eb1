/**
 * A store: where files live. Implementations are in `stores/`; the suite that each of them runs is `porthole/testing`.
 *
 * @module
 */

/** Absolute, "/"-separated; no ".", "..", empty part, NUL, CR or LF. Only `parsePath()` of `protocol/text` makes one. */
export type VirtualPath = string & { readonly __brand: "VirtualPath" };

/**
 * What a store can do beyond the basic calls. Declared, never guessed from a missing method; a call that needs an
 * undeclared feature rejects with kind `unsupported`.
 *
 * - `restart`: reads and writes may begin at an offset (REST, RFC 3659 section 5)
 * - `append`: `openWrite` with mode `append` (APPE)
 * - `set-modified`: `setModified` (MFMT)
 * - `set-mode`: `setMode` (SITE CHMOD)
 * - `free-space`: `freeBytes` (AVBL)
 * - `rename-directory`: `rename` of a directory
 */
export type StoreFeature =
  | "restart" // reads and writes may begin at an offset
  | "append"
  | "set-modified"
  | "set-mode"
  | "free-space"
  | "rename-directory";

/** A file or a directory as a listing shows it. */
export interface Entry {
  /** One path part. */
  readonly name: string;
  /** Links are shown as what they lead to; anything else (devices, sockets) is not shown. */
  readonly type: "file" | "directory";
  /** 0 for a directory. */
  readonly sizeBytes: number;
  /** Milliseconds since 1970, UTC; undefined when the store cannot tell. */
  readonly modifiedMs: number | undefined;
  /** Permission bits as of `chmod`, 0 to 0o777; undefined when the store has none. */
  readonly mode: number | undefined;
}

/**
 * An open file being read, in order from where it was opened.
 *
 * Only one `read` is under way at a time.
 */
export interface ReadHandle {
  /** Size and time of the file as it was opened. */
  readonly entry: Entry;
  /**
   * A file descriptor of this process that holds the same bytes, for sendfile(2) with explicit offsets from
   * `startBytes` on; undefined when there is none. It stays the handle's, which reads on from where it was.
   */
  readonly fileDescriptor: number | undefined;
  /**
   * Reads the next bytes into `target`, at most `target.length` of them.
   *
   * @returns how many bytes were read, 0 at the end; plain when they were at hand without waiting, else a promise. A
   * failure is thrown at once or rejects.
   */
  read(target: Uint8Array): number | Promise<number>;
  /**
   * As `read`, in another thread, for a caller who has other work meanwhile. Undefined: no thread is to spare, or that
   * would be no quicker; nothing was begun.
   */
  readonly readAhead?: ((target: Uint8Array) => Promise<number> | undefined) | undefined;
  /** Frees the file; the handle is of no use any more. */
  close(): Promise<void>;
}

/**
 * An open file being written. Until `commit()` resolves, nobody sees a new or replaced file (mode `replace`, `unique`);
 * modes `append` and `update` change the file in place.
 *
 * Only one `write` is under way at a time.
 */
export interface WriteHandle {
  /**
   * Where the file will be: differs from the asked-for path for mode `unique`, and then once more at the commit when
   * somebody took the name meanwhile.
   */
  readonly path: VirtualPath;
  /**
   * Writes the chunks in order. They belong to the handle until it is done with them.
   *
   * @returns undefined when it is done already, else a promise: that is the back-pressure. A failure is thrown at once
   * or rejects; what was asked for is then partly written, and `commit()` refuses.
   */
  write(chunks: readonly Uint8Array[]): undefined | Promise<void>;
  /**
   * Lends the open file to somebody who writes what comes next by its descriptor, in order and without a gap. It counts as
   * a `write` under way. Undefined: bytes have to be handed over.
   *
   * @param writeTo - Settles when the descriptor is used no more, with how many bytes were written; what it rejects with
   * is a failed write.
   */
  readonly lend?: ((writeTo: (file: LentFile) => Promise<number>) => Promise<void>) | undefined;
  /**
   * Opens what was written so far, from the start of the file, for a look before `commit()`. Nothing is written after
   * this call; the handle that is given must be closed before `commit()` or `abort()`.
   *
   * Rejects with kind `unsupported` where a store cannot read what is not committed.
   */
  openUncommitted(): Promise<ReadHandle>;
  /** Makes the whole file appear under its name. The handle is closed afterwards, also when this rejects. */
  commit(): Promise<Entry>;
  /** Gives up: for `replace` and `unique` no trace is left, in place what was written stays. Never rejects. */
  abort(): Promise<void>;
}

/** What {@link WriteHandle.lend} lends. */
export interface LentFile {
  readonly descriptor: number;
  /** Where the next byte goes; undefined: where the descriptor is, for write(2). */
  readonly atBytes: number | undefined;
}

/**
 * How a write treats what is there already.
 *
 * - `replace`: a new file, or in the place of the old one, whole or not at all (STOR)
 * - `unique`: a name that does not exist yet, derived from the path (STOU)
 * - `append`: at the end of what is there (APPE)
 * - `update`: from `startBytes` on, in place; what is behind stays (REST and STOR)
 */
export type WriteMode =
  | "replace" // a new file, or in the place of the old one, whole or not at all
  | "unique" // a name that does not exist yet, derived from the path
  | "append" // at the end of what is there
  | "update"; // from `startBytes` on, in place, what is behind stays (REST + STOR)

/** What a write is going to be. */
export interface WriteOptions {
  /** How it treats what is there already. */
  readonly mode: WriteMode;
  /** Where `update` begins, in bytes; beyond the end of the file is kind `unsupported`. Default 0. */
  readonly startBytes?: number;
  /** How many bytes are going to come, when known: lets a store refuse early with `no-space` or `too-large`. */
  readonly expectedBytes?: number;
}

/**
 * Where files live. Every path is a {@link VirtualPath}, parsed and normal; every failure is a rejection with a
 * {@link StorageError}. `storeContract()` of `porthole/testing` is the suite that each store passes.
 */
export interface Store {
  /** For logs and messages: `directory`, `memory`. */
  readonly name: string;
  /** What it can do beyond the basic calls. */
  readonly features: ReadonlySet<StoreFeature>;
  /** Rejects with `not-found`, never follows a link out of the store. The root always is a directory. */
  stat(path: VirtualPath): Promise<Entry>;
  /** The entries of a directory in batches, in no order, each name once; without "." and "..". */
  list(path: VirtualPath): AsyncIterable<readonly Entry[]>;
  /** `startBytes` beyond the end of the file is kind `unsupported`; at the end, there is nothing to read. */
  openRead(path: VirtualPath, startBytes: number): Promise<ReadHandle>;
  /**
   * Opens a file to be written. A directory in its place is kind `is-directory`, a parent that is missing `not-found`.
   */
  openWrite(path: VirtualPath, options: WriteOptions): Promise<WriteHandle>;
  /** Removes a file; a directory is kind `is-directory`. */
  remove(path: VirtualPath): Promise<void>;
  /** Makes one directory; anything in its place is kind `exists`, a parent that is missing `not-found`. */
  makeDirectory(path: VirtualPath): Promise<void>;
  /** Removes an empty directory; one with an unfinished upload in it is kind `busy`. The root is kind `denied`. */
  removeDirectory(path: VirtualPath): Promise<void>;
  /**
   * A file replaces an existing file at `to`; anything else that is in the way is kind `exists`. The root, and a
   * directory into itself, is kind `denied`.
   */
  rename(from: VirtualPath, to: VirtualPath): Promise<void>;
  /** Sets the time of the last change, in milliseconds since 1970, UTC. Needs the feature `set-modified`. */
  setModified(path: VirtualPath, modifiedMs: number): Promise<void>;
  /** Permission bits only, 0 to 0o777; the root is kind `denied`. */
  setMode(path: VirtualPath, mode: number): Promise<void>;
  /** Bytes that may still be written below `path`. */
  freeBytes(path: VirtualPath): Promise<number>;
  /** Ends what the store holds; further calls reject with `gone`. */
  close(): Promise<void>;
}
