/**
 * Reads a directory with the accelerator: page by page, a large one together with another thread, and a slow one in the
 * other thread alone.
 *
 * @module
 */

import { closeSync, constants, openSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import { DirectoryPage, type FileStatus, NAMES_BYTES } from "../../../native/directory-page.ts";
import type { SystemCalls } from "../../../native/system-calls.ts";
import { runningScanningThread, type ScanOutcome, scanningThread, withdraw } from "./scanning-thread.ts";

/** A directory with more names is large: the other thread is made for it. */
const MANY_NAMES = 2_000;
/** A directory with more is read together with the other thread when that is there. */
const SOME_NAMES = 400;
/** A page usually takes about one. */
const SLOW_MS = 20;
/** The first names are few, some 30: they show whether the disk is slow. */
const FIRST_BYTES = 1024;
/** One that the other thread reads, and one that it reads next. */
const MOST_ORDERS = 2;

export class DirectoryScanner {
  readonly #directory: number;
  readonly #calls: SystemCalls;
  readonly #own = new DirectoryPage();
  #names = 0;
  #isSlow = false;
  /** Nothing is left to be read. */
  #ended = false;
  #closed = false;
  #failure: Error | undefined;
  /** Pages that the other thread has read. */
  readonly #come: { readonly page: DirectoryPage; readonly count: number }[] = [];
  readonly #orders = new Set<DirectoryPage>();
  /** Is called when the other thread has told something. */
  #wake: () => void = () => undefined;

  constructor(path: string, calls: SystemCalls) {
    this.#directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    this.#calls = calls;
  }

  /**
   * Reads some more.
   *
   * @param found - As of `DirectoryPage.forEach`.
   * @returns false at the end. Rejects when the directory can't be read.
   */
  async next(found: (name: string, status: FileStatus) => void): Promise<boolean> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const come = this.#come.shift();
      if (come !== undefined) {
        come.page.forEach(come.count, found);
        this.#order(come.page);
        return true;
      }
      if (!this.#ended && !(this.#isSlow && (await this.#leaveToOther()))) {
        const count = this.#read();
        if (count === 0) continue;
        this.#own.forEach(count, found);
        return true;
      }
      if (this.#orders.size === 0) return false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Pages that the other thread has begun with are waited for before the descriptor is closed. */
  close(): void {
    this.#closed = true;
    this.#end();
    if (this.#orders.size === 0) closeSync(this.#directory);
  }

  #read(): number {
    const began = performance.now();
    const mostBytes = this.#names === 0 ? FIRST_BYTES : NAMES_BYTES;
    const count = this.#calls.scanDirectory(this.#directory, this.#own, mostBytes);
    this.#isSlow = performance.now() - began > SLOW_MS;
    this.#count(count);
    if (count > 0) {
      if (this.#names > MANY_NAMES) scanningThread();
      if (this.#names > SOME_NAMES) while (this.#orders.size < MOST_ORDERS && this.#order(new DirectoryPage()));
    }
    return this.#failure === undefined ? count : 0;
  }

  #count(count: number): void {
    if (count > 0) this.#names += count;
    else this.#end();
    if (count < 0) {
      const code = getSystemErrorName(count);
      this.#failure ??= Object.assign(new Error(`${code}: getdents64`), { code });
    }
  }

  /** Has the other thread read a page; false: it is not there. */
  #order(page: DirectoryPage): boolean {
    const thread = this.#ended ? undefined : runningScanningThread();
    if (thread === undefined) return false;
    thread.order(this.#directory, page, (outcome) => this.#told(page, outcome));
    this.#orders.add(page);
    return true;
  }

  /** True: the other thread is at it. */
  async #leaveToOther(): Promise<boolean> {
    await scanningThread()?.begun;
    while (this.#orders.size < MOST_ORDERS && this.#order(new DirectoryPage()));
    return this.#orders.size > 0;
  }

  #told(page: DirectoryPage, outcome: ScanOutcome): void {
    this.#orders.delete(page);
    if (this.#closed) {
      if (this.#orders.size === 0) closeSync(this.#directory);
      return;
    }
    if (outcome instanceof Error) {
      this.#failure ??= outcome;
    } else if (outcome !== undefined) {
      this.#count(outcome);
      if (outcome > 0) this.#come.push({ page, count: outcome });
    }
    this.#wake();
  }

  #end(): void {
    this.#ended = true;
    for (const page of this.#orders) if (withdraw(page)) this.#orders.delete(page);
  }
}
