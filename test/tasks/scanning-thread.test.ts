/**
 * Large directories, which another thread helps to read: the same in a listing, whatever becomes of directory and thread.
 */
import { execFile } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { createDirectoryStore as CreateDirectoryStore, DirectoryStore, Entry } from "../../src/index.ts";
import { accelerator } from "../../src/native/accelerator.ts";
import type { SystemCalls } from "../../src/native/system-calls.ts";
import type * as DirectoryScanners from "../../src/stores/directory/scan/directory-scanner.ts";
import type * as ScanningThreads from "../../src/stores/directory/scan/scanning-thread.ts";
import { openDescriptors, path } from "../stores/host.ts";
import { FtpTalk, serveFtp } from "../wire/ftp.ts";
import { permissionArgs } from "./program.ts";
import { NODE } from "./runtimes.ts";
import { until } from "./until.ts";

const dist = new URL("../../dist/", import.meta.url).href;
const { createDirectoryStore } = (await import(`${dist}index.js`)) as {
  createDirectoryStore: typeof CreateDirectoryStore;
};
const { scanningThread, ScanningThread }: typeof ScanningThreads = await import(
  `${dist}stores/directory/scan/scanning-thread.js`
);
const { DirectoryScanner }: typeof DirectoryScanners = await import(
  `${dist}stores/directory/scan/directory-scanner.js`
);

const FILES = 10_000;
/** Files, a directory, and a link to a file. */
const SHOWN = FILES + 2;
let base: string;
let root: string;
let store: DirectoryStore;
/** Those that are there. */
const threads = new Set<Worker>();
process.on("worker", (worker) => {
  threads.add(worker);
  worker.once("exit", () => threads.delete(worker));
});
const ordered = vi.spyOn(ScanningThread.prototype, "order");

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "porthole-scan-"));
  root = join(base, "root");
  fill("large");
  store = createDirectoryStore({ root });
  await store.swept;
});
afterEach(() => ordered.mockClear());
afterAll(async () => {
  await store.close();
  rmSync(base, { recursive: true });
});

function fill(name: string, files: number = FILES): void {
  const directory = join(root, name);
  mkdirSync(join(directory, "directory"), { recursive: true });
  for (let index = 0; index < files; index++) writeFileSync(join(directory, `file-${index}`), "x".repeat(index % 7));
  writeFileSync(join(base, "secret"), "secret");
  symlinkSync("file-6", join(directory, "link"));
  symlinkSync("../../secret", join(directory, "link that leads out"));
  symlinkSync("nowhere", join(directory, "link that leads nowhere"));
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x61, 0xff])]), "");
}

async function list(name = "/large", from: DirectoryStore = store): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const batch of from.list(path(name))) entries.push(...batch);
  return entries;
}

/** Lists while the directory changes; names that are told twice are an error. */
async function listChanging(name: string, change: (batch: readonly Entry[]) => void): Promise<Set<string>> {
  const seen = new Set<string>();
  for await (const batch of store.list(path(name))) {
    for (const entry of batch) {
      expect(seen.has(entry.name), entry.name).toBe(false);
      seen.add(entry.name);
    }
    change(batch);
  }
  return seen;
}

