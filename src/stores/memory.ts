/**
 * A store in memory, for tests and throw-away servers.
 *
 * @module
 */

import { PortholeError, StorageError, type StorageErrorKind } from "../contracts/errors.ts";
import type {
  Entry,
  ReadHandle,
  Store,
  StoreFeature,
  VirtualPath,
  WriteHandle,
  WriteOptions,
} from "../contracts/store.ts";
import { baseName, childPath, parentPath, pathParts } from "../protocol/text/path.ts";
import { Content, type Usage } from "./memory/content.ts";
import { uniqueName } from "./unique-name.ts";

/** How much it may hold. */
export interface MemoryStoreOptions {
  /** Bytes in all files together, unfinished uploads counted; more is refused with `no-space`. Default 64 MiB. */
  readonly capBytes?: number;
  /** Files and directories together; more is refused with `no-space`. Default 100,000. */
  readonly capEntries?: number;
  /** The clock for modification times, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

interface FileNode {
  readonly type: "file";
  content: Content;
  modifiedMs: number;
  mode: number;
}

interface DirectoryNode {
  readonly type: "directory";
  readonly children: Map<string, Node>;
  /** Names that unfinished `unique` uploads are going to take. */
  readonly reserved: Set<string>;
  /** Unfinished uploads, for which the directory has to stay. */
  uploads: number;
  modifiedMs: number;
  mode: number;
}

type Node = FileNode | DirectoryNode;

const LIST_BATCH = 256;

const FEATURES: readonly StoreFeature[] = [
  "restart",
  "append",
  "set-modified",
  "set-mode",
  "free-space",
  "rename-directory",
];

