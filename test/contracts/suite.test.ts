import { describe, expect, it } from "vitest";
import type { Store, VirtualPath, WriteHandle } from "../../src/contracts/store.ts";
import { createMemoryStore } from "../../src/stores/memory.ts";
import { storeContract } from "../../src/testing/store-contract.ts";

/** The titles of the tests that a store fails. */
async function failures(createStore: () => Store): Promise<string[]> {
  const tests: { title: string; body: () => Promise<void> }[] = [];
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it: (title: string, body: () => Promise<void>) => tests.push({ title, body }),
    expect,
  };
  storeContract(runner, "broken", createStore);
  const failed: string[] = [];
  for (const { title, body } of tests) await body().catch(() => failed.push(title));
  return failed;
}

/** A memory store some of whose calls are replaced. */
function broken(replace: (store: Store) => Partial<Store>): () => Store {
  return () => {
    const store = createMemoryStore();
    const calls = replace(store);
    return new Proxy(store, {
      get: (_target, name) => {
        const value: unknown = Reflect.get(name in calls ? calls : store, name);
        return typeof value === "function" ? value.bind(store) : value;
      },
    });
  };
}

/** A memory store whose write handles are changed. */
function brokenHandles(change: (handle: WriteHandle, store: Store, path: VirtualPath) => Partial<WriteHandle>) {
  return broken((store) => ({
    openWrite: async (path, options) => {
      const handle = await store.openWrite(path, options);
      return Object.assign(
        {
          get path() {
            return handle.path;
          },
          write: handle.write,
          openUncommitted: handle.openUncommitted,
          commit: handle.commit,
          abort: handle.abort,
        },
        change(handle, store, path),
      );
    },
  }));
}

describe("the store contract suite", () => {
  it("passes a store that keeps the contract", async () => {
    expect(await failures(() => createMemoryStore())).toEqual([]);
  });

  const faults: Record<string, [() => Store, string]> = {
    "shows a file before it is whole": [
      brokenHandles((handle, store, path) => ({
        write: async (chunks) => {
          await handle.write(chunks);
          const shown = await store.openWrite(path, { mode: "append" });
          await shown.write(chunks);
          await shown.commit();
        },
      })),
      "a new file is seen when it is whole",
    ],
    "commits what was given up": [
      brokenHandles((handle) => ({ abort: async () => void (await handle.commit().catch(() => undefined)) })),
      "of an upload given up nothing is left",
    ],
    "drops the last byte": [
      brokenHandles((handle) => ({ write: (chunks) => handle.write(chunks.map((chunk) => chunk.subarray(0, -1))) })),
      "what was written is read, in any pieces",
    ],
    "keeps the caller's chunks": [
      brokenHandles((handle) => {
        const kept: Uint8Array[] = [];
        return {
          write: (chunks) => void kept.push(...chunks),
          commit: async () => {
            await handle.write(kept);
            return handle.commit();
          },
        };
      }),
      "the chunks may be used again when the write is done",
    ],
    "takes a unique name twice": [
      broken((store) => ({
        openWrite: (path, options) => store.openWrite(path, options.mode === "unique" ? { mode: "replace" } : options),
      })),
      "unique names are free ones, also for uploads at the same time",
    ],
    "reads from the wrong place": [
      broken((store) => ({ openRead: (path, startBytes) => store.openRead(path, Math.max(0, startBytes - 1)) })),
      "reading begins at any byte of the file; beyond its end is unsupported",
    ],
    "lists an entry twice": [
      broken((store) => ({
        list: async function* (path: VirtualPath) {
          for await (const batch of store.list(path)) yield [...batch, ...batch];
        },
      })),
      "an empty directory lists nothing; a listing tells each entry once",
    ],
    "removes a directory by remove": [
      broken((store) => ({ remove: (path) => store.remove(path).catch(() => store.removeDirectory(path)) })),
      "a file is no directory, and a directory no file",
    ],
    "forgets what a name looked like": [
      broken((store) => ({
        openWrite: (path, options) => store.openWrite(path.trim() as VirtualPath, options),
      })),
      "names come back as they were given",
    ],
    "cuts times to seconds": [
      broken((store) => ({ setModified: (path, ms) => store.setModified(path, Math.floor(ms / 1000) * 1000) })),
      "set-modified is kept to the millisecond",
    ],
    "goes on when it is closed": [
      broken(() => ({ close: async () => undefined })),
      "a closed store is gone in every call",
    ],
  };
  for (const [fault, [createStore, title]] of Object.entries(faults)) {
    it(`fails a store that ${fault}`, async () => {
      expect(await failures(createStore)).toContain(title);
    });
  }
});