describe.skipIf(accelerator().calls === undefined || availableParallelism() < 2)("the scanning thread", () => {
  it("is made for the first large directory, and ended when none comes any more", async () => {
    mkdirSync(join(root, "small"));
    for (let index = 0; index < 1_000; index++) writeFileSync(join(root, "small", `file-${index}`), "");
    expect(await list("/small")).toHaveLength(1_000);
    expect(await list("/large", createDirectoryStore({ root, accelerator: false }))).toHaveLength(SHOWN);
    expect(threads.size).toBe(0);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    /** Its only timer runs again: it has answered all. */
    const rests = async () => {
      while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    try {
      expect(await list()).toHaveLength(SHOWN);
      await scanningThread()?.begun;
      expect(await list()).toHaveLength(SHOWN);
      expect(ordered).toHaveBeenCalled();
      expect(threads.size).toBe(1);
      await rests();
      vi.advanceTimersByTime(29_000);
      expect(await list()).toHaveLength(SHOWN);
      await rests();
      vi.advanceTimersByTime(29_000);
      const [thread] = threads;
      const ended = new Promise((resolve) => thread?.once("exit", resolve));
      vi.advanceTimersByTime(2_000);
      await ended;
    } finally {
      vi.useRealTimers();
    }
    expect(await list()).toHaveLength(SHOWN);
    expect(threads.size).toBe(1);
  });

  it("tells what is there, each once, and nothing of where links lead out", async () => {
    await scanningThread()?.begun;
    const entries = await list();
    expect(ordered).toHaveBeenCalled();
    const names = readdirSync(join(root, "large")).filter((name) => !/leads|\uFFFD/.test(name));
    expect(entries.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const { name, type, sizeBytes, modifiedMs, mode } of entries) {
      const stats = lstatSync(join(root, "large", name === "link" ? "file-6" : name));
      expect({ name, type, sizeBytes, modifiedMs, mode }).toEqual({
        name,
        type: name === "directory" ? "directory" : "file",
        sizeBytes: name === "directory" ? 0 : stats.size,
        modifiedMs: Math.floor(stats.mtimeMs),
        mode: stats.mode & 0o777,
      });
    }
  });

  it("serves several listings at once, over FTP too", async () => {
    await scanningThread()?.begun;
    await using ftp = await serveFtp({ store });
    const before = openDescriptors();
    const commands = ["LIST large", "MLSD large", "NLST large", "LIST large", "MLSD large"];
    const lines = await Promise.all(
      commands.map(async (command) => {
        using talk = await FtpTalk.login(ftp.port);
        return (await talk.retrieve(command)).toString().split("\r\n").length - 1;
      }),
    );
    expect(lines).toEqual(commands.map(() => SHOWN));
    const found = await Promise.all(Array.from({ length: 8 }, () => list()));
    expect(found.map(({ length }) => length)).toEqual(Array(8).fill(SHOWN));
    await until(() => openDescriptors() <= before);
  });

  it("reads 25,000 names", async () => {
    fill("huge", 25_000);
    await scanningThread()?.begun;
    const entries = await list("/huge");
    expect(new Set(entries.map(({ name }) => name)).size).toBe(25_002);
    expect(entries).toHaveLength(25_002);
  });

  it("tells nothing twice of a directory that changes meanwhile, or is removed", async () => {
    await scanningThread()?.begun;
    fill("changing");
    let index = 0;
    const seen = await listChanging("/changing", () => {
      for (let more = 0; more < 100 && index < FILES; more++) unlinkSync(join(root, "changing", `file-${index++}`));
    });
    expect(seen.size).toBeGreaterThanOrEqual(FILES - index);
    await listChanging("/changing", () => rmSync(join(root, "changing"), { recursive: true, force: true }));
    expect(ordered).toHaveBeenCalled();
  });

  it("is let go by a listing that is left", async () => {
    await scanningThread()?.begun;
    const before = openDescriptors();
    for (let round = 1; round <= 20; round++) {
      let batches = 0;
      for await (const _ of store.list(path("/large"))) if (++batches === round) break;
    }
    expect(ordered).toHaveBeenCalled();
    await until(() => openDescriptors() <= before);
    expect(await list()).toHaveLength(SHOWN);
  });

  it("reads a slow directory alone, after the first few names", async () => {
    const calls = accelerator().calls as SystemCalls;
    const counts: number[] = [];
    const scanner = new DirectoryScanner(join(root, "large"), {
      ...calls,
      scanDirectory: (...given) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
        const count = calls.scanDirectory(...given);
        counts.push(count);
        return count;
      },
    });
    const found = new Set<string>();
    while (await scanner.next((name) => found.add(name)));
    scanner.close();
    expect(found.size).toBe(SHOWN + 2); // with the links that lead nowhere
    expect(counts).toHaveLength(1);
    expect(counts[0]).toBeLessThan(50);
  });

  it("keeps a program as long as its listing needs it, and no longer", async () => {
    const program = `
      const { createDirectoryStore } = await import("${dist}index.js");
      const { scanningThread } = await import("${dist}stores/directory/scan/scanning-thread.js");
      const store = createDirectoryStore({ root: ${JSON.stringify(root)}, readOnly: true });
      for (let round = 0; round < 4; round++) {
        let count = 0;
        for await (const batch of store.list("/large")) count += batch.length;
        await scanningThread().begun;
        console.log(count);
      }`;
    const args = ["--input-type=module", "-e", program];
    const { stdout } = await promisify(execFile)(NODE, args, { timeout: 20_000 });
    expect(stdout).toBe(`${SHOWN}\n`.repeat(4));
  });

  it("cannot be had under --permission: then its reader is alone", async () => {
    const program = `
      const { createDirectoryStore } = await import("${dist}index.js");
      process.on("worker", () => console.log("a thread"));
      let count = 0;
      for (let round = 0; round < 4; round++)
        for await (const batch of createDirectoryStore({ root: ${JSON.stringify(root)}, readOnly: true }).list("/large"))
          count += batch.length;
      console.log(count);`;
    const flags = permissionArgs().filter((flag) => flag !== "--allow-worker");
    const addons = process.allowedNodeEnvironmentFlags.has("--allow-addons") ? ["--allow-addons"] : [];
    const args = [...flags, ...addons, "--input-type=module", "-e", program];
    expect((await promisify(execFile)(NODE, args)).stdout.trim()).toBe(String(4 * SHOWN));
  });

  // The last one: after three there is no further thread.
  it("that dies fails the listings that it was at, and no later one", async () => {
    const before = openDescriptors();
    let deaths = 0;
    for (; scanningThread() !== undefined; deaths++) {
      await scanningThread()?.begun;
      await list();
      const listings = Array.from({ length: 4 }, () => list().catch((error: Error) => error));
      await until(() => ordered.mock.calls.length > 0);
      for (const thread of threads) await thread.terminate();
      for (const found of await Promise.all(listings)) {
        if (found instanceof Error) expect(found).toMatchObject({ kind: "failed" });
        else expect(found).toHaveLength(SHOWN);
      }
      ordered.mockClear();
    }
    expect(deaths).toBe(3);
    expect(await list()).toHaveLength(SHOWN);
    await until(() => openDescriptors() <= before);
  });
});
