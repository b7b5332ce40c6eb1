/**
 * A file that lines are added to: the audit trail, the transfer log, a recording.
 *
 * @module
 */

import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PortholeError } from "../contracts/errors.ts";
import { LIMITS } from "../contracts/limits.ts";

/** How often is looked whether the file was moved away, by what rotates logs. */
const LOOK_MS = 1_000;

export interface LogFileOptions {
  /** Told in one sentence, at most once for each trouble. */
  readonly onTrouble: (message: string) => void;
  /** Refuse a file that is there already. Default false: it is added to. */
  readonly isNew?: boolean;
}

export class LogFile {
  readonly #path: string;
  readonly #onTrouble: (message: string) => void;
  #handle: FileHandle;
  #inode: bigint;
  #lookedMs: number = performance.now();
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #lost = 0;
  #failed = false;
  #writing: Promise<void> | undefined;

  private constructor(path: string, handle: FileHandle, inode: bigint, options: LogFileOptions) {
    this.#path = path;
    this.#handle = handle;
    this.#inode = inode;
    this.#onTrouble = options.onTrouble;
  }

  /**
   * Opens the file, made with its directory when it is not there, for its owner only (mode 600).
   *
   * Rejects with {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` when it can't be written.
   */
  static async open(path: string, options: LogFileOptions): Promise<LogFile> {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const { handle, inode } = await openToAdd(path, options.isNew === true ? "ax" : "a");
      return new LogFile(path, handle, inode, options);
    } catch (cause) {
      const { code = "unknown" } = cause as NodeJS.ErrnoException;
      throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `cannot write ${path}: ${code}`, { cause });
    }
  }

  /** Adds text, whole and in order. While the disk is slow it waits here, up to `LIMITS.logWaitingBytes`. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#queuedBytes + bytes.length > LIMITS.logWaitingBytes.value) {
      if (this.#lost++ === 0) this.#onTrouble(`${this.#path} is written too slowly: lines are lost`);
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#writing ??= this.#pump();
  }

  /** Writes what waits, and closes. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close().catch(() => {});
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = Buffer.concat(this.#queue);
      this.#queue = [];
      try {
        await this.#follow();
        await this.#handle.appendFile(batch);
        this.#failed = false;
        this.#lost = 0;
      } catch (error) {
        const { code = "unknown" } = error as NodeJS.ErrnoException;
        if (!this.#failed) this.#onTrouble(`cannot write ${this.#path}: ${code}`);
        this.#failed = true;
      }
      this.#queuedBytes -= batch.length;
    }
    this.#writing = undefined;
  }

  /** Goes on in a new file when the old one was moved away. */
  async #follow(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = now;
    const found = await stat(this.#path, { bigint: true }).catch(() => undefined);
    if (found?.ino === this.#inode) return;
    const { handle, inode } = await openToAdd(this.#path, "a");
    await this.#handle.close().catch(() => {});
    this.#handle = handle;
    this.#inode = inode;
  }
}

async function openToAdd(path: string, flags: "a" | "ax"): Promise<{ handle: FileHandle; inode: bigint }> {
  const handle = await open(path, flags, 0o600);
  return { handle, inode: (await handle.stat({ bigint: true })).ino };
}
