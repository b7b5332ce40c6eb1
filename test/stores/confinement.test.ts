import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VirtualPath } from "../../src/contracts/store.ts";
import { createDirectoryStore, type DirectoryStore } from "../../src/stores/directory.ts";
import { createPlayground, get, kindOf, names, openDescriptors, path, put } from "./host.ts";

const isLinux = process.platform === "linux";

for (const [confinement, accelerator] of [
  ["auto", true],
  ["auto", false],
  ["checked", true],
] as const) {
  describe(`the root of a directory store, ${confinement}${accelerator ? "" : " without the accelerator"}`, () => {
    let playground: ReturnType<typeof createPlayground>;
    let store: DirectoryStore;

    beforeEach(() => {
      playground = createPlayground("confinement");
      writeFileSync(join(playground.outside, "secret"), "secret");
      mkdirSync(join(playground.outside, "dir"));
      store = createDirectoryStore({ root: playground.root, confinement, accelerator });
    });
    afterEach(async () => {
      await store.close();
      playground.remove();
    });

    async function everyCall(text: string): Promise<string[]> {
      const target = text as VirtualPath;
      const seen = new Set<string>();
      const tell = async (call: () => unknown) => seen.add(await kindOf(call));
      await tell(() => store.stat(target));
      await tell(async () => {
        for await (const batch of store.list(target)) return batch;
        return undefined;
      });
      await tell(() => store.openRead(target, 0));
      for (const mode of ["replace", "append", "update"] as const) {
        await tell(() => store.openWrite(target, { mode }));
      }
      await tell(() => store.setModified(target, 0));
      await tell(() => store.setMode(target, 0o777));
      await tell(() => store.freeBytes(target));
      return [...seen];
    }

    it("is not left by any link out of it, absolute, relative or by way of another", async () => {
      const { root, outside } = playground;
      symlinkSync(outside, join(root, "absolute"));
      symlinkSync("../outside", join(root, "relative"));
      symlinkSync("absolute", join(root, "chain"));
      symlinkSync(join(outside, "secret"), join(root, "file"));
      symlinkSync("/", join(root, "slash"));
      symlinkSync(`${root}/../outside`, join(root, "tricky"));
      symlinkSync("/proc/self/root", join(root, "magic"));
      mkdirSync(join(root, "d"));
      symlinkSync("../../outside", join(root, "d/up"));
      const links = ["absolute", "relative", "chain", "file", "slash", "tricky", "magic", "d/up"];
      for (const link of links) {
        expect(await everyCall(`/${link}`), link).toEqual(["denied"]);
        for (const child of ["secret", "dir", "new", "dir/x"]) {
          expect(await everyCall(`/${link}/${child}`), link).toEqual(["denied"]);
          expect(await kindOf(() => store.makeDirectory(path(`/${link}/${child}`)))).toBe("denied");
          expect(await kindOf(() => store.remove(path(`/${link}/${child}`)))).toBe("denied");
          expect(await kindOf(() => store.removeDirectory(path(`/${link}/${child}`)))).toBe("denied");
          expect(await kindOf(() => store.rename(path(`/${link}/${child}`), path("/x")))).toBe("denied");
        }
      }
      await put(store, "/f", "f");
      expect(await kindOf(() => store.rename(path("/f"), path("/absolute/f")))).toBe("denied");
      expect(await names(store, "/")).toEqual(["d", "f"]);
      expect(await names(store, "/d")).toEqual([]);
      expect(readdirSync(outside).sort()).toEqual(["dir", "secret"]);
      expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
    });

    it("is not left by a path that no parsePath() made", async () => {
      for (const text of [
        "/../outside/secret",
        "/..",
        "/d/../../outside",
        "/./x",
        "/a//b",
        "/a\0b",
        "/../../etc/passwd",
      ]) {
        const kinds = await everyCall(text);
        expect(
          kinds.filter((kind) => !["denied", "bad-name", "not-found"].includes(kind)),
          text,
        ).toEqual([]);
      }
    });

    it("holds links that stay below it, which work as what they lead to", async () => {
      const { root } = playground;
      mkdirSync(join(root, "d/e"), { recursive: true });
      writeFileSync(join(root, "d/e/f"), "content");
      symlinkSync("d/e", join(root, "to-directory"));
      symlinkSync("f", join(root, "d/e/to-file"));
      symlinkSync("../../to-directory/to-file", join(root, "d/e/round"));
      symlinkSync(join(root, "d"), join(root, "absolute"));
      symlinkSync(root, join(root, "d/to-root"));
      symlinkSync("nowhere", join(root, "dangling"));
      expect(await names(store, "/")).toEqual(["absolute", "d", "to-directory"]);
      expect(await names(store, "/to-directory")).toEqual(["f", "round", "to-file"]);
      expect(await get(store, "/to-directory/round")).toBe("content");
      expect(await get(store, "/absolute/to-root/absolute/e/f")).toBe("content");
      expect((await store.stat(path("/to-directory"))).type).toBe("directory");
      expect((await store.stat(path("/to-directory"))).name).toBe("to-directory");
      expect(await kindOf(() => store.stat(path("/dangling")))).toBe("not-found");

      expect((await put(store, "/to-directory/to-file", "by link")).name).toBe("to-file");
      expect(readFileSync(join(root, "d/e/f"), "utf8")).toBe("by link");
      expect(lstatSync(join(root, "d/e/to-file")).isSymbolicLink(), "the link stays").toBe(true);
      await put(store, "/dangling", "made");
      expect(readFileSync(join(root, "nowhere"), "utf8")).toBe("made");

      expect(await kindOf(() => store.removeDirectory(path("/to-directory")))).toBe("not-directory");
      await store.remove(path("/to-directory"));
      await store.remove(path("/d/e/to-file"));
      await store.rename(path("/dangling"), path("/moved"));
      expect(lstatSync(join(root, "moved")).isSymbolicLink()).toBe(true);
      expect(readFileSync(join(root, "d/e/f"), "utf8"), "what they led to stays").toBe("by link");
    });

    it("survives links that go round in circles", async () => {
      const { root } = playground;
      symlinkSync("b", join(root, "a"));
      symlinkSync("a", join(root, "b"));
      symlinkSync("self/x", join(root, "self"));
      symlinkSync("grow/../grow/x", join(root, "grow"));
      for (const name of ["a", "b/x", "self", "self/y", "grow"]) {
        const kinds = await everyCall(`/${name}`);
        expect(
          kinds.filter((kind) => kind !== "denied" && kind !== "not-found"),
          name,
        ).toEqual([]);
      }
      expect(await names(store, "/")).toEqual([]);
    });

    it.skipIf(!isLinux)("shows and opens no device, FIFO or socket", async () => {
      const { root, base } = playground;
      execFileSync("mkfifo", [join(root, "fifo")]);
      const server = createServer().listen(join(root, "socket"));
      await once(server, "listening");
      symlinkSync("fifo", join(root, "to-fifo"));
      let special = ["fifo", "socket", "to-fifo"];
      if (process.getuid?.() === 0) {
        execFileSync("mknod", [join(root, "zero"), "c", "1", "5"]);
        special = [...special, "zero"];
      }
      expect(await names(store, "/")).toEqual([]);
      for (const name of special) expect(await everyCall(`/${name}`), name).toEqual(["denied", "not-directory"]);
      for (const name of special.filter((name) => name !== "to-fifo")) {
        expect(await kindOf(() => store.remove(path(`/${name}`)))).toBe("denied");
        expect(await kindOf(() => store.rename(path(`/${name}`), path("/x")))).toBe("denied");
        await put(store, "/f", "f");
        expect(await kindOf(() => store.rename(path("/f"), path(`/${name}`)))).toBe("exists");
      }
      expect(statSync(base).isDirectory()).toBe(true);
      server.close();
      await once(server, "close");
    });

    it.skipIf(!isLinux)("lists only names that can be told on one line of UTF-8, and each once", async () => {
      const { root } = playground;
      for (const name of ["good", "cr\rlf", "line\nbreak", "real\ufffdname"]) writeFileSync(join(root, name), "x");
      const raw = (bytes: number[]) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(bytes)]);
      writeFileSync(raw([0x62, 0x61, 0x64, 0xff]), "x");
      writeFileSync(raw([...Buffer.from("real"), 0xff, ...Buffer.from("name")]), "x");
      expect(await names(store, "/")).toEqual(["good", "real\ufffdname"]);
    });

    it("may be removed and made again while the store is open", async () => {
      playground.remove();
      expect(await kindOf(() => store.stat(path("/")))).toBe("not-found");
      expect(await kindOf(() => names(store, "/"))).toBe("not-found");
      expect(await kindOf(() => store.openWrite(path("/f"), { mode: "replace" }))).toBe("not-found");
      mkdirSync(playground.root, { recursive: true });
      await put(store, "/f", "f");
      expect(await names(store, "/")).toEqual(["f"]);
    });

    it.skipIf(!isLinux)("leaves no descriptor open, whatever was refused", async () => {
      const { root, outside } = playground;
      mkdirSync(join(root, "a/b/c"), { recursive: true });
      symlinkSync(outside, join(root, "out"));
      symlinkSync("a/b", join(root, "in"));
      await store.swept;
      const before = openDescriptors();
      for (let round = 0; round < 20; round++) {
        for (const name of ["/no", "/a/no/x", "/out", "/out/x", "/in", "/a/b/c/no", "/"]) await everyCall(name);
        await put(store, "/in/c/f", "f");
        await get(store, "/a/b/c/f");
        const handle = await store.openWrite(path("/in/g"), { mode: "unique" });
        await handle.abort();
        await names(store, "/in/c");
        for await (const batch of store.list(path("/a"))) if (batch.length > 0) break;
        await kindOf(() => store.rename(path("/in/c/f"), path("/in/c/no/f")));
        await kindOf(() => store.rename(path("/in/c/f"), path("/in/c/h")));
        await kindOf(() => store.removeDirectory(path("/in/c")));
      }
      // The handles that everyCall() left open are the store's to end.
      await store.close();
      expect(openDescriptors()).toBeLessThanOrEqual(before);
    });
  });
}

