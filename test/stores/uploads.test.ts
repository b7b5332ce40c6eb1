import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createUploadName, hostTag, isUploadName } from "../../src/stores/directory/upload-name.ts";
import { createDirectoryStore, type DirectoryStore } from "../../src/stores/directory.ts";
import { canMount, createPlayground, get, kindOf, names, path, put } from "./host.ts";

const isLinux = process.platform === "linux";
const isRoot = process.getuid?.() === 0;
const mounts = canMount();

let playground: ReturnType<typeof createPlayground>;
let store: DirectoryStore;

beforeEach(async () => {
  playground = createPlayground("uploads");
  store = createDirectoryStore({ root: playground.root });
  await store.swept;
});
afterEach(async () => {
  await store.close();
  playground.remove();
});

const host = (name: string) => join(playground.root, name);

/** A process number that nobody has. */
async function deadProcess(): Promise<number> {
  const child = spawn("true");
  await once(child, "close");
  return child.pid!;
}

describe("an unfinished upload on disk", () => {
  it("is beside its target, hidden, and out of reach by its name", async () => {
    mkdirSync(host("d"));
    const handle = await store.openWrite(path("/d/f"), { mode: "replace" });
    await handle.write([new Uint8Array(10)]);
    const [name] = readdirSync(host("d"));
    expect(isUploadName(name!)).toBe(true);
    expect(await names(store, "/d")).toEqual([]);
    for (const text of [`/d/${name}`, `/d/${name!.toUpperCase().replace(".PORTHOLE", ".porthole")}`]) {
      expect(await kindOf(() => store.stat(path(text)))).toBe("not-found");
      expect(await kindOf(() => store.openRead(path(text), 0))).toBe("not-found");
      expect(await kindOf(() => store.remove(path(text)))).toBe("not-found");
      expect(await kindOf(() => store.rename(path(text), path("/x")))).toBe("not-found");
      expect(await kindOf(() => store.openWrite(path(text), { mode: "append" }))).toBe("bad-name");
      expect(await kindOf(() => store.makeDirectory(path(text)))).toBe("bad-name");
    }
    await put(store, "/g", "g");
    expect(await kindOf(() => store.rename(path("/g"), path(`/${createUploadName()}`)))).toBe("bad-name");
    await handle.commit();
    expect(readdirSync(host("d"))).toEqual(["f"]);
  });

  it("goes with its directory when that is moved", async () => {
    mkdirSync(host("d"));
    const handle = await store.openWrite(path("/d/f"), { mode: "replace" });
    await handle.write([new TextEncoder().encode("content")]);
    await store.rename(path("/d"), path("/e"));
    await handle.commit();
    expect(await get(store, "/e/f")).toBe("content");
  });

  it("keeps a directory that is held by name from being moved", async () => {
    const checked = createDirectoryStore({ root: playground.root, confinement: "checked" });
    mkdirSync(host("d/e"), { recursive: true });
    const handle = await checked.openWrite(path("/d/e/f"), { mode: "replace" });
    expect(await kindOf(() => checked.rename(path("/d"), path("/x")))).toBe("busy");
    await handle.commit();
    await checked.rename(path("/d"), path("/x"));
    expect(await names(checked, "/x/e")).toEqual(["f"]);
    await checked.close();
  });

  it("is refused at its commit, and nothing left, when its directory was removed", async () => {
    mkdirSync(host("d"));
    const handle = await store.openWrite(path("/d/f"), { mode: "replace" });
    execFileSync("rm", ["-r", host("d")]);
    expect(await kindOf(() => handle.commit())).toBe("not-found");
    expect(readdirSync(playground.root)).toEqual([]);
  });

  it("ends with the store", async () => {
    const handle = await store.openWrite(path("/f"), { mode: "replace" });
    await handle.write([new Uint8Array(200_000)]);
    await store.close();
    expect(readdirSync(playground.root)).toEqual([]);
  });
});

