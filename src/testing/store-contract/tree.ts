import type { StoreFeature, VirtualPath } from "../../contracts/store.ts";
import { ROOT_PATH } from "../../protocol/text/path.ts";
import type { StoreTest, Subject } from "./subject.ts";

/** Files and directories: each call, and each way in which it is refused. */
export function treeTests(test: StoreTest): void {
  test("the root is a directory and can't be removed, replaced or moved", async (subject) => {
    const { store, expect } = subject;
    expect((await store.stat(ROOT_PATH)).type).toBe("directory");
    await subject.refuses(() => store.removeDirectory(ROOT_PATH), "denied");
    await subject.refuses(() => store.remove(ROOT_PATH), "is-directory", "denied");
    await subject.refuses(() => store.makeDirectory(ROOT_PATH), "exists");
    await subject.refuses(() => store.openRead(ROOT_PATH, 0), "is-directory");
    await subject.refuses(() => store.openWrite(ROOT_PATH, { mode: "replace" }), "is-directory");
    await subject.refuses(() => store.rename(ROOT_PATH, subject.path("x")), "denied");
    await subject.put("x", "x");
    await subject.refuses(() => store.rename(subject.path("x"), ROOT_PATH), "denied");
    await subject.refuses(() => store.setMode(ROOT_PATH, 0), "denied", "unsupported");
  });

  test("an empty directory lists nothing; a listing tells each entry once", async (subject) => {
    const { store, expect } = subject;
    await store.makeDirectory(subject.path("d"));
    expect(await subject.names("d")).toEqual([]);
    const wanted = Array.from({ length: 700 }, (_, index) => `f${String(index).padStart(3, "0")}`);
    for (const name of wanted) await subject.put(`d/${name}`, name);
    await store.makeDirectory(subject.path("d/sub"));
    expect(await subject.names("d")).toEqual([...wanted, "sub"]);
    const entries = await subject.entries("d");
    expect(entries.filter((entry) => entry.type === "directory").map((entry) => entry.name)).toEqual(["sub"]);
    expect(entries.find((entry) => entry.name === "f007")?.sizeBytes).toBe(4);
  });

  test("a listing can be left half way, and tells what stat tells", async (subject) => {
    const { store, expect } = subject;
    await subject.put("a", "12345");
    for await (const batch of store.list(subject.base)) {
      for (const entry of batch) expect(entry).toEqual(await store.stat(subject.path(entry.name)));
      break;
    }
    await store.remove(subject.path("a"));
    expect(await subject.names("")).toEqual([]);
  });

  test("a missing path is not-found in every call", async (subject) => {
    const { store } = subject;
    for (const path of [subject.path("no"), subject.path("no/deeper")]) {
      await subject.refuses(() => store.stat(path), "not-found");
      await subject.refuses(() => subject.store.openRead(path, 0), "not-found");
      await subject.refuses(() => collect(subject, path), "not-found");
      await subject.refuses(() => store.remove(path), "not-found");
      await subject.refuses(() => store.removeDirectory(path), "not-found");
      await subject.refuses(() => store.rename(path, subject.path("x")), "not-found");
      await subject.refuses(() => store.setModified(path, 0), "not-found", "unsupported");
      await subject.refuses(() => store.setMode(path, 0o600), "not-found", "unsupported");
    }
    await subject.refuses(() => store.makeDirectory(subject.path("no/d")), "not-found");
    await subject.put("f", "f");
    await subject.refuses(() => store.rename(subject.path("f"), subject.path("no/f")), "not-found");
    for (const mode of ["replace", "unique", "append", "update"] as const) {
      await subject.refuses(() => store.openWrite(subject.path("no/f"), { mode }), "not-found", "unsupported");
    }
  });

  test("a file is no directory, and a directory no file", async (subject) => {
    const { store } = subject;
    await subject.put("f", "f");
    await store.makeDirectory(subject.path("d"));
    await subject.refuses(() => store.stat(subject.path("f/x")), "not-directory");
    await subject.refuses(() => collect(subject, subject.path("f")), "not-directory");
    await subject.refuses(() => store.openRead(subject.path("f/x"), 0), "not-directory");
    await subject.refuses(() => store.openWrite(subject.path("f/x"), { mode: "replace" }), "not-directory");
    await subject.refuses(() => store.makeDirectory(subject.path("f/x")), "not-directory");
    await subject.refuses(() => store.removeDirectory(subject.path("f")), "not-directory");
    await subject.refuses(() => store.remove(subject.path("d")), "is-directory");
    await subject.refuses(() => store.openRead(subject.path("d"), 0), "is-directory");
    for (const mode of ["replace", "append", "update"] as const) {
      await subject.refuses(() => store.openWrite(subject.path("d"), { mode }), "is-directory", "unsupported");
    }
  });

  test("directories are made once and removed when empty", async (subject) => {
    const { store, expect } = subject;
    await store.makeDirectory(subject.path("d"));
    await subject.refuses(() => store.makeDirectory(subject.path("d")), "exists");
    await subject.put("f", "f");
    await subject.refuses(() => store.makeDirectory(subject.path("f")), "exists");
    await subject.put("d/f", "f");
    await subject.refuses(() => store.removeDirectory(subject.path("d")), "not-empty");
    await store.remove(subject.path("d/f"));
    await store.removeDirectory(subject.path("d"));
    expect(await subject.names("")).toEqual(["f"]);
  });

  test("rename moves, replaces a file, and nothing else", async (subject) => {
    const { store, expect } = subject;
    await subject.put("a", "a");
    await subject.put("b", "b");
    await store.makeDirectory(subject.path("d"));
    await store.rename(subject.path("a"), subject.path("b"));
    expect(await subject.text("b")).toBe("a");
    await store.rename(subject.path("b"), subject.path("d/c"));
    expect(await subject.names("")).toEqual(["d"]);
    expect(await subject.text("d/c")).toBe("a");
    await store.rename(subject.path("d/c"), subject.path("d/c"));
    expect(await subject.text("d/c")).toBe("a");
    await subject.put("b", "b");
    await subject.refuses(() => store.rename(subject.path("b"), subject.path("d")), "exists");
    await subject.refuses(() => store.rename(subject.path("b"), subject.path("d/c/x")), "not-directory");
    expect(await subject.text("b")).toBe("b");
  });

  test("rename moves directories with what is in them, never into themselves", async (subject) => {
    const { store, expect } = subject;
    await store.makeDirectory(subject.path("d"));
    await subject.put("d/f", "f");
    const move = () => store.rename(subject.path("d"), subject.path("e"));
    if (!store.features.has("rename-directory")) return subject.refuses(move, "unsupported");
    await move();
    expect(await subject.text("e/f")).toBe("f");
    await subject.refuses(() => store.rename(subject.path("e"), subject.path("e/x")), "denied");
    await subject.put("g", "g");
    await subject.refuses(() => store.rename(subject.path("e"), subject.path("g")), "exists");
    await store.makeDirectory(subject.path("h"));
    await subject.refuses(() => store.rename(subject.path("e"), subject.path("h")), "exists");
    expect(await subject.names("e")).toEqual(["f"]);
  });

  test("set-modified is kept to the millisecond", async (subject) => {
    const { store, expect } = subject;
    await subject.put("f", "f");
    await store.makeDirectory(subject.path("d"));
    for (const path of [subject.path("f"), subject.path("d")]) {
      for (const modifiedMs of [1_000_000_000_000, 1_712_345_678_901, 0, 1_712_345_678_001, 1_599_999_999_999]) {
        const set = () => store.setModified(path, modifiedMs);
        if (!store.features.has("set-modified")) return subject.refuses(set, "unsupported");
        await set();
        expect((await store.stat(path)).modifiedMs).toBe(modifiedMs);
      }
    }
  });

  test("set-mode sets permission bits and no others", async (subject) => {
    const { store, expect } = subject;
    await subject.put("f", "f");
    const set = () => store.setMode(subject.path("f"), 0o7640);
    if (!store.features.has("set-mode")) return subject.refuses(set, "unsupported");
    await set();
    expect((await store.stat(subject.path("f"))).mode).toBe(0o640);
    await subject.put("f", "new");
    expect((await store.stat(subject.path("f"))).mode, "a replaced file keeps its mode").toBe(0o640);
  });

  test("free space is told", async (subject) => {
    const { store, expect } = subject;
    if (!store.features.has("free-space")) return subject.refuses(() => store.freeBytes(subject.base), "unsupported");
    const free = await store.freeBytes(subject.base);
    expect(Number.isSafeInteger(free) && free > 0).toBe(true);
    await subject.refuses(() => store.freeBytes(subject.path("no")), "not-found");
    return undefined;
  });

  test("features are known ones", async ({ store, expect }) => {
    const known: readonly StoreFeature[] = [
      "restart",
      "append",
      "set-modified",
      "set-mode",
      "free-space",
      "rename-directory",
    ];
    expect([...store.features].filter((feature) => !known.includes(feature))).toEqual([]);
  });

  test("a closed store is gone in every call", async (subject) => {
    const { store } = subject;
    await subject.put("f", "f");
    const reading = await store.openRead(subject.path("f"), 0);
    const writing = await store.openWrite(subject.path("g"), { mode: "replace" });
    await store.close();
    await store.close();
    const path = subject.path("f");
    await subject.refuses(() => store.stat(path), "gone");
    await subject.refuses(() => collect(subject, subject.base), "gone");
    await subject.refuses(() => store.openRead(path, 0), "gone");
    await subject.refuses(() => store.openWrite(path, { mode: "replace" }), "gone");
    await subject.refuses(() => store.remove(path), "gone");
    await subject.refuses(() => store.makeDirectory(path), "gone");
    await subject.refuses(() => store.removeDirectory(path), "gone");
    await subject.refuses(() => store.rename(path, path), "gone");
    await subject.refuses(() => store.setModified(path, 0), "gone");
    await subject.refuses(() => store.setMode(path, 0), "gone");
    await subject.refuses(() => store.freeBytes(path), "gone");
    await subject.refuses(async () => reading.read(new Uint8Array(1)), "gone");
    await subject.refuses(async () => writing.write([new Uint8Array(1)]), "gone");
    await subject.refuses(() => writing.commit(), "gone");
    await writing.abort();
    await reading.close();
  });
}

async function collect(subject: Subject, path: VirtualPath): Promise<void> {
  for await (const batch of subject.store.list(path)) if (batch.length < 0) return;
}
