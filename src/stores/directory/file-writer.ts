/**
 * Bytes into an open file.
 *
 * @module
 */

import { writeSync, writev, writevSync } from "node:fs";
import type { StorageError } from "../../contracts/errors.ts";
import type { LentFile, VirtualPath } from "../../contracts/store.ts";
import { beginElsewhere, endElsewhere } from "./elsewhere.ts";
import { asStorageError, refusal } from "./errno.ts";
import type { DiskPaces, Pace } from "./pace.ts";

/** So much of each file is written while the thread waits: a small file then costs no trip to another thread. */
const QUICK_BYTES = 65_536;
/** A batch of a larger file is written so too while no other upload is under way, for whom a thread of its own pays. */
const QUICK_BATCH_BYTES = 1024 * 1024;

/** Writes chunks in order, all of each or an error. */
export class FileWriter {
  readonly #descriptor: number;
  readonly #path: VirtualPath;
  readonly #paces: DiskPaces;
  readonly #alone: () => boolean;
  #at: number | undefined;
  #written = 0;
  #pending: Promise<void> | undefined;
  #failure: StorageError | undefined;

  /**
   * @param startBytes - where to write; undefined: where the descriptor is, at the end for O_APPEND.
   * @param alone - true while no other upload is under way.
   */
  constructor(
    descriptor: number,
    path: VirtualPath,
    startBytes: number | undefined,
    paces: DiskPaces,
    alone: () => boolean,
  ) {
    this.#descriptor = descriptor;
    this.#path = path;
    this.#at = startBytes;
    this.#paces = paces;
    this.#alone = alone;
  }

  /** The first write that failed: what is in the file is not whole. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  get writtenBytes(): number {
    return this.#written;
  }

  write(chunks: readonly Uint8Array[]): undefined | Promise<void> {
    let total = 0;
    for (const chunk of chunks) total += chunk.length;
    if (total === 0) return undefined;
    const small = this.#written + total <= QUICK_BYTES;
    const pace = small ? this.#paces.write : this.#paces.writeBatch;
    if (small || (total <= QUICK_BATCH_BYTES && this.#alone())) {
      const startMs = pace.now();
      if (pace.isQuick(startMs)) return this.#writeNow(chunks, total, pace, startMs);
    }
    const writing = this.#writeLater(chunks, total, pace);
    this.#pending = writing;
    return writing;
  }

  /** Has somebody else write what comes next, who tells how many bytes that were. */
  lend(writeTo: (file: LentFile) => Promise<number>): Promise<void> {
    const writing = writeTo({ descriptor: this.#descriptor, atBytes: this.#at }).then(
      (count) => {
        if (count > 0) this.#advance(count);
      },
      (error: unknown) => {
        throw this.#fail(error);
      },
    );
    this.#pending = writing;
    return writing;
  }

  /** Resolves when no write is under way, whatever came of it. */
  async settled(): Promise<void> {
    await this.#pending?.catch(() => undefined);
  }

  #writeNow(chunks: readonly Uint8Array[], total: number, pace: Pace, startMs: number): undefined {
    let rest = chunks;
    let left = total;
    try {
      while (left > 0) {
        const count = writeNow(this.#descriptor, rest, this.#at);
        left -= this.#advance(count);
        if (left > 0) rest = behind(rest, count);
      }
    } catch (error) {
      throw this.#fail(error);
    } finally {
      pace.tellQuick(startMs);
    }
    return undefined;
  }

  async #writeLater(chunks: readonly Uint8Array[], total: number, pace: Pace): Promise<void> {
    let rest = chunks;
    let left = total;
    while (left > 0) {
      const startMs = pace.now();
      const count = await writeOnce(this.#descriptor, rest, this.#at).catch((error: unknown) => {
        throw this.#fail(error);
      });
      // A larger write says nothing of how quick one would be that is made at once.
      if (count <= (pace === this.#paces.write ? QUICK_BYTES : QUICK_BATCH_BYTES)) pace.tellWaited(startMs);
      left -= this.#advance(count);
      if (left > 0) rest = behind(rest, count);
    }
  }

  #fail(error: unknown): StorageError {
    this.#failure ??= asStorageError(error, "write", this.#path);
    return this.#failure;
  }

  #advance(count: number): number {
    if (count === 0) throw this.#fail(refusal("no-space", "write", this.#path));
    if (this.#at !== undefined) this.#at += count;
    this.#written += count;
    return count;
  }
}

function writeNow(descriptor: number, chunks: readonly Uint8Array[], at: number | undefined): number {
  const [only] = chunks;
  if (chunks.length > 1 || only === undefined) return writevSync(descriptor, chunks, at);
  return writeSync(descriptor, only, 0, only.length, at);
}

function writeOnce(descriptor: number, chunks: readonly Uint8Array[], at: number | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, count: number): void => {
      endElsewhere();
      if (error === null) resolve(count);
      else reject(error);
    };
    beginElsewhere();
    if (at === undefined) writev(descriptor, chunks, done);
    else writev(descriptor, chunks, at, done);
  });
}

/** What is left of the chunks behind their first `count` bytes. */
function behind(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = count;
  for (const chunk of chunks) {
    if (skip < chunk.length) rest.push(skip === 0 ? chunk : chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return rest;
}
