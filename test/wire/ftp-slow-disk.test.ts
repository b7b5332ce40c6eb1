/** A disk that takes its time holds up who reads from it, and nobody else. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDirectoryStore, type DirectoryStore } from "../../src/index.ts";
import { canMount, createPlayground } from "../stores/host.ts";
import { FtpTalk, serveFtp } from "./ftp.ts";

/** More than what goes by sendfile. */
const SLOW_BYTES = 300_000;
const LEAST_READ_BYTES = 65_536;
const DELAY_MS = 900;
const quick = Buffer.alloc(3_000_000);
for (let i = 0; i < quick.length; i++) quick[i] = (i * 13) >> 6;

describe.skipIf(!canMount() || !existsSync("/dev/fuse"))("a download from a slow disk", () => {
  let store: DirectoryStore;
  let tearDown: () => Promise<void>;

  beforeAll(async () => {
    const { root, remove } = createPlayground("slow");
    mkdirSync(join(root, "slow"));
    writeFileSync(join(root, "quick"), quick);
    const script = fileURLToPath(new URL("../stores/slow-file-system.mjs", import.meta.url));
    const disk = spawn(process.execPath, [script, join(root, "slow"), String(SLOW_BYTES), String(DELAY_MS)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(disk, "close");
    await once(disk.stdout, "data");
    store = createDirectoryStore({ root });
    tearDown = async () => {
      await store.close();
      execFileSync("umount", ["-l", join(root, "slow")]);
      disk.kill();
      await ended;
      remove();
    };
  });

  afterAll(() => tearDown());

  it.each([true, false])("holds up nobody else (accelerator: %s)", async (accelerator) => {
    await using ftp = await serveFtp({ store, accelerator, stallTimeout: 1 });
    const talks = await Promise.all(Array.from({ length: 8 }, () => FtpTalk.login(ftp.port)));
    const [watch, one, other, ...patient] = talks as [FtpTalk, FtpTalk, FtpTalk, ...FtpTalk[]];
    for (const talk of [one, other]) expect((await talk.retrieve("RETR quick")).equals(quick)).toBe(true);
    let done = false;
    // More of them than Node has threads.
    const slow = Promise.all(patient.map((talk) => talk.retrieve("RETR slow/f"))).finally(() => {
      done = true;
    });
    let answers = 0;
    const asking = (async () => {
      for (; !done; answers++) await watch.ask("NOOP", 200);
    })();
    while (!done) {
      const both = await Promise.all([one.retrieve("RETR quick"), other.retrieve("RETR quick")]);
      for (const content of both) expect(content.equals(quick)).toBe(true);
    }
    await asking;
    for (const content of await slow) {
      expect(content.length).toBe(SLOW_BYTES);
      expect(content.every((byte, index) => byte === index % 251)).toBe(true);
    }
    // Of a server that is held up, one an arrival from the disk: at most so many.
    const reads = patient.length * Math.ceil(SLOW_BYTES / LEAST_READ_BYTES);
    expect(answers).toBeGreaterThan(2 * reads);
    for (const talk of talks) talk[Symbol.dispose]();
  });
});
