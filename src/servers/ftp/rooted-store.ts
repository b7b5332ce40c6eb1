/**
 * A directory of a store as a store of its own: what an account sees that has a root.
 *
 * @module
 */

import { StorageError } from "../../contracts/errors.ts";
import type { Store, VirtualPath, WriteHandle } from "../../contracts/store.ts";
import { ROOT_PATH } from "../../protocol/text/path.ts";

/** The view; closing it does nothing. Paths cannot lead out of it: a virtual path has no "..". */
export function createRootedStore(store: Store, root: VirtualPath): Store {
  if (root === ROOT_PATH) return store;
  const inner = (path: VirtualPath): VirtualPath => (path === ROOT_PATH ? root : (`${root}${path}` as VirtualPath));
  const outer = (path: VirtualPath): VirtualPath => (path.slice(root.length) || ROOT_PATH) as VirtualPath;
  /** What a store says of its own root. */
  const notRoot = (...paths: readonly VirtualPath[]): void => {
    if (paths.includes(ROOT_PATH)) throw new StorageError("denied", "the root of an account stays");
  };
  return {
    name: store.name,
    features: store.features,
    stat: (path) => store.stat(inner(path)),
    list: (path) => store.list(inner(path)),
    openRead: (path, startBytes) => store.openRead(inner(path), startBytes),
    async openWrite(path, options) {
      const handle = await store.openWrite(inner(path), options);
      return renamed(handle, outer);
    },
    remove: (path) => store.remove(inner(path)),
    makeDirectory: (path) => store.makeDirectory(inner(path)),
    async removeDirectory(path) {
      notRoot(path);
      await store.removeDirectory(inner(path));
    },
    async rename(from, to) {
      notRoot(from, to);
      await store.rename(inner(from), inner(to));
    },
    setModified: (path, modifiedMs) => store.setModified(inner(path), modifiedMs),
    async setMode(path, mode) {
      notRoot(path);
      await store.setMode(inner(path), mode);
    },
    freeBytes: (path) => store.freeBytes(inner(path)),
    close: async () => {},
  };
}

function renamed(handle: WriteHandle, outer: (path: VirtualPath) => VirtualPath): WriteHandle {
  return {
    get path() {
      return outer(handle.path);
    },
    write: (chunks) => handle.write(chunks),
    lend: handle.lend?.bind(handle),
    openUncommitted: () => handle.openUncommitted(),
    commit: () => handle.commit(),
    abort: () => handle.abort(),
  };
}
