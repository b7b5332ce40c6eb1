/**
 * A store in a directory of the host.
 *
 * @module
 */

import {
  closeSync,
  constants,
  fstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  type Stats,
  statfsSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { resolve } from "node:path";
import { PortholeError } from "../contracts/errors.ts";
import type {
  Entry,
  ReadHandle,
  Store,
  StoreFeature,
  VirtualPath,
  WriteHandle,
  WriteOptions,
} from "../contracts/store.ts";
import { accelerator } from "../native/accelerator.ts";
import { baseName, ROOT_PATH } from "../protocol/text/path.ts";
import { Confinement, type Place } from "./directory/confine.ts";
import { entryOf, fileEntry } from "./directory/entry.ts";
import { asStorageError, errno, refusal } from "./directory/errno.ts";
import { checkedGround, createGround } from "./directory/ground.ts";
import { listDirectory } from "./directory/list.ts";
import { Paces } from "./directory/pace.ts";
import { FileReadHandle } from "./directory/read-handle.ts";
import { sweepDirectory, sweepTree } from "./directory/sweep.ts";
import { openUpload } from "./directory/upload.ts";
import { isUploadName } from "./directory/upload-name.ts";
import { FileWriteHandle, type UploadHost } from "./directory/write-handle.ts";

/** Which directory, and how uploads and links are treated. */
export interface DirectoryStoreOptions {
  /** A directory that is there; its own path may go through links. */
  readonly root: string;
  /** True: every call that would change something is refused with `denied`. Default false. */
  readonly readOnly?: boolean;
  /**
   * `whole` (default): an upload is written beside its target under a hidden name and renamed into place by its
   * commit. A connection, process or machine that breaks before leaves the old file, or none; left-overs of a killed
   * process are removed at the next start. The new file keeps the permissions of the one it replaces, and its owner
   * where the process may set it, but not its hard links, extended attributes and access lists.
   *
   * `in-place`: an upload is seen as it grows, and what was written of a broken one stays for a client that resumes.
   */
  readonly uploads?: "whole" | "in-place";
  /**
   * `rename` (default): after a power failure a name has the old file or the new one, as far as the file system keeps
   * the order of a write and a rename (ext4, btrfs and xfs do for replaced files). `fsync`: a committed upload
   * is on the disk, with its name, before the client is told so; slow.
   */
  readonly durability?: "rename" | "fsync";
  /**
   * How the root is kept: `auto` (default) holds directories by descriptor where the host allows it (Linux with
   * /proc); then nothing that others do to the tree meanwhile can lead out. `checked` is what other hosts have: paths
   * are looked at before and after, which somebody who can write into the tree on the host itself may outrun.
   */
  readonly confinement?: "auto" | "checked";
  /** Uses the accelerator where there is one; all is the same without, only slower. Default true. */
  readonly accelerator?: boolean;
}

/** A store in a directory of the host. */
export interface DirectoryStore extends Store {
  /** The absolute host path. */
  readonly root: string;
  /** Settles when the left-overs of earlier processes are gone, with their number; never rejects. */
  readonly swept: Promise<number>;
}

/**
 * Opens a directory of the host as a store.
 *
 * No path and no link leads out of it; links that stay below the root work. Devices, FIFOs and sockets are never
 * opened. Reading, and writing larger files, doesn't hold the thread up when the disk is slow; other calls are short
 * and synchronous.
 *
 * @throws {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` when the root is not a directory.
 */
export function createDirectoryStore(options: DirectoryStoreOptions): DirectoryStore {
  return new HostDirectoryStore(options);
}

const { O_RDONLY } = constants;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

class HostDirectoryStore implements DirectoryStore {
  readonly name: string;
  readonly root: string;
  readonly features: ReadonlySet<StoreFeature>;
  readonly swept: Promise<number>;
  readonly #readOnly: boolean;
  readonly #uploads: "whole" | "in-place";
  readonly #confinement: Confinement;
  readonly #paces = new Paces();
  readonly #uploadHost: UploadHost;
  readonly #reserved = new Set<string>();
  readonly #reading = new Set<FileReadHandle>();
  readonly #writing = new Set<FileWriteHandle>();
  readonly #closing = new AbortController();
  readonly #accelerates: boolean;

  constructor(options: DirectoryStoreOptions) {
    this.root = resolve(options.root);
    this.name = `directory ${this.root}`;
    wantDirectory(this.root);
    this.#readOnly = options.readOnly ?? false;
    this.#uploads = options.uploads ?? "whole";
    this.#accelerates = options.accelerator ?? true;
    const calls = () => (this.#accelerates ? accelerator().calls?.entries : undefined);
    const ground = options.confinement === "checked" ? checkedGround(this.root) : createGround(this.root, calls);
    this.#confinement = new Confinement(this.root, ground);
    this.features = featuresOf(this.#readOnly);
    const writing = this.#writing;
    this.#uploadHost = {
      ground,
      get uploads() {
        return writing.size;
      },
      durability: options.durability ?? "rename",
      openRead: (path, stats, descriptor) => this.#readHandle(path, stats, descriptor, 0),
      closed: (handle) => this.#writing.delete(handle),
    };
    this.swept = this.#readOnly ? Promise.resolve(0) : sweepTree(this.#confinement, this.#closing.signal);
  }

  async stat(path: VirtualPath): Promise<Entry> {
    return this.#at("look at", path, "follow", (place) => {
      if (place.stats === undefined) throw refusal("not-found", "look at", path);
      return entryOf(baseName(path), place.stats) ?? deny("look at", path);
    });
  }

  async *list(path: VirtualPath): AsyncGenerator<readonly Entry[], void, undefined> {
    this.#wantOpen("list", path);
    try {
      for await (const batch of listDirectory(
        this.#confinement,
        path,
        this.#accelerates ? accelerator().calls : undefined,
      )) {
        yield batch;
        this.#wantOpen("list", path);
      }
    } catch (error) {
      throw asStorageError(error, "list", path);
    }
  }

  async openRead(path: VirtualPath, startBytes: number): Promise<ReadHandle> {
    return this.#at("read", path, "follow", (place) => {
      wantFile("read", path, place);
      const descriptor = openSync(place.path, O_RDONLY | NO_FOLLOW | NO_WAIT);
      try {
        const stats = fstatSync(descriptor);
        if (!stats.isFile()) throw refusal("denied", "read", path);
        this.#confinement.ground.confirm(place.directory, place.name, stats);
        if (startBytes > stats.size) throw refusal("unsupported", "read beyond the end of", path);
        return this.#readHandle(path, stats, descriptor, startBytes);
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    });
  }

  async openWrite(path: VirtualPath, options: WriteOptions): Promise<WriteHandle> {
    const action = "write";
    this.#wantNew(action, path);
    if (path === ROOT_PATH) throw refusal("is-directory", action, path);
    try {
      const place = this.#confinement.locate(path, options.mode === "unique" ? "keep" : "follow");
      try {
        const policy = { ground: this.#confinement.ground, uploads: this.#uploads, reserved: this.#reserved };
        const upload = openUpload(place, path, options, policy);
        const paces = this.#paces.of(upload.device);
        const handle = new FileWriteHandle(upload, this.#uploadHost, paces);
        this.#writing.add(handle);
        return handle;
      } catch (error) {
        place.directory.release();
        throw error;
      }
    } catch (error) {
      throw asStorageError(error, action, path);
    }
  }

  /** A link is removed itself, wherever it leads. */
  async remove(path: VirtualPath): Promise<void> {
    const action = "remove";
    this.#wantWritable(action, path);
    this.#at(action, path, "keep", (place) => {
      if (!place.stats?.isSymbolicLink()) wantFile(action, path, place);
      unlinkSync(place.path);
    });
  }

  async makeDirectory(path: VirtualPath): Promise<void> {
    this.#wantNew("make", path);
    this.#at("make", path, "keep", (place) => {
      if (place.stats !== undefined) throw refusal("exists", "make", path);
      mkdirSync(place.path);
    });
  }

  async removeDirectory(path: VirtualPath): Promise<void> {
    const action = "remove";
    this.#wantWritable(action, path);
    if (path === ROOT_PATH) throw refusal("denied", action, path);
    this.#at(action, path, "keep", (place) => {
      try {
        rmdirSync(place.path);
      } catch (error) {
        if (errno(error) !== "ENOTEMPTY" && errno(error) !== "EEXIST") throw error;
        this.#wantEmpty(path, place);
        rmdirSync(place.path);
      }
    });
  }

  async rename(from: VirtualPath, to: VirtualPath): Promise<void> {
    const action = "rename";
    this.#wantNew(action, to);
    if (from === ROOT_PATH || to === ROOT_PATH) throw refusal("denied", action, from);
    this.#at(action, from, "keep", (source) => {
      if (source.stats === undefined) throw refusal("not-found", action, from);
      const isDirectory = source.stats.isDirectory();
      if (!isDirectory && !source.stats.isFile() && !source.stats.isSymbolicLink()) deny(action, from);
      if (isDirectory && to.startsWith(`${from}/`)) throw refusal("denied", "rename into itself", from);
      if (this.#isHeldByName(source)) throw refusal("busy", action, from);
      this.#at(action, to, "keep", (target) => renamePlace(source, target, from, to));
    });
  }

  async setModified(path: VirtualPath, modifiedMs: number): Promise<void> {
    const action = "set the time of";
    this.#wantWritable(action, path);
    this.#at(action, path, "follow", (place) => {
      const stats = wantShown(action, path, place);
      // Node keeps microseconds and cuts: a millisecond that a double can't tell exactly must not become the one before.
      const seconds = modifiedMs % 1000 === 0 ? modifiedMs / 1000 : (modifiedMs + 0.005) / 1000;
      lutimesSync(place.path, stats.atimeMs / 1000, seconds);
    });
  }

  async setMode(path: VirtualPath, mode: number): Promise<void> {
    const action = "set the mode of";
    this.#wantWritable(action, path);
    if (path === ROOT_PATH) throw refusal("denied", action, path);
    this.#at(action, path, "follow", (place) => {
      const stats = wantShown(action, path, place);
      // What the program gave a directory beyond permissions stays; a file is never made set-user-ID.
      const kept = stats.isDirectory() ? stats.mode & 0o7000 : 0;
      this.#confinement.ground.setMode(place.directory, place.name, kept | (mode & 0o777));
    });
  }

  async freeBytes(path: VirtualPath): Promise<number> {
    return this.#at("measure", path, "follow", (place) => {
      if (this.#readOnly) throw refusal("unsupported", "measure", path);
      const stats = wantShown("measure", path, place);
      const { bavail, bsize } = statfsSync(stats.isDirectory() ? `${place.path}/.` : `${place.directory.path}/.`);
      return bavail * bsize;
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#reading].map((handle) => handle.close()));
    await Promise.all([...this.#writing].map((handle) => handle.abort()));
    await this.swept;
  }

  /** Calls `use` with the place of a path, which is let go afterwards; what it throws becomes a StorageError. */
  #at<T>(action: string, path: VirtualPath, last: "follow" | "keep", use: (place: Place) => T): T {
    this.#wantOpen(action, path);
    try {
      const place = this.#confinement.locate(path, last);
      try {
        return use(place);
      } finally {
        place.directory.release();
      }
    } catch (error) {
      throw asStorageError(error, action, path);
    }
  }

  #readHandle(path: VirtualPath, stats: Stats, descriptor: number, startBytes: number): ReadHandle {
    const entry = fileEntry(baseName(path), stats);
    const pace = this.#paces.of(stats.dev).read;
    const closed = (handle: FileReadHandle) => this.#reading.delete(handle);
    const handle = new FileReadHandle(path, entry, descriptor, startBytes, pace, closed);
    this.#reading.add(handle);
    return handle;
  }

  #wantOpen(action: string, path: VirtualPath): void {
    if (this.#closing.signal.aborted) throw refusal("gone", action, path);
  }

  #wantWritable(action: string, path: VirtualPath): void {
    this.#wantOpen(action, path);
    if (this.#readOnly) throw refusal("denied", action, path);
  }

  /** For a name that is going to be given: those of unfinished uploads are not for others. */
  #wantNew(action: string, path: VirtualPath): void {
    this.#wantWritable(action, path);
    if (isUploadName(baseName(path))) throw refusal("bad-name", action, path);
  }

  /** True for a directory that an unfinished upload would not find again under another name. */
  #isHeldByName(place: Place): boolean {
    if (this.#confinement.ground.kind === "anchored" || !place.stats?.isDirectory()) return false;
    return [...this.#writing].some((handle) => handle.isBelow(place.path));
  }

  /** Removes left-overs that nobody can see from a directory; throws when there is more in it. */
  #wantEmpty(path: VirtualPath, place: Place): void {
    const directory = this.#confinement.ground.child(place.directory, place.name);
    if (directory === undefined) throw refusal("not-directory", "remove", path);
    try {
      const found = sweepDirectory(directory);
      if (found === "entries") throw refusal("not-empty", "remove", path);
      if (found === "uploads") throw refusal("busy", "remove", path);
    } finally {
      directory.release();
    }
  }
}