/** Swaps a directory for a link to the outside and back, as fast as it can, until it is killed. */
const SWAPPER = `
const fs = require("node:fs");
const [root, outside] = process.argv.slice(1);
process.stdout.write("ready");
for (;;) {
  fs.renameSync(root + "/d", root + "/d.away");
  fs.symlinkSync(outside, root + "/d");
  fs.unlinkSync(root + "/d");
  fs.renameSync(root + "/d.away", root + "/d");
}`;

describe("a directory swapped for a link while it is used", () => {
  it.skipIf(!isLinux)("never leads out", async () => {
    const { root, outside, remove } = createPlayground("swap");
    mkdirSync(join(root, "d"));
    mkdirSync(join(outside, "sub"));
    writeFileSync(join(outside, "secret"), "outside");
    utimesSync(join(outside, "secret"), 1_000, 1_000);
    chmodSync(join(outside, "secret"), 0o640);
    const store = createDirectoryStore({ root });
    await put(store, "/d/secret", "inside");
    const swapper = spawn(process.execPath, ["-e", SWAPPER, root, outside], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(swapper.stdout, "data");
      const kinds = new Map<string, number>();
      const count = (kind: string) => kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const endMs = Date.now() + 2_500;
      while (Date.now() < endMs || !kinds.has("denied") || !kinds.has("done")) {
        count(
          await kindOf(async () => {
            expect(await get(store, "/d/secret")).toBe("inside");
          }),
        );
        count(
          await kindOf(async () => {
            expect((await names(store, "/d")).includes("sub")).toBe(false);
          }),
        );
        count(await kindOf(() => put(store, "/d/secret", "inside")));
        count(await kindOf(() => put(store, "/d/appended", "inside", "append")));
        count(await kindOf(() => put(store, "/d/unique", "inside", "unique")));
        count(await kindOf(() => store.setMode(path("/d/secret"), 0o600)));
        count(await kindOf(() => store.setModified(path("/d/secret"), 5_000)));
        count(await kindOf(() => store.makeDirectory(path("/d/made"))));
        count(await kindOf(() => store.removeDirectory(path("/d/sub"))));
        count(await kindOf(() => store.rename(path("/d/appended"), path("/d/renamed"))));
        count(await kindOf(() => store.remove(path("/d/renamed"))));
      }
      expect(
        [...kinds.keys()].filter((kind) => kind.includes("Error")),
        "no escape",
      ).toEqual([]);
    } finally {
      swapper.kill("SIGKILL");
      await once(swapper, "close");
    }
    await store.close();
    expect(readdirSync(outside).sort()).toEqual(["secret", "sub"]);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("outside");
    const stats = statSync(join(outside, "secret"));
    expect([stats.mtimeMs, stats.mode & 0o777]).toEqual([1_000_000, 0o640]);
    remove();
  });
});
