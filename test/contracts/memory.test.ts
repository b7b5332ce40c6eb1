import { describe, expect, it } from "vitest";
import { StorageError } from "../../src/contracts/errors.ts";
import { createMemoryStore } from "../../src/stores/memory.ts";
import { parsePath } from "../../src/testing/index.ts";
import { storeContract } from "../../src/testing/store-contract.ts";

storeContract({ describe, it, expect }, "memory", () => createMemoryStore());

const path = (text: string) => parsePath(text)!;

async function kindOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "done";
  } catch (error) {
    return error instanceof StorageError ? error.kind : String(error);
  }
}

describe("memory store caps", () => {
  it("holds as many bytes as its cap, unfinished uploads counted, and no more", async () => {
    const store = createMemoryStore({ capBytes: 1_000 });
    const first = await store.openWrite(path("/a"), { mode: "replace" });
    await first.write([new Uint8Array(1_000)]);
    expect(await store.freeBytes(path("/"))).toBe(0);
    const second = await store.openWrite(path("/b"), { mode: "replace" });
    expect(await kindOf(() => second.write([new Uint8Array(1)]))).toBe("no-space");
    expect(await kindOf(() => second.commit())).toBe("no-space");
    expect(await kindOf(() => store.stat(path("/b")))).toBe("not-found");
    await first.commit();
    expect(await store.freeBytes(path("/"))).toBe(0);
    await store.remove(path("/a"));
    expect(await store.freeBytes(path("/"))).toBe(1_000);
  });

  it("gives a replaced file's bytes back when nobody reads it any more", async () => {
    const store = createMemoryStore({ capBytes: 1_000 });
    for (let round = 0; round < 5; round++) {
      const handle = await store.openWrite(path("/a"), { mode: "replace" });
      await handle.write([new Uint8Array(400)]);
      await handle.commit();
    }
    expect(await store.freeBytes(path("/"))).toBe(600);
    const reading = await store.openRead(path("/a"), 0);
    await store.remove(path("/a"));
    expect(await store.freeBytes(path("/"))).toBe(600);
    await reading.close();
    expect(await store.freeBytes(path("/"))).toBe(1_000);
  });

  it("holds as many entries as its cap", async () => {
    const store = createMemoryStore({ capEntries: 2 });
    await store.makeDirectory(path("/a"));
    await store.makeDirectory(path("/b"));
    expect(await kindOf(() => store.makeDirectory(path("/c")))).toBe("no-space");
    expect(await kindOf(() => store.openWrite(path("/c"), { mode: "replace" }))).toBe("no-space");
    await store.removeDirectory(path("/a"));
    await store.makeDirectory(path("/c"));
  });

  it("refuses a cap that is no number of bytes", () => {
    expect(() => createMemoryStore({ capBytes: -1 })).toThrow("capBytes is -1");
    expect(() => createMemoryStore({ capEntries: Number.NaN })).toThrow("capEntries is NaN");
  });

  it("takes its time from the given clock", async () => {
    let nowMs = 5_000;
    const store = createMemoryStore({ now: () => nowMs });
    const handle = await store.openWrite(path("/a"), { mode: "replace" });
    nowMs = 7_000;
    expect((await handle.commit()).modifiedMs).toBe(7_000);
  });
});
