/**
 * Uploads as a store's write handles: whole or not at all, or in place.
 *
 * @module
 */

import {
  close,
  closeSync,
  constants,
  fstatSync,
  fsync,
  linkSync,
  lstatSync,
  openSync,
  rename,
  renameSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import { promisify } from "node:util";
import type { Entry, LentFile, ReadHandle, VirtualPath, WriteHandle } from "../../contracts/store.ts";
import { baseName, childPath, parentPath } from "../../protocol/text/path.ts";
import { uniqueName } from "../unique-name.ts";
import { fileEntry } from "./entry.ts";
import { asStorageError, errno, refusal } from "./errno.ts";
import { FileWriter } from "./file-writer.ts";
import type { Ground, PinnedDirectory } from "./ground.ts";
import type { DiskPaces } from "./pace.ts";

/** From this size on, ending an upload may write to the disk for long, and is done off the thread. */
const LARGE_BYTES = 1024 * 1024;

const renameLater = promisify(rename);
const closeLater = promisify(close);
const fsyncLater = promisify(fsync);

export interface OpenFile {
  readonly descriptor: number;
  /** `dev` of its stats. */
  readonly device: number;
}

/** An upload under way. */
export interface Upload extends OpenFile {
  /** Where it will be. */
  readonly path: VirtualPath;
  readonly directory: PinnedDirectory;
  /** The name in the directory that it will have. */
  readonly name: string;
  /** The name that it has until the commit; undefined: it is in place. */
  readonly uploadName: string | undefined;
  /** True: the name must not be taken at the commit; a further number is put behind it if it is. */
  readonly unique: boolean;
  /** Where the first byte goes; undefined: where the descriptor is. */
  readonly startBytes: number | undefined;
}

export interface UploadHost {
  readonly ground: Ground;
  /** `fsync`: a committed file outlives a power failure. `rename`: it is whole after one, or the old one. */
  readonly durability: "rename" | "fsync";
  openRead(path: VirtualPath, stats: Stats, descriptor: number): ReadHandle;
  closed(handle: FileWriteHandle): void;
  /** Uploads under way. */
  readonly uploads: number;
}

export class FileWriteHandle implements WriteHandle {
  readonly #upload: Upload;
  readonly #host: UploadHost;
  readonly #writer: FileWriter;
  #name: string;
  #open = true;
  #closed = false;

  constructor(upload: Upload, host: UploadHost, paces: DiskPaces) {
    this.#upload = upload;
    this.#host = host;
    this.#name = upload.name;
    this.#writer = new FileWriter(upload.descriptor, upload.path, upload.startBytes, paces, () => host.uploads < 2);
  }

  get path(): VirtualPath {
    return this.#name === this.#upload.name ? this.#upload.path : childPath(parentPath(this.#upload.path), this.#name);
  }

  /** True when the upload is somewhere below a host directory. */
  isBelow(hostPath: string): boolean {
    return `${this.#upload.directory.path}/`.startsWith(`${hostPath}/`);
  }

  write(chunks: readonly Uint8Array[]): undefined | Promise<void> {
    if (!this.#open) throw refusal("gone", "write the closed", this.#upload.path);
    return this.#writer.write(chunks);
  }

  async lend(writeTo: (file: LentFile) => Promise<number>): Promise<void> {
    if (!this.#open) throw refusal("gone", "write the closed", this.#upload.path);
    await this.#writer.lend(writeTo);
  }

  async openUncommitted(): Promise<ReadHandle> {
    const { directory, descriptor, name, path, uploadName } = this.#upload;
    if (!this.#open) throw refusal("gone", "read the closed", path);
    await this.#writer.settled();
    try {
      const reading = this.#host.ground.reopen(directory, uploadName ?? name, descriptor);
      return this.#host.openRead(this.path, fstatSync(reading), reading);
    } catch (error) {
      throw asStorageError(error, "read the unfinished", path);
    }
  }

  async commit(): Promise<Entry> {
    const { descriptor, directory, path, uploadName } = this.#upload;
    if (!this.#open) throw refusal("gone", "commit the closed", path);
    this.#open = false;
    try {
      await this.#writer.settled();
      if (this.#writer.failure !== undefined) throw this.#writer.failure;
      if (this.#host.durability === "fsync") await fsyncLater(descriptor);
      const stats = fstatSync(descriptor);
      if (uploadName !== undefined) this.#host.ground.confirm(directory, uploadName, stats);
      // First closed, then named: some network file systems tell only now that they could not keep it.
      await this.#closeDescriptor();
      if (uploadName !== undefined) await this.#appear(uploadName, stats.size);
      if (this.#host.durability === "fsync") await this.#syncDirectory();
      return fileEntry(baseName(this.path), stats);
    } catch (error) {
      await this.#giveUp();
      throw asStorageError(error, "finish", path);
    } finally {
      directory.release();
      this.#host.closed(this);
    }
  }

  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#writer.settled();
    await this.#giveUp();
    this.#upload.directory.release();
    this.#host.closed(this);
  }

  async #appear(uploadName: string, sizeBytes: number): Promise<void> {
    const { directory, name, unique } = this.#upload;
    const { path } = directory;
    if (unique) this.#appearUnique(`${path}/${uploadName}`, path);
    else if (sizeBytes < LARGE_BYTES) this.#host.ground.entries.rename(directory, uploadName, name);
    else await renameLater(`${path}/${uploadName}`, `${path}/${name}`);
  }

  /** Takes the name only if it is free: link(2) replaces nothing. Where there are no hard links, looks first. */
  #appearUnique(from: string, directory: string): void {
    for (let attempt = 0; ; attempt++) {
      this.#name = uniqueName(this.#upload.name, attempt);
      const to = `${directory}/${this.#name}`;
      try {
        linkSync(from, to);
        unlinkSync(from);
        return;
      } catch (error) {
        if (errno(error) === "EEXIST") continue;
        if (!["EPERM", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EMLINK"].includes(errno(error) ?? "")) throw error;
        if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) continue;
        renameSync(from, to);
        return;
      }
    }
  }

  async #syncDirectory(): Promise<void> {
    if (process.platform === "win32") return;
    const descriptor = openSync(`${this.#upload.directory.path}/.`, constants.O_RDONLY);
    try {
      await fsyncLater(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Closes, and removes what has no name yet. */
  async #giveUp(): Promise<void> {
    try {
      if (this.#upload.uploadName !== undefined) {
        unlinkSync(`${this.#upload.directory.path}/${this.#upload.uploadName}`);
      }
    } catch {
      // Gone with its directory, or a sweep's work at the next start.
    }
    await this.#closeDescriptor().catch(() => undefined);
  }

  async #closeDescriptor(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#writer.writtenBytes < LARGE_BYTES) closeSync(this.#upload.descriptor);
    else await closeLater(this.#upload.descriptor);
  }
}
