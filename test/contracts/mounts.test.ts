import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { StorageError } from "../../src/contracts/errors.ts";
import type { Store } from "../../src/contracts/store.ts";
import { createDirectoryStore } from "../../src/stores/directory.ts";
import { createMemoryStore } from "../../src/stores/memory.ts";
import { createMountStore } from "../../src/stores/mounts.ts";
import { parsePath } from "../../src/testing/index.ts";
import { storeContract } from "../../src/testing/store-contract.ts";

const base = mkdtempSync(join(tmpdir(), "porthole-mounts-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const runner = { describe, it, expect };
const createDevice = () =>
  createMountStore({
    "/flash": createMemoryStore(),
    "/sd": createDirectoryStore({ root: mkdtempSync(join(base, "root-")) }),
  });
storeContract(runner, "mounts, in memory", createDevice, { base: "/flash" });
storeContract(runner, "mounts, a directory", createDevice, { base: "/sd" });

const path = (text: string) => parsePath(text)!;

async function kindOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return "done";
  } catch (error) {
    return error instanceof StorageError ? error.kind : String(error);
  }
}

async function put(store: Store, text: string, content: string) {
  const handle = await store.openWrite(path(text), { mode: "replace" });
  await handle.write([new TextEncoder().encode(content)]);
  return handle.commit();
}

async function names(store: Store, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of store.list(path(text))) found.push(...batch.map((entry) => entry.name));
  return found;
}

describe("mounts", () => {
  it("lists the mounts at the root, as directories", async () => {
    const store = createDevice();
    expect(await names(store, "/")).toEqual(["flash", "sd"]);
    const entry = await store.stat(path("/flash"));
    expect([entry.name, entry.type, typeof entry.modifiedMs]).toEqual(["flash", "directory", "number"]);
    await store.close();
  });

  it("keeps the mounts and the root as they are", async () => {
    const store = createDevice();
    expect(await kindOf(() => store.removeDirectory(path("/flash")))).toBe("denied");
    expect(await kindOf(() => store.remove(path("/flash")))).toBe("is-directory");
    expect(await kindOf(() => store.rename(path("/flash"), path("/x")))).toBe("denied");
    expect(await kindOf(() => store.rename(path("/flash"), path("/sd/x")))).toBe("denied");
    expect(await kindOf(() => store.makeDirectory(path("/x")))).toBe("denied");
    expect(await kindOf(() => store.makeDirectory(path("/sd")))).toBe("exists");
    expect(await kindOf(() => store.openWrite(path("/x"), { mode: "replace" }))).toBe("denied");
    expect(await kindOf(() => store.openWrite(path("/sd"), { mode: "replace" }))).toBe("is-directory");
    expect(await kindOf(() => store.setMode(path("/sd"), 0))).toBe("denied");
    expect(await kindOf(() => store.stat(path("/x/y")))).toBe("not-found");
    expect(await kindOf(() => store.makeDirectory(path("/x/y")))).toBe("not-found");
    await put(store, "/sd/f", "f");
    expect(await kindOf(() => store.rename(path("/sd/f"), path("/x")))).toBe("denied");
    expect(await kindOf(() => store.rename(path("/sd/f"), path("/flash")))).toBe("unsupported");
    expect(await names(store, "/sd")).toEqual(["f"]);
    await store.close();
  });

  it("refuses a rename from one mount to another, and loses nothing", async () => {
    const store = createDevice();
    await put(store, "/flash/f", "f");
    expect(await kindOf(() => store.rename(path("/flash/f"), path("/sd/f")))).toBe("unsupported");
    expect(await kindOf(() => store.rename(path("/flash/no"), path("/sd/f")))).toBe("not-found");
    expect(await names(store, "/flash")).toEqual(["f"]);
    await store.rename(path("/flash/f"), path("/flash/g"));
    expect(await names(store, "/flash")).toEqual(["g"]);
    await store.close();
  });

  it("tells the path of a unique upload below its mount", async () => {
    const store = createDevice();
    await put(store, "/sd/f", "f");
    const handle = await store.openWrite(path("/sd/f"), { mode: "unique" });
    expect(handle.path).toBe("/sd/f.1");
    await handle.abort();
    await store.close();
  });

  it("does not list a mount whose directory is gone, and goes on with the others", async () => {
    const root = mkdtempSync(join(base, "card-"));
    const store = createMountStore({ "/flash": createMemoryStore(), "/sd": createDirectoryStore({ root }) });
    rmSync(root, { recursive: true });
    expect(await names(store, "/")).toEqual(["flash"]);
    expect(await kindOf(() => store.stat(path("/sd")))).toBe("not-found");
    await put(store, "/flash/f", "f");
    await store.close();
  });

  it("refuses mounts that are no mounts", () => {
    expect(() => createMountStore({})).toThrow("no mounts");
    for (const wrong of ["flash", "/", "/a/b", "/..", "/a\n"]) {
      expect(() => createMountStore({ [wrong]: createMemoryStore() })).toThrow("cannot mount at");
    }
  });
});