describe("the file that an upload replaces", () => {
  it("hands its permissions on, and its owner where that is allowed", async () => {
    writeFileSync(host("f"), "old");
    chmodSync(host("f"), 0o4751);
    if (isRoot) execFileSync("chown", ["12345:12346", host("f")]);
    chmodSync(host("f"), 0o4751);
    await put(store, "/f", "new");
    const stats = statSync(host("f"));
    expect((stats.mode & 0o7777).toString(8), "permissions, and no set-user-ID bit").toBe("751");
    if (isRoot) expect([stats.uid, stats.gid]).toEqual([12_345, 12_346]);
  });

  it("is not seen through a looser mode while it is written", async () => {
    writeFileSync(host("f"), "old", { mode: 0o600 });
    const handle = await store.openWrite(path("/f"), { mode: "replace" });
    const name = readdirSync(playground.root).find(isUploadName);
    expect(statSync(host(name!)).mode & 0o777).toBe(0o600);
    await handle.abort();
  });

  it("keeps its other names", async () => {
    writeFileSync(host("f"), "old");
    linkSync(host("f"), host("g"));
    await put(store, "/f", "new");
    expect(readFileSync(host("g"), "utf8")).toBe("old");
  });
});

const built = fileURLToPath(new URL("../../dist/stores/directory.js", import.meta.url));

/** Tries what its user has no right to, and tells what came of it. */
const STRANGER = `
const { createDirectoryStore } = await import(process.argv[1]);
if (process.getuid() === 0) {
  process.setgroups([]);
  process.setgid(65_534);
  process.setuid(65_534);
}
const store = createDirectoryStore({ root: process.argv[2] });
const put = async (path) => (await store.openWrite(path, { mode: "replace" })).commit();
const list = async (path) => { for await (const batch of store.list(path)) return batch; };
const calls = [
  () => put("/read-only"),
  () => put("/d/f"),
  () => put("/d/g"),
  () => store.makeDirectory("/d/x"),
  () => store.remove("/d/f"),
  () => store.rename("/d/f", "/x"),
  () => list("/shut"),
  () => store.stat("/shut/x"),
  () => put("/shut/x"),
];
const kinds = [];
for (const call of calls) kinds.push(await call().then(() => "done", (error) => error.kind));
process.stdout.write(kinds.join(" "));`;