/**
 * Creates an empty store in memory.
 *
 * Uploads appear whole at their commit. A reader keeps the file as it was when another takes its place; `append` and
 * `update` are seen by readers as they are written.
 *
 * @throws {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` for a cap that is no whole number of at least 0.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options);
}

class MemoryStore implements Store {
  readonly name: string = "memory";
  readonly features: ReadonlySet<StoreFeature> = new Set(FEATURES);
  readonly #now: () => number;
  readonly #usage: Usage;
  readonly #capEntries: number;
  #entries = 0;
  #root: DirectoryNode | undefined;

  constructor(options: MemoryStoreOptions) {
    this.#now = options.now ?? Date.now;
    this.#usage = { usedBytes: 0, capBytes: wholeNumber("capBytes", options.capBytes ?? 64 * 1024 * 1024) };
    this.#capEntries = wholeNumber("capEntries", options.capEntries ?? 100_000);
    this.#root = this.#newDirectory();
  }

  async stat(path: VirtualPath): Promise<Entry> {
    return entryOf(baseName(path), this.#find(path));
  }

  async *list(path: VirtualPath): AsyncGenerator<readonly Entry[], void, undefined> {
    const directory = this.#findDirectory(path);
    const entries = [...directory.children].map(([name, node]) => entryOf(name, node));
    for (let at = 0; at < entries.length; at += LIST_BATCH) yield entries.slice(at, at + LIST_BATCH);
  }

  async openRead(path: VirtualPath, startBytes: number): Promise<ReadHandle> {
    const node = this.#find(path);
    if (node.type === "directory") throw failure("is-directory", "read", path);
    if (startBytes > node.content.lengthBytes) throw failure("unsupported", "read beyond the end of", path);
    return this.#readHandle(path, node, startBytes);
  }

  async openWrite(path: VirtualPath, options: WriteOptions): Promise<WriteHandle> {
    const name = baseName(path);
    if (name === "") throw failure("is-directory", "write", path);
    const parent = this.#findDirectory(parentPath(path));
    const old = parent.children.get(name);
    if (options.mode !== "unique" && old?.type === "directory") throw failure("is-directory", "write", path);
    const file = old?.type === "file" ? old : undefined;
    const startBytes = options.mode === "append" ? (file?.content.lengthBytes ?? 0) : (options.startBytes ?? 0);
    if (options.mode === "append" || options.mode === "update") {
      if (startBytes > (file?.content.lengthBytes ?? 0)) throw failure("unsupported", "write beyond the end of", path);
      return this.#writeInPlace(
        path,
        file ?? this.#addFile(path, parent, new Content(this.#usage)),
        startBytes,
        options,
      );
    }
    if (file === undefined || options.mode === "unique") this.#wantEntry(path);
    if ((options.expectedBytes ?? 0) > this.#freeBytes()) throw failure("no-space", "write", path);
    return this.#writeAside(path, parent, options.mode === "unique" ? reserve(parent, name) : undefined);
  }

  async remove(path: VirtualPath): Promise<void> {
    if (this.#find(path).type === "directory") throw failure("is-directory", "remove", path);
    this.#unlink(this.#findDirectory(parentPath(path)), baseName(path));
  }

  async makeDirectory(path: VirtualPath): Promise<void> {
    const name = baseName(path);
    if (name === "") throw failure("exists", "make", path);
    const parent = this.#findDirectory(parentPath(path));
    if (parent.children.has(name)) throw failure("exists", "make", path);
    this.#wantEntry(path);
    parent.children.set(name, this.#newDirectory());
    parent.modifiedMs = this.#now();
    this.#entries++;
  }

  async removeDirectory(path: VirtualPath): Promise<void> {
    const node = this.#find(path);
    if (path === "/") throw failure("denied", "remove", path);
    if (node.type === "file") throw failure("not-directory", "remove", path);
    if (node.children.size > 0) throw failure("not-empty", "remove", path);
    if (node.uploads > 0) throw failure("busy", "remove", path);
    this.#unlink(this.#findDirectory(parentPath(path)), baseName(path));
  }

  async rename(from: VirtualPath, to: VirtualPath): Promise<void> {
    this.#wantOpen(from);
    if (from === "/" || to === "/") throw failure("denied", "rename", from);
    const node = this.#find(from);
    if (node.type === "directory" && to.startsWith(`${from}/`)) throw failure("denied", "rename into itself", from);
    const target = this.#findDirectory(parentPath(to));
    const old = target.children.get(baseName(to));
    if (old === node) return;
    if (old?.type === "directory" || (old !== undefined && node.type === "directory")) {
      throw failure("exists", "rename to", to);
    }
    if (old !== undefined) this.#unlink(target, baseName(to));
    const source = this.#findDirectory(parentPath(from));
    source.children.delete(baseName(from));
    target.children.set(baseName(to), node);
    source.modifiedMs = this.#now();
    target.modifiedMs = source.modifiedMs;
  }

  async setModified(path: VirtualPath, modifiedMs: number): Promise<void> {
    this.#find(path).modifiedMs = modifiedMs;
  }

  async setMode(path: VirtualPath, mode: number): Promise<void> {
    const node = this.#find(path);
    if (path === "/") throw failure("denied", "change the mode of", path);
    node.mode = mode & 0o777;
  }

  async freeBytes(path: VirtualPath): Promise<number> {
    this.#find(path);
    return this.#freeBytes();
  }

  async close(): Promise<void> {
    this.#root = undefined;
  }

  #freeBytes(): number {
    return this.#usage.capBytes - this.#usage.usedBytes;
  }

  #newDirectory(): DirectoryNode {
    return {
      type: "directory",
      children: new Map(),
      reserved: new Set(),
      uploads: 0,
      modifiedMs: this.#now(),
      mode: 0o755,
    };
  }

  #wantEntry(path: VirtualPath): void {
    if (this.#entries >= this.#capEntries) throw failure("no-space", "make", path);
  }

  #wantOpen(path: VirtualPath): DirectoryNode {
    if (this.#root === undefined) throw failure("gone", "use", path);
    return this.#root;
  }

  #find(path: VirtualPath): Node {
    let node: Node = this.#wantOpen(path);
    for (const part of pathParts(path)) {
      if (node.type === "file") throw failure("not-directory", "find", path);
      const child = node.children.get(part);
      if (child === undefined) throw failure("not-found", "find", path);
      node = child;
    }
    return node;
  }

  #findDirectory(path: VirtualPath): DirectoryNode {
    const node = this.#find(path);
    if (node.type === "file") throw failure("not-directory", "find", path);
    return node;
  }

  #addFile(path: VirtualPath, parent: DirectoryNode, content: Content): FileNode {
    this.#wantEntry(path);
    const file: FileNode = { type: "file", content, modifiedMs: this.#now(), mode: 0o644 };
    parent.children.set(baseName(path), file);
    parent.modifiedMs = file.modifiedMs;
    this.#entries++;
    return file;
  }

  #unlink(parent: DirectoryNode, name: string): void {
    const node = parent.children.get(name);
    if (node?.type === "file") node.content.release();
    parent.children.delete(name);
    parent.modifiedMs = this.#now();
    this.#entries--;
  }

  #readHandle(path: VirtualPath, node: FileNode, startBytes: number): ReadHandle {
    const content = node.content;
    content.hold();
    let at = startBytes;
    let open = true;
    return {
      entry: entryOf(baseName(path), node),
      fileDescriptor: undefined,
      read: (target) => {
        this.#wantOpen(path);
        if (!open) throw failure("gone", "read the closed", path);
        const count = content.read(at, target);
        at += count;
        return count;
      },
      close: async () => {
        if (open) content.release();
        open = false;
      },
    };
  }

  #writeInPlace(path: VirtualPath, file: FileNode, startBytes: number, options: WriteOptions): WriteHandle {
    const content = file.content;
    content.hold();
    let at = startBytes;
    let open = true;
    const end = () => {
      if (open) content.release();
      open = false;
    };
    return {
      path,
      write: (chunks) => {
        this.#wantOpen(path);
        if (!open) throw failure("gone", "write the closed", path);
        for (const chunk of chunks) {
          if (options.mode === "append") at = content.lengthBytes;
          if (at > content.lengthBytes || !content.write(at, chunk)) throw failure("no-space", "write", path);
          at += chunk.length;
        }
        file.modifiedMs = this.#now();
        return undefined;
      },
      openUncommitted: async () => {
        if (!open) throw failure("gone", "read the closed", path);
        return this.#readHandle(path, file, 0);
      },
      commit: async () => {
        const wasOpen = open;
        end();
        this.#wantOpen(path);
        if (!wasOpen) throw failure("gone", "commit the closed", path);
        return entryOf(baseName(path), file);
      },
      abort: async () => end(),
    };
  }

  /** Writes a content that nobody sees before the commit puts it into its directory. */
  #writeAside(path: VirtualPath, parent: DirectoryNode, reservedName: string | undefined): WriteHandle {
    const content = new Content(this.#usage);
    let finalPath = childPath(parentPath(path), reservedName ?? baseName(path));
    let open = true;
    let whole = true;
    parent.uploads++;
    const end = () => {
      if (open) parent.uploads--;
      open = false;
      if (reservedName !== undefined) parent.reserved.delete(reservedName);
    };
    return {
      get path() {
        return finalPath;
      },
      write: (chunks) => {
        this.#wantOpen(path);
        if (!open) throw failure("gone", "write the closed", finalPath);
        for (const chunk of chunks) {
          if (content.write(content.lengthBytes, chunk)) continue;
          whole = false;
          throw failure("no-space", "write", finalPath);
        }
        return undefined;
      },
      openUncommitted: async () => {
        if (!open) throw failure("gone", "read the closed", finalPath);
        return this.#readHandle(finalPath, { type: "file", content, modifiedMs: this.#now(), mode: 0o644 }, 0);
      },
      commit: async () => {
        if (!open) throw failure("gone", "commit the closed", finalPath);
        end();
        try {
          if (!whole) throw failure("no-space", "finish", finalPath);
          // Whoever took the name meanwhile keeps it.
          if (reservedName !== undefined) finalPath = childPath(parentPath(path), freeName(parent, reservedName));
          return entryOf(baseName(finalPath), this.#put(finalPath, parent, content));
        } catch (error) {
          content.release();
          throw error;
        }
      },
      abort: async () => {
        if (open) content.release();
        end();
      },
    };
  }

  #put(path: VirtualPath, parent: DirectoryNode, content: Content): FileNode {
    this.#wantOpen(path);
    const old = parent.children.get(baseName(path));
    if (old?.type === "directory") throw failure("is-directory", "write", path);
    if (old === undefined) return this.#addFile(path, parent, content);
    old.content.release();
    old.content = content;
    old.modifiedMs = this.#now();
    return old;
  }
}

function reserve(parent: DirectoryNode, name: string): string {
  const free = freeName(parent, name);
  parent.reserved.add(free);
  return free;
}

function freeName(parent: DirectoryNode, name: string): string {
  for (let attempt = 0; ; attempt++) {
    const candidate = uniqueName(name, attempt);
    if (!parent.children.has(candidate) && !parent.reserved.has(candidate)) return candidate;
  }
}

function entryOf(name: string, node: Node): Entry {
  const sizeBytes = node.type === "file" ? node.content.lengthBytes : 0;
  return { name, type: node.type, sizeBytes, modifiedMs: node.modifiedMs, mode: node.mode };
}

function failure(kind: StorageErrorKind, action: string, path: VirtualPath): StorageError {
  return new StorageError(kind, `cannot ${action} ${path} in memory: ${kind}`);
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `${name} is ${value}; pass a whole number of at least 0`);
}
