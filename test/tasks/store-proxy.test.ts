import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { StorageError } from "../../src/contracts/errors.ts";
import { LIMITS } from "../../src/contracts/limits.ts";
import type { Entry, Store, VirtualPath } from "../../src/contracts/store.ts";
import { createDirectoryStore } from "../../src/stores/directory.ts";
import { createMemoryStore } from "../../src/stores/memory.ts";
import { factsOf, serveStore } from "../../src/tasks/store-host.ts";
import { createStoreProxy } from "../../src/tasks/store-proxy.ts";
import { parsePath } from "../../src/testing/index.ts";
import { storeContract } from "../../src/testing/store-contract.ts";
import { until } from "./until.ts";

const base = mkdtempSync(join(tmpdir(), "porthole-proxy-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A proxy and its store at the two ends of a channel, as between two threads. */
function proxyOf(store: Store, closeStore = true): Store {
  const { port1, port2 } = new MessageChannel();
  serveStore(store, port1, closeStore);
  port1.ref();
  const proxy = createStoreProxy(port2, factsOf(store));
  port2.ref();
  return Object.assign(proxy, { channel: port2 });
}

const open: { channel: { close(): void } }[] = [];
function kept<T extends Store>(store: T): T {
  open.push(store as unknown as { channel: { close(): void } });
  return store;
}
afterEach(() => {
  for (const { channel } of open.splice(0)) channel.close();
});

const runner = { describe, it, expect };
storeContract(runner, "proxied memory", () => kept(proxyOf(createMemoryStore())));
storeContract(runner, "proxied directory", () =>
  kept(proxyOf(createDirectoryStore({ root: mkdtempSync(join(base, "root-")) }))),
);

const path = (text: string): VirtualPath => parsePath(text)!;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a store behind a port", () => {
  it("keeps an error's code, kind and text for the client", async () => {
    const store = createMemoryStore();
    store.stat = () => {
      throw new StorageError("over-quota", "no more", { peerText: "your quota is used up" });
    };
    const proxy = kept(proxyOf(store));
    await expect(proxy.stat(path("/x"))).rejects.toMatchObject({
      name: "StorageError",
      code: "PORTHOLE_ERR_STORAGE",
      kind: "over-quota",
      message: "no more",
      peerText: "your quota is used up",
    });
    store.stat = () => Promise.reject(Object.assign(new Error("odd"), { code: "EODD" }));
    await expect(proxy.stat(path("/x"))).rejects.toMatchObject({ code: "PORTHOLE_ERR_TASK_FAILED", message: "odd" });
  });

  it("gives up uploads, reads and listings of a thread that is gone, and leaves the store open", async () => {
    const root = mkdtempSync(join(base, "gone-"));
    const store = createDirectoryStore({ root });
    const proxy = proxyOf(store, false) as Store & { channel: { close(): void } };
    const upload = await proxy.openWrite(path("/half"), { mode: "replace" });
    await upload.write([bytes("half")]);
    expect(readdirSync(root)).toHaveLength(1);
    const late = proxy.stat(path("/"));
    await late;
    proxy.channel.close();
    await until(() => readdirSync(root).length === 0);
    await expect(proxy.stat(path("/"))).rejects.toMatchObject({ kind: "gone" });
    expect((await store.stat(path("/"))).type).toBe("directory");
    await store.close();
  });

  it("has no more calls under way than its limit; the others wait their turn", async () => {
    const store = createMemoryStore();
    let underWay = 0;
    let most = 0;
    store.stat = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay -= 1;
      return { name: "", type: "directory", sizeBytes: 0, modifiedMs: 0, mode: undefined } satisfies Entry;
    };
    const proxy = kept(proxyOf(store));
    await Promise.all(Array.from({ length: 500 }, () => proxy.stat(path("/"))));
    expect(most).toBe(LIMITS.taskStoreCalls.value);
  });

  it("moves what a slow store has taken, and no more: a write is one call at a time", async () => {
    const store = createMemoryStore();
    const openWrite = store.openWrite.bind(store);
    const sizes: number[] = [];
    store.openWrite = async (where, options) => {
      const handle = await openWrite(where, options);
      const write = handle.write.bind(handle);
      handle.write = async (chunks) => {
        sizes.push(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
        await new Promise((resolve) => setTimeout(resolve, 5));
        await write(chunks);
      };
      return handle;
    };
    const proxy = kept(proxyOf(store));
    const upload = await proxy.openWrite(path("/f"), { mode: "replace" });
    const chunk = bytes("0123456789");
    const writing = upload.write([chunk, chunk.subarray(0, 5)]);
    expect(writing).toBeInstanceOf(Promise);
    await writing;
    expect(sizes).toEqual([15]);
    chunk.fill(0); // it is the caller's again
    await upload.commit();
    const reading = await proxy.openRead(path("/f"), 0);
    const target = new Uint8Array(100);
    expect(await reading.read(target)).toBe(15);
    expect(new TextDecoder().decode(target.subarray(0, 15))).toBe("012345678901234");
    await reading.close();
  });

  it("carries a megabyte a call between two real threads, at a rate that is printed", async () => {
    const store = createMemoryStore({ capBytes: 200 * 1_048_576 });
    const { port1, port2 } = new MessageChannel();
    serveStore(store, port1);
    const module = new URL("../../dist/tasks/store-proxy.js", import.meta.url).href;
    const worker = new Worker(
      `(async () => {
        const { workerData, parentPort } = require("node:worker_threads");
        const { createStoreProxy } = await import(${JSON.stringify(module)});
        const store = createStoreProxy(workerData.port, workerData.facts);
        workerData.port.ref();
        const chunk = new Uint8Array(1048576).fill(7);
        let begin = performance.now();
        const upload = await store.openWrite("/f", { mode: "replace" });
        for (let i = 0; i < 100; i++) await upload.write([chunk]);
        await upload.commit();
        const writeMBs = 100 * 1.048576 / (performance.now() - begin) * 1000;
        begin = performance.now();
        const reading = await store.openRead("/f", 0);
        let total = 0, right = true;
        for (;;) { const n = await reading.read(chunk.fill(0)); if (n === 0) break; total += n; right &&= chunk[0] === 7 && chunk[n - 1] === 7; }
        await reading.close();
        parentPort.postMessage({ total, right, writeMBs, readMBs: 100 * 1.048576 / (performance.now() - begin) * 1000 });
        workerData.port.close();
      })()`,
      { eval: true, workerData: { port: port2, facts: factsOf(store) }, transferList: [port2] },
    );
    const result = await new Promise<{ total: number; right: boolean; writeMBs: number; readMBs: number }>(
      (resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      },
    );
    console.log(`store proxy: write ${result.writeMBs.toFixed(0)} MB/s, read ${result.readMBs.toFixed(0)} MB/s`);
    expect(result).toMatchObject({ total: 100 * 1_048_576, right: true });
    await worker.terminate();
  });
});