function renamePlace(source: Place, target: Place, from: VirtualPath, to: VirtualPath): void {
  const inTheWay = target.stats;
  if (inTheWay !== undefined && inTheWay.ino === source.stats?.ino && inTheWay.dev === source.stats.dev) {
    // The same file under two names, or one name in other case: the host decides.
    renameSync(source.path, target.path);
    return;
  }
  const replaceable = inTheWay === undefined || inTheWay.isFile() || inTheWay.isSymbolicLink();
  if (!replaceable || (inTheWay !== undefined && source.stats?.isDirectory())) throw refusal("exists", "rename to", to);
  try {
    renameSync(source.path, target.path);
  } catch (error) {
    if (errno(error) === "EINVAL") throw refusal("denied", "rename into itself", from);
    throw error;
  }
}

/** The stats of a file; anything else is refused. */
function wantFile(action: string, path: VirtualPath, place: Place): void {
  if (place.stats === undefined) throw refusal("not-found", action, path);
  if (place.stats.isDirectory()) throw refusal("is-directory", action, path);
  if (!place.stats.isFile()) deny(action, path);
}

/** The stats of a file or a directory. */
function wantShown(action: string, path: VirtualPath, place: Place): NonNullable<Place["stats"]> {
  if (place.stats === undefined) throw refusal("not-found", action, path);
  if (!place.stats.isFile() && !place.stats.isDirectory()) deny(action, path);
  return place.stats;
}

function deny(action: string, path: VirtualPath): never {
  throw refusal("denied", action, path);
}

function wantDirectory(root: string): void {
  let found: string;
  try {
    if (statSync(root).isDirectory()) return;
    found = "it is not a directory";
  } catch (error) {
    found = errno(error) ?? String(error);
  }
  throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `cannot serve ${root}: ${found}; pass a directory that is there`);
}

function featuresOf(readOnly: boolean): ReadonlySet<StoreFeature> {
  const features = new Set<StoreFeature>(["restart"]);
  if (readOnly) return features;
  for (const feature of ["append", "set-modified", "free-space", "rename-directory"] as const) features.add(feature);
  if (process.platform !== "win32") features.add("set-mode");
  return features;
}
