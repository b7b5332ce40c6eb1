/**
 * Bytes out of an open file.
 *
 * @module
 */

import { closeSync, read, readSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Entry, ReadHandle, VirtualPath } from "../../contracts/store.ts";
import { beginElsewhere, endElsewhere, isIdleElsewhere } from "./elsewhere.ts";
import { asStorageError, refusal } from "./errno.ts";
import type { Pace } from "./pace.ts";

/** As much as is read in one go while the thread waits: larger pieces are no quicker, and hold others up. */
const QUICK_BYTES = 1024 * 1024;

/** Less is read sooner than another thread is woken. */
const LEAST_AHEAD_BYTES = 256 * 1024;

/** A second processor has to be there for what another thread does. */
const HAS_OTHERS: boolean = availableParallelism() > 1;

/** Reads an open file in order. */
export class FileReadHandle implements ReadHandle {
  readonly entry: Entry;
  readonly #path: VirtualPath;
  readonly #pace: Pace;
  readonly #closed: (handle: FileReadHandle) => void;
  readonly #descriptor: number;
  #at: number;
  #open = true;
  #pending: Promise<unknown> | undefined;

  constructor(
    path: VirtualPath,
    entry: Entry,
    descriptor: number,
    startBytes: number,
    pace: Pace,
    closed: (handle: FileReadHandle) => void,
  ) {
    this.entry = entry;
    this.#path = path;
    this.#descriptor = descriptor;
    this.#at = startBytes;
    this.#pace = pace;
    this.#closed = closed;
  }

  get fileDescriptor(): number | undefined {
    return this.#open ? this.#descriptor : undefined;
  }

  read(target: Uint8Array): number | Promise<number> {
    if (!this.#open) throw refusal("gone", "read the closed", this.#path);
    const startMs = this.#pace.now();
    if (!this.#pace.isQuick(startMs)) return this.#readLater(target, startMs);
    try {
      const count = readSync(this.#descriptor, target, 0, Math.min(target.length, QUICK_BYTES), this.#at);
      this.#at += count;
      return count;
    } catch (error) {
      throw asStorageError(error, "read", this.#path);
    } finally {
      this.#pace.tellQuick(startMs);
    }
  }

  /**
   * One at a time, whosever it is: further threads would take the processor from those who are sent to. While anybody
   * waits for a disk there is none, so that no quick file comes to stand behind it.
   */
  readAhead(target: Uint8Array): Promise<number> | undefined {
    if (!this.#open) throw refusal("gone", "read the closed", this.#path);
    if (!HAS_OTHERS || !isIdleElsewhere() || target.length < LEAST_AHEAD_BYTES) return undefined;
    const startMs = this.#pace.now();
    return this.#pace.isQuick(startMs) ? this.#readLater(target, startMs) : undefined;
  }

  /** Waits for a read that is under way: its descriptor's number may otherwise be another file's by then. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#pending?.catch(() => undefined);
    closeSync(this.#descriptor);
    this.#closed(this);
  }

  #readLater(target: Uint8Array, startMs: number): Promise<number> {
    beginElsewhere();
    const reading = new Promise<number>((resolve, reject) => {
      read(this.#descriptor, target, 0, target.length, this.#at, (error, count) => {
        endElsewhere();
        this.#pending = undefined;
        this.#pace.tellWaited(startMs);
        if (error !== null) return reject(asStorageError(error, "read", this.#path));
        this.#at += count;
        resolve(count);
      });
    });
    this.#pending = reading;
    return reading;
  }
}
