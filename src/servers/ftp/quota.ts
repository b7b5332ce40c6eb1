/**
 * A bound on the bytes of all files that an account has. They are counted once, by walking the tree, and kept up to
 * date from then on; changes that come from elsewhere count from the next login after {@link RECOUNT_MS} on.
 *
 * @module
 */

import { StorageError } from "../../contracts/errors.ts";
import type { Store, VirtualPath, WriteHandle, WriteOptions } from "../../contracts/store.ts";
import { ROOT_PATH } from "../../protocol/text/path.ts";

const RECOUNT_MS = 60_000;

export class Quota {
  readonly #mostBytes: number;
  #usedBytes = 0;
  /** Of uploads that are not committed. */
  #pendingBytes = 0;
  #countedMs: number | undefined;
  #counting: Promise<void> | undefined;
  /** Changes are counted one after the other: what one replaces is what the one before has left. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get leftBytes(): number {
    return Math.max(0, this.#mostBytes - this.#usedBytes - this.#pendingBytes);
  }

  /** The store, held to the quota. */
  guard(store: Store): Store {
    const quota = this;
    return {
      name: store.name,
      features: store.features,
      stat: (path) => store.stat(path),
      list: (path) => store.list(path),
      openRead: (path, startBytes) => store.openRead(path, startBytes),
      async openWrite(path, options) {
        await quota.#count(store);
        const oldBytes = await sizeOf(store, path);
        const handle = await quota.#open(store, path, options, oldBytes);
        return quota.#handle(store, handle, options, oldBytes);
      },
      async remove(path) {
        await quota.#count(store);
        await quota.#inTurn(async () => {
          const bytes = await sizeOf(store, path);
          await store.remove(path);
          quota.#usedBytes -= bytes;
        });
      },
      makeDirectory: (path) => store.makeDirectory(path),
      removeDirectory: (path) => store.removeDirectory(path),
      async rename(from, to) {
        await quota.#count(store);
        await quota.#inTurn(async () => {
          const replaced = from === to ? 0 : await sizeOf(store, to);
          await store.rename(from, to);
          quota.#usedBytes -= replaced;
        });
      },
      setModified: (path, modifiedMs) => store.setModified(path, modifiedMs),
      setMode: (path, mode) => store.setMode(path, mode),
      async freeBytes(path) {
        await quota.#count(store);
        if (!store.features.has("free-space")) return quota.leftBytes;
        return Math.min(quota.leftBytes, await store.freeBytes(path));
      },
      close: () => store.close(),
    };
  }

  /** Counts what is there, unless that was done a short while ago. */
  async recount(store: Store): Promise<void> {
    const now = performance.now();
    if (this.#countedMs !== undefined && now - this.#countedMs < RECOUNT_MS) return;
    this.#countedMs = undefined;
    await this.#count(store);
  }

  #inTurn<Value>(change: () => Promise<Value>): Promise<Value> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => {});
    return turn;
  }

  #count(store: Store): Promise<void> {
    if (this.#countedMs !== undefined) return Promise.resolve();
    this.#counting ??= treeBytes(store, ROOT_PATH)
      .then((bytes) => {
        this.#usedBytes = bytes;
        this.#countedMs = performance.now();
      })
      .finally(() => {
        this.#counting = undefined;
      });
    return this.#counting;
  }

  async #open(store: Store, path: VirtualPath, options: WriteOptions, oldBytes: number): Promise<WriteHandle> {
    const { mode, expectedBytes = 0, startBytes = 0 } = options;
    const kept = mode === "update" ? Math.max(0, oldBytes - startBytes) : 0;
    const replaced = mode === "replace" ? oldBytes : 0;
    if (expectedBytes - kept - replaced > this.leftBytes) throw overQuota();
    return store.openWrite(path, options);
  }

  /** Counts what an upload adds as it comes, so that several at once stay below the bound too. */
  #handle(store: Store, handle: WriteHandle, { mode, startBytes = 0 }: WriteOptions, oldBytes: number): WriteHandle {
    const inPlace = mode === "append" || mode === "update";
    const replaces = mode === "replace";
    const free = mode === "update" ? Math.max(0, oldBytes - startBytes) : replaces ? oldBytes : 0;
    let written = 0;
    let pending = 0;
    const settle = (keeps: boolean, replaced = 0): void => {
      this.#pendingBytes -= pending;
      if (keeps) this.#usedBytes += inPlace ? pending : written - replaced;
      pending = 0;
    };
    return {
      get path() {
        return handle.path;
      },
      write: (chunks) => {
        let bytes = 0;
        for (const chunk of chunks) bytes += chunk.length;
        written += bytes;
        const added = Math.max(0, written - free) - pending;
        if (added > this.leftBytes) throw overQuota();
        pending += added;
        this.#pendingBytes += added;
        return handle.write(chunks);
      },
      openUncommitted: () => handle.openUncommitted(),
      commit: async () => {
        try {
          return await this.#inTurn(async () => {
            // Not what was there when it began: another upload may have replaced that.
            const replaced = replaces ? await sizeOf(store, handle.path) : 0;
            if (written - replaced - pending > this.leftBytes) {
              await handle.abort();
              throw overQuota();
            }
            const entry = await handle.commit();
            settle(true, replaced);
            return entry;
          });
        } catch (error) {
          settle(inPlace);
          throw error;
        }
      },
      abort: async () => {
        await handle.abort();
        settle(inPlace);
      },
    };
  }
}

function overQuota(): StorageError {
  return new StorageError("over-quota", "the account's quota is used up");
}

async function sizeOf(store: Store, path: VirtualPath): Promise<number> {
  try {
    return (await store.stat(path)).sizeBytes;
  } catch {
    return 0; // not there: nothing is replaced
  }
}

async function treeBytes(store: Store, root: VirtualPath): Promise<number> {
  let bytes = 0;
  const waiting = [root];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const prefix = directory === ROOT_PATH ? "" : directory;
    for await (const batch of store.list(directory)) {
      for (const entry of batch) {
        if (entry.type === "directory") waiting.push(`${prefix}/${entry.name}` as VirtualPath);
        else bytes += entry.sizeBytes;
      }
    }
  }
  return bytes;
}