describe("what the host refuses", () => {
  it("is denied without the right, and the old file stays", async () => {
    mkdirSync(host("d"));
    for (const name of ["d/f", "read-only"]) writeFileSync(host(name), "old");
    chmodSync(host("read-only"), 0o444);
    chmodSync(host("d"), 0o555);
    mkdirSync(host("shut"));
    chmodSync(host("shut"), isRoot ? 0o700 : 0o000);
    chmodSync(playground.base, 0o755);
    chmodSync(playground.root, 0o777);
    const child = spawn(process.execPath, ["--input-type=module", "-e", STRANGER, built, playground.root], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const kinds = (await child.stdout.setEncoding("utf8").toArray()).join("");
    for (const name of ["d", "shut"]) chmodSync(host(name), 0o755);
    expect(kinds.split(" ")).toEqual(Array.from({ length: 9 }, () => "denied"));
    expect(readFileSync(host("d/f"), "utf8")).toBe("old");
    expect(readFileSync(host("read-only"), "utf8")).toBe("old");
    expect(readdirSync(playground.root).filter(isUploadName)).toEqual([]);
  });

  it("is denied on a read-only store, which changes nothing, not even left-overs", async () => {
    writeFileSync(host("f"), "f");
    const leftOver = createUploadName().replace(`-${process.pid}-`, `-${await deadProcess()}-`);
    writeFileSync(host(leftOver), "x");
    const readOnly = createDirectoryStore({ root: playground.root, readOnly: true });
    expect(await readOnly.swept).toBe(0);
    expect([...readOnly.features]).toEqual(["restart"]);
    for (const mode of ["replace", "unique", "append", "update"] as const) {
      expect(await kindOf(() => readOnly.openWrite(path("/f"), { mode }))).toBe("denied");
    }
    expect(await kindOf(() => readOnly.remove(path("/f")))).toBe("denied");
    expect(await kindOf(() => readOnly.makeDirectory(path("/d")))).toBe("denied");
    expect(await kindOf(() => readOnly.removeDirectory(path("/d")))).toBe("denied");
    expect(await kindOf(() => readOnly.rename(path("/f"), path("/g")))).toBe("denied");
    expect(await kindOf(() => readOnly.setModified(path("/f"), 0))).toBe("denied");
    expect(await kindOf(() => readOnly.setMode(path("/f"), 0))).toBe("denied");
    expect(await get(readOnly, "/f")).toBe("f");
    expect(await names(readOnly, "/")).toEqual(["f"]);
    await readOnly.close();
    expect(existsSync(host(leftOver))).toBe(true);
  });

  it.skipIf(!mounts)("is no-space on a full disk, in every way of writing, and leaves the old file", async () => {
    mkdirSync(host("disk"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,nr_inodes=6", "tmpfs", host("disk")]);
    try {
      await put(store, "/disk/f", "old");
      const big = new Uint8Array(2 * 1024 * 1024);
      for (const mode of ["replace", "unique"] as const) {
        expect(await kindOf(() => put(store, "/disk/f", big, mode))).toBe("no-space");
        expect(readdirSync(host("disk"))).toEqual(["f"]);
      }
      const piecewise = await store.openWrite(path("/disk/f"), { mode: "replace" });
      const piece = new Uint8Array(30_000);
      const failing = async () => {
        for (let index = 0; index < 100; index++) await piecewise.write([piece]);
      };
      expect(await kindOf(failing)).toBe("no-space");
      expect(await kindOf(() => piecewise.commit()), "a file with a hole is never finished").toBe("no-space");
      expect(readdirSync(host("disk"))).toEqual(["f"]);
      expect(await kindOf(() => store.openWrite(path("/disk/g"), { mode: "replace", expectedBytes: 2_000_000 }))).toBe(
        "no-space",
      );
      expect(await get(store, "/disk/f")).toBe("old");
      expect(await kindOf(() => put(store, "/disk/f", big, "append"))).toBe("no-space");
      await store.remove(path("/disk/f"));
      for (let index = 0; index < 5; index++) await kindOf(() => put(store, `/disk/${index}`, ""));
      expect(await kindOf(() => put(store, "/disk/last", ""))).toBe("no-space");
      expect(await kindOf(() => store.rename(path("/disk/0"), path("/x"))), "another file system").toBe("unsupported");
    } finally {
      execFileSync("umount", ["-l", host("disk")]);
    }
  });

  it.skipIf(!mounts)("is denied on a file system that is mounted read-only", async () => {
    mkdirSync(host("disk"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", host("disk")]);
    try {
      expect(await kindOf(() => put(store, "/disk/f", "x"))).toBe("denied");
      expect(await kindOf(() => store.makeDirectory(path("/disk/d")))).toBe("denied");
    } finally {
      execFileSync("umount", ["-l", host("disk")]);
    }
  });
});

describe("left-overs", () => {
  it.skipIf(!isLinux)("of dead processes are swept at the next start, in every directory", async () => {
    const dead = await deadProcess();
    const named = (pid: number, tag = hostTag()) =>
      createUploadName().replace(`.porthole-${hostTag()}-${process.pid}-`, `.porthole-${tag}-${pid}-`);
    mkdirSync(host("a/b"), { recursive: true });
    const old = (name: string, ageMs: number) =>
      utimesSync(host(name), (Date.now() - ageMs) / 1000, (Date.now() - ageMs) / 1000);
    const gone = [named(dead), `a/${named(dead)}`, `a/b/${named(dead)}`, named(0)];
    const stays = [named(process.pid), named(dead, "00000000"), named(1), ".porthole-notes.part", ".porthole-1.part"];
    const goneByAge = [named(process.pid), named(dead, "00000000"), named(1)];
    for (const name of [...gone, ...stays, ...goneByAge]) writeFileSync(host(name), "x");
    for (const name of goneByAge) old(name, 25 * 3_600_000);
    mkdirSync(host(named(dead)));
    const next = createDirectoryStore({ root: playground.root });
    expect(await next.swept).toBe(gone.length + goneByAge.length);
    for (const name of [...gone, ...goneByAge]) expect(existsSync(host(name)), name).toBe(false);
    for (const name of stays) expect(existsSync(host(name)), name).toBe(true);
    await next.close();
  });

  it.skipIf(!isLinux)("are not what another server is still writing, however slowly", async () => {
    const handle = await store.openWrite(path("/f"), { mode: "replace" });
    const name = readdirSync(playground.root).find(isUploadName)!;
    utimesSync(host(name), 1, 1);
    const second = createDirectoryStore({ root: playground.root });
    expect(await second.swept).toBe(0);
    await second.close();
    await handle.commit();
    expect(await names(store, "/")).toEqual(["f"]);
  });

  it.skipIf(!isLinux)("of a thread that was ended are swept too", async () => {
    const script = `
      const { parentPort, workerData } = require("node:worker_threads");
      import(workerData.built).then(async ({ createDirectoryStore }) => {
        const handle = await createDirectoryStore({ root: workerData.root }).openWrite("/f", { mode: "replace" });
        await handle.write([new Uint8Array(100_000)]);
        parentPort.postMessage("writing");
        setInterval(() => undefined, 1_000);
      });`;
    const worker = new Worker(script, { eval: true, workerData: { built, root: playground.root } });
    await once(worker, "message");
    const name = readdirSync(playground.root).find(isUploadName)!;
    utimesSync(host(name), 1, 1);
    const early = createDirectoryStore({ root: playground.root });
    expect(await early.swept, "the thread is at work").toBe(0);
    await early.close();
    await worker.terminate();
    const late = createDirectoryStore({ root: playground.root });
    expect(await late.swept).toBe(1);
    await late.close();
    expect(readdirSync(playground.root)).toEqual([]);
  });

  it("don't keep an empty-looking directory from being removed", async () => {
    mkdirSync(host("d"));
    const dead = await deadProcess();
    writeFileSync(host(`d/${createUploadName().replace(`-${process.pid}-`, `-${dead}-`)}`), "x");
    await store.removeDirectory(path("/d"));
    expect(existsSync(host("d"))).toBe(false);
  });
});

/** Uploads one file again and again; each content is one letter, its length told in its first line. */
const UPLOADER = `
const { createDirectoryStore } = await import(process.argv[1]);
const store = createDirectoryStore({ root: process.argv[2] });
await store.swept;
process.stdout.write("ready");
for (let round = 0; ; round++) {
  const letter = 97 + (round % 26);
  const pieces = 1 + (round * 7) % 23;
  const handle = await store.openWrite("/d/f", { mode: "replace" });
  await handle.write([new TextEncoder().encode(String(pieces * 40_000).padEnd(19) + "\\n")]);
  for (let piece = 0; piece < pieces; piece++) await handle.write([new Uint8Array(40_000).fill(letter)]);
  await handle.commit();
}`;

/** How often to kill; more for a longer look. */
const KILLS = Number(process.env["PORTHOLE_KILLS"] ?? 30);

function isWhole(content: Buffer): boolean {
  const length = Number(content.subarray(0, 19).toString());
  const body = content.subarray(20);
  return body.length === length && body.every((byte) => byte === body[0]);
}

describe("a process killed at any moment of an upload", () => {
  it("leaves the old file or the new one, and nothing else after the next start", {
    timeout: 20_000 + KILLS * 4_000,
  }, async () => {
    mkdirSync(host("d"));
    let leftOvers = 0;
    // On a machine with much to do none may have come to its end by then.
    for (let round = 0; round < KILLS || !existsSync(host("d/f")); round++) {
      const args = ["--input-type=module", "-e", UPLOADER, built, playground.root];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      setTimeout(() => child.kill("SIGKILL"), ((round * 13) % 47) * Math.ceil((round + 1) / KILLS));
      await once(child, "close");
      leftOvers += readdirSync(host("d")).filter(isUploadName).length;
      if (existsSync(host("d/f"))) expect(isWhole(readFileSync(host("d/f"))), `round ${round}`).toBe(true);
    }
    const next = createDirectoryStore({ root: playground.root });
    await next.swept;
    await next.close();
    expect(leftOvers, "kills hit the middle of uploads").toBeGreaterThan(3);
    expect(readdirSync(host("d"))).toEqual(["f"]);
  });
});
