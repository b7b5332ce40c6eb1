/**
 * Several stores below one root, as the device has `/flash` and `/sd`.
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
import { baseName, isPathPart, ROOT_PATH } from "../protocol/text/path.ts";

/**
 * Puts each store at its path. The root lists them; they can't be removed or renamed, and nothing can be put beside
 * them. A rename from one to another is `unsupported`: clients then copy.
 *
 * A mount whose store can't tell its root, as when a card was pulled, is not listed.
 *
 * The features are those that any of the stores has; a call on one that lacks it is refused by that store. `close()`
 * closes the stores.
 *
 * @param mounts - paths of one part to stores: `{ "/flash": store, "/sd": card }`.
 * @throws {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` for no mounts, or a path that is not "/" and one name.
 */
export function createMountStore(mounts: Readonly<Record<string, Store>>): Store {
  const stores = new Map<string, Store>();
  for (const [path, store] of Object.entries(mounts)) {
    const name = path.slice(1);
    if (!path.startsWith("/") || !isPathPart(name)) {
      throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `cannot mount at ${path}; pass "/" and one name, like "/flash"`);
    }
    stores.set(name, store);
  }
  if (stores.size === 0) throw new PortholeError("PORTHOLE_ERR_ARGUMENT", "no mounts; pass at least one store");
  return new MountStore(stores);
}

/** A path in one of the stores. */
interface Mounted {
  readonly name: string;
  readonly store: Store;
  readonly inner: VirtualPath;
}

class MountStore implements Store {
  readonly name: string;
  readonly features: ReadonlySet<StoreFeature>;
  readonly #stores: ReadonlyMap<string, Store>;
  #open = true;

  constructor(stores: ReadonlyMap<string, Store>) {
    this.#stores = stores;
    this.name = `mounts ${[...stores.keys()].map((name) => `/${name}`).join(" ")}`;
    this.features = new Set([...stores.values()].flatMap((store) => [...store.features]));
  }

  async stat(path: VirtualPath): Promise<Entry> {
    const mounted = this.#find("look at", path);
    if (mounted === undefined) return mountEntry("", undefined);
    const entry = await mounted.store.stat(mounted.inner);
    return mounted.inner === ROOT_PATH ? mountEntry(mounted.name, entry) : entry;
  }

  async *list(path: VirtualPath): AsyncGenerator<readonly Entry[], void, undefined> {
    const mounted = this.#find("list", path);
    if (mounted !== undefined) {
      yield* mounted.store.list(mounted.inner);
      return;
    }
    const entries: Entry[] = [];
    for (const [name, store] of this.#stores) {
      const root = await store.stat(ROOT_PATH).catch(() => undefined);
      if (root !== undefined) entries.push(mountEntry(name, root));
    }
    yield entries;
  }

  async openRead(path: VirtualPath, startBytes: number): Promise<ReadHandle> {
    const mounted = this.#find("read", path) ?? refuse("is-directory", "read", path);
    return mounted.store.openRead(mounted.inner, startBytes);
  }

  async openWrite(path: VirtualPath, options: WriteOptions): Promise<WriteHandle> {
    if (path === ROOT_PATH) refuse("is-directory", "write", path);
    const { name, store, inner } = this.#findNew("write", path);
    const handle = await store.openWrite(inner, options);
    return {
      get path(): VirtualPath {
        return `/${name}${handle.path}` as VirtualPath;
      },
      write: (chunks) => handle.write(chunks),
      lend: handle.lend?.bind(handle),
      openUncommitted: () => handle.openUncommitted(),
      commit: () => handle.commit(),
      abort: () => handle.abort(),
    };
  }

  async remove(path: VirtualPath): Promise<void> {
    const mounted = this.#find("remove", path) ?? refuse("is-directory", "remove", path);
    return mounted.store.remove(mounted.inner);
  }

  async makeDirectory(path: VirtualPath): Promise<void> {
    if (path === ROOT_PATH) refuse("exists", "make", path);
    const { store, inner } = this.#findNew("make", path);
    return store.makeDirectory(inner);
  }

  async removeDirectory(path: VirtualPath): Promise<void> {
    const { store, inner } = this.#findBelow("remove", path);
    return store.removeDirectory(inner);
  }

  async rename(from: VirtualPath, to: VirtualPath): Promise<void> {
    const source = this.#findBelow("rename", from);
    if (to === ROOT_PATH) refuse("denied", "rename to", to);
    const target = this.#findNew("rename to", to);
    if (source.store === target.store) return source.store.rename(source.inner, target.inner);
    await source.store.stat(source.inner);
    return refuse("unsupported", `rename to ${to} on another mount`, from);
  }

  async setModified(path: VirtualPath, modifiedMs: number): Promise<void> {
    const { store, inner } = this.#findBelow("set the time of", path);
    return store.setModified(inner, modifiedMs);
  }

  async setMode(path: VirtualPath, mode: number): Promise<void> {
    const { store, inner } = this.#findBelow("set the mode of", path);
    return store.setMode(inner, mode);
  }

  /** For the root: of the mount that has most. */
  async freeBytes(path: VirtualPath): Promise<number> {
    const mounted = this.#find("measure", path);
    if (mounted !== undefined) return mounted.store.freeBytes(mounted.inner);
    if (!this.features.has("free-space")) refuse("unsupported", "measure", path);
    const free = [...this.#stores.values()].map((store) => store.freeBytes(ROOT_PATH).catch(() => 0));
    return Math.max(...(await Promise.all(free)));
  }

  async close(): Promise<void> {
    this.#open = false;
    await Promise.all([...new Set(this.#stores.values())].map((store) => store.close()));
  }

  /** Undefined for the root. */
  #find(action: string, path: VirtualPath): Mounted | undefined {
    if (!this.#open) refuse("gone", action, path);
    if (path === ROOT_PATH) return undefined;
    const end = path.indexOf("/", 1);
    const name = end < 0 ? path.slice(1) : path.slice(1, end);
    const store = this.#stores.get(name) ?? refuse("not-found", action, path);
    return { name, store, inner: (end < 0 ? "/" : path.slice(end)) as VirtualPath };
  }

  /** Below a mount; the root and the mounts are refused. */
  #findBelow(action: string, path: VirtualPath): Mounted {
    const mounted = this.#find(action, path);
    if (mounted === undefined || mounted.inner === ROOT_PATH) refuse("denied", action, path);
    return mounted;
  }

  /** Where something new may be: beside the mounts is no place. */
  #findNew(action: string, path: VirtualPath): Mounted {
    if (!this.#open) refuse("gone", action, path);
    if (path.indexOf("/", 1) < 0 && !this.#stores.has(baseName(path))) refuse("denied", action, path);
    return this.#find(action, path) ?? refuse("denied", action, path);
  }
}

/** A mount as the root shows it; without an entry of its store, the root itself. */
function mountEntry(name: string, root: Entry | undefined): Entry {
  return { name, type: "directory", sizeBytes: 0, modifiedMs: root?.modifiedMs, mode: root?.mode ?? 0o755 };
}

function refuse(kind: StorageErrorKind, action: string, path: VirtualPath): never {
  throw new StorageError(kind, `cannot ${action} ${path}: ${kind}`);
}
