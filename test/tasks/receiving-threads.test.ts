/**
 * Large uploads, which other threads receive by turns: the same to a client in everything.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import type { Socket } from "node:net";
import { availableParallelism, constants as systemConstants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type {
  createDirectoryStore as CreateDirectoryStore,
  DirectoryStore,
  Store,
  WriteHandle,
} from "../../src/index.ts";
import { accelerator } from "../../src/native/accelerator.ts";
import type { ReceivingThreads } from "../../src/servers/ftp/receiver/receiving-threads.ts";
import type { createFtpServer as CreateFtpServer } from "../../src/servers/ftp/server.ts";
import type { FtpServerOptions } from "../../src/servers/ftp/settings.ts";
import { canMount } from "../stores/host.ts";
import { FtpTalk, reset, serveFtp, type TestFtp } from "../wire/ftp.ts";
import { pseudoRandom } from "../wire/ftp-site.ts";
import { until } from "./until.ts";

const { createFtpServer, createDirectoryStore } = (await import(
  new URL("../../dist/index.js", import.meta.url).href
)) as { createFtpServer: typeof CreateFtpServer; createDirectoryStore: typeof CreateDirectoryStore };

/** Of the server's thread. */
const { accelerator: serverAccelerator } = (await import(
  new URL("../../dist/native/accelerator.js", import.meta.url).href
)) as { accelerator: typeof accelerator };

const MIB = 1_048_576;
const big = pseudoRandom(64 * MIB);
let root: string;
let store: DirectoryStore;
const threads: Worker[] = [];
process.on("worker", (worker) => threads.push(worker));

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "porthole-receive-"));
  store = createDirectoryStore({ root });
  await store.swept;
});
afterEach(() => {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
});
afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

/** A server whose turns are counted. */
async function serve(options: Partial<FtpServerOptions> = {}) {
  const ftp = await serveFtp({ store, ...options }, createFtpServer);
  const { receivers } = ftp.server as unknown as { receivers: ReceivingThreads };
  const turns = { begun: 0, ended: 0 };
  const receive = receivers.receive.bind(receivers);
  receivers.receive = (order) => {
    turns.begun++;
    return receive(order).finally(() => turns.ended++);
  };
  return Object.assign(ftp, { turns, receivers });
}

type Counted = Awaited<ReturnType<typeof serve>>;

interface Flood {
  readonly talk: FtpTalk;
  readonly data: Socket;
  /** Sends no more; gives how much was sent, all of which is on its way then. */
  stop(): Promise<number>;
  [Symbol.dispose](): void;
}

/** An upload that sends for ever, as fast as it can. */
async function flood(ftp: TestFtp, command: string, session?: FtpTalk): Promise<Flood> {
  const talk = session ?? (await FtpTalk.login(ftp.port));
  const data = await talk.data();
  await talk.ask(command, 150);
  let sends = true;
  const sending = (async () => {
    let bytes = 0;
    for (; sends && !data.destroyed; bytes += 2 * MIB) {
      await new Promise((sent) => data.write(big.subarray(0, 2 * MIB), sent));
    }
    return bytes;
  })();
  return {
    talk,
    data,
    stop() {
      sends = false;
      return sending;
    },
    [Symbol.dispose]() {
      sends = false;
      data.destroy();
      talk[Symbol.dispose]();
    },
  };
}

/** A thread is there: also what is over soon has its turns. */
async function warm({ receivers }: Counted): Promise<void> {
  receivers.begin();
  await until(() => receivers.prepare(Number.POSITIVE_INFINITY));
  receivers.end();
}

const underWay = ({ turns }: Counted) => until(() => turns.begun > turns.ended && turns.ended > 0);
const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe.skipIf(accelerator().calls === undefined)("receiving threads", () => {
  it("keep nobody waiting for a thread that has not begun", async () => {
    await using ftp = await serve();
    const { receivers } = ftp;
    await warm(ftp);
    receivers.begin();
    receivers.begin();
    const before = threads.length;
    receivers.prepare(Number.POSITIVE_INFINITY); // begins the second one
    const order = { socket: -1, file: -1, atBytes: undefined, mostBytes: 1, pipe: undefined };
    const [first, second] = [receivers.receive(order), receivers.receive(order)];
    expect(await second).toBeUndefined();
    expect(await first).toMatchObject({ bytes: 0 });
    expect(threads.length).toBe(before + (availableParallelism() > 1 ? 1 : 0));
    receivers.end();
    receivers.end();
  });

  it("give the bytes that were sent, of new files, at the end of old ones and from a position on", async () => {
    await using ftp = await serve();
    using talk = await FtpTalk.login(ftp.port);
    for (const name of ["two", "three"]) await talk.store(`STOR ${name}`, big.subarray(0, 1000));
    const commands = ["STOR one", "APPE two", "STOR three", "STOU"];
    await Promise.all(
      commands.map(async (command, index) => {
        using own = await FtpTalk.login(ftp.port);
        if (command === "STOR three") await own.ask("REST 500", 350);
        const before = readdirSync(root);
        await own.store(command, big.subarray(index));
        if (command !== "STOU") return;
        const [name] = readdirSync(root).filter(
          (one) => !before.includes(one) && !one.startsWith(".") && !["one", "two", "three"].includes(one),
        );
        expect(readFileSync(join(root, String(name))).equals(big.subarray(index))).toBe(true);
      }),
    );
    expect(ftp.turns.begun).toBeGreaterThan(3);
    expect(readFileSync(join(root, "one")).equals(big)).toBe(true);
    expect(readFileSync(join(root, "two")).equals(Buffer.concat([big.subarray(0, 1000), big.subarray(1)]))).toBe(true);
    expect(readFileSync(join(root, "three")).equals(Buffer.concat([big.subarray(0, 500), big.subarray(2)]))).toBe(true);
    expect(readdirSync(root).length).toBe(4);
    const bytes = ftp.events.flatMap((event) => (event.type === "transfer-end" ? [event.bytes] : [])).slice(2);
    expect(bytes.sort()).toEqual([3, 2, 1, 0].map((less) => big.length - less));
  });

  it.each(["STOR one", "APPE one", "REST"])("give the bytes of one upload that is alone: %s", async (command) => {
    await using ftp = await serve();
    using talk = await FtpTalk.login(ftp.port);
    await talk.store("STOR one", big.subarray(0, 1000));
    let kept = command === "STOR one" ? 0 : 1000;
    if (command === "REST") await talk.ask("REST 500", 350);
    if (command === "REST") kept = 500;
    using one = await flood(ftp, command === "REST" ? "STOR one" : command, talk);
    // What cannot be spliced is as quick in the server's thread, as the first turn tells.
    await until(() => ftp.turns.ended > (command === "APPE one" ? 0 : 3));
    const bytes = await one.stop();
    one.data.end();
    await one.talk.expect(226);
    if (command === "APPE one") expect(ftp.turns.begun).toBe(1);
    const file = readFileSync(join(root, "one"));
    expect([file.length, file.subarray(0, kept).equals(big.subarray(0, kept))]).toEqual([kept + bytes, true]);
    for (let from = kept; from < file.length; from += 2 * MIB) {
      if (!file.subarray(from, from + 2 * MIB).equals(big.subarray(0, 2 * MIB))) throw new Error(`wrong at ${from}`);
    }
    expect(ftp.events.filter((event) => event.type === "transfer-end").at(-1)).toMatchObject({ bytes });
  });

  it("take a buffer where the system has no pipe for them, and are then for several uploads", async () => {
    const calls = serverAccelerator().calls!;
    const { widenPipe } = calls;
    calls.widenPipe = () => -systemConstants.errno.EPERM;
    onTestFinished(() => {
      calls.widenPipe = widenPipe;
    });
    await using ftp = await serve();
    await warm(ftp);
    const storeTwo = async () => {
      await Promise.all(
        ["one", "two"].map(async (name) => {
          using own = await FtpTalk.login(ftp.port);
          await own.store(`STOR ${name}`, big);
        }),
      );
      await until(() => ftp.server.sessions().length === 0);
    };
    await storeTwo(); // all threads are there
    const before = descriptors();
    let { begun } = ftp.turns;
    {
      using talk = await FtpTalk.login(ftp.port);
      await talk.store("STOR alone", big);
    }
    expect(ftp.turns.begun).toBe(begun + 1);
    begun = ftp.turns.begun;
    await storeTwo();
    expect(ftp.turns.begun).toBeGreaterThan(begun + 2);
    for (const name of ["alone", "one", "two"]) expect(readFileSync(join(root, name)).equals(big)).toBe(true);
    await until(() => descriptors() <= before);
  });

  it("keep nothing of a client who was killed, whose connection broke or who aborts", async () => {
    await using ftp = await serve();
    let before = 0;
    for (const end of ["killed", "reset", "abort", "kick"]) {
      const one = await flood(ftp, "STOR one");
      const other = await flood(ftp, "STOR other");
      await underWay(ftp);
      if (end === "killed") {
        one.talk.socket.destroy();
        one.data.destroy();
      }
      if (end === "reset") reset(one.data);
      if (end === "abort") one.talk.send("ABOR");
      if (end === "kick") ftp.server.kick(ftp.server.sessions().at(0)?.sessionId ?? 0);
      if (end === "reset" || end === "abort") await one.talk.expect(426);
      if (end === "abort") await one.talk.expect(226);
      await other.stop();
      other.data.end();
      await other.talk.expect(226);
      await until(() => readdirSync(root).join() === "other");
      rmSync(join(root, "other"));
      one[Symbol.dispose]();
      other[Symbol.dispose]();
      await until(() => ftp.server.sessions().length === 0 && ftp.turns.begun === ftp.turns.ended);
      if (end === "killed") before = descriptors(); // with those of the threads
    }
    await until(() => descriptors() <= before);
  });

  it("do not keep a client from stalling", async () => {
    await using ftp = await serve({ stallTimeout: 1 });
    using one = await flood(ftp, "STOR one");
    using other = await flood(ftp, "STOR other");
    await underWay(ftp);
    await one.stop();
    await one.talk.expect(426, 5_000);
    await other.stop();
    other.data.end();
    await other.talk.expect(226);
    expect(readdirSync(root)).toEqual(["other"]);
  });

  it("receive as much as may come, and not one octet more", async () => {
    const most = 40 * MIB + 1;
    await using ftp = await serve({ maxUploadBytes: most });
    await warm(ftp);
    await Promise.all(
      [most - 1, most, most + 1, big.length].map(async (bytes) => {
        using talk = await FtpTalk.login(ftp.port);
        const data = await talk.data();
        await talk.ask(`STOR ${bytes}`, 150);
        data.end(big.subarray(0, bytes));
        await talk.expect(bytes <= most ? 226 : 552);
      }),
    );
    expect(ftp.turns.begun).toBeGreaterThan(0);
    expect(readdirSync(root).sort()).toEqual([String(most - 1), String(most)]);
    for (const name of readdirSync(root)) {
      expect(readFileSync(join(root, name)).equals(big.subarray(0, Number(name)))).toBe(true);
    }
  });

  it.skipIf(!canMount()).each([1, 2])("tell that the disk is full; uploads: %i", async (count) => {
    await using ftp = await serve();
    await warm(ftp);
    const disk = join(root, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${count * 250}m`, "tmpfs", disk]);
    try {
      const floods = await Promise.all([..."ab"].slice(0, count).map((name) => flood(ftp, `STOR disk/${name}`)));
      for (const { talk } of floods) expect((await talk.reply()).code).toBe(452);
      for (const one of floods) one[Symbol.dispose]();
      expect(ftp.turns.begun).toBeGreaterThan(0);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });

  it("that a disk holds up cost the uploads that wait for it, not the server", async () => {
    const pipe = join(root, "pipe");
    execFileSync("mkfifo", [pipe]);
    const full = openSync(pipe, "r+");
    const reads = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    /** A file that takes 64 KiB, and the next ones when somebody has read the pipe. */
    const lend: WriteHandle["lend"] = async (writeTo) => void (await writeTo({ descriptor: full, atBytes: undefined }));
    const openWrite: Store["openWrite"] = async (path, options) => {
      const handle = await store.openWrite(path, options);
      return {
        path,
        lend,
        write: (chunks) => handle.write(chunks),
        openUncommitted: () => handle.openUncommitted(),
        commit: () => handle.commit(),
        abort: () => handle.abort(),
      };
    };
    const held = new Proxy(store, {
      get: (target, name) => (name === "openWrite" ? openWrite : Reflect.get(target, name)),
    });
    await using ftp = await serve({ store: held, storeTimeout: 1 });
    using one = await flood(ftp, "STOR one");
    using other = await flood(ftp, "STOR other");
    const codes = [(await one.talk.reply()).code, (await other.talk.reply()).code];
    expect(codes).toEqual([451, 451]);
    await one.talk.ask("NOOP", 200);
    expect(ftp.turns.begun).toBeGreaterThan(ftp.turns.ended);
    const chunk = Buffer.alloc(MIB);
    await until(() => {
      try {
        readSync(reads, chunk);
      } catch {
        // nothing is in it for the moment
      }
      return ftp.turns.begun === ftp.turns.ended;
    });
    await until(() => readdirSync(root).join() === "pipe");
    closeSync(reads);
    closeSync(full);
  });

  it("that die end the uploads that they have, and no other", async () => {
    await using ftp = await serve();
    const before = threads.length;
    const open = descriptors();
    using one = await flood(ftp, "STOR one");
    using other = await flood(ftp, "STOR other");
    await underWay(ftp);
    for (const thread of threads.slice(before)) await thread.terminate();
    await until(() => ftp.events.some(({ type }) => type === "error"));
    for (const { talk, data, stop } of [one, other]) {
      await stop();
      data.end();
      expect([226, 426, 451]).toContain((await talk.reply()).code);
      await talk.ask("NOOP", 200);
    }
    const kept = ftp.events.filter((event) => event.type === "transfer-end" && event.result === "complete").length;
    expect(kept).toBeLessThan(2);
    expect(readdirSync(root).length).toBe(kept);
    for (const thread of threads.slice(before)) await thread.terminate();
    for (const flooding of [one, other]) flooding[Symbol.dispose]();
    await until(() => ftp.server.sessions().length === 0 && descriptors() <= open);
  });

  it("end with their server, also while turns are under way", async () => {
    const before = threads.length;
    const ftp = await serve();
    using _one = await flood(ftp, "STOR one");
    using _other = await flood(ftp, "STOR other");
    await underWay(ftp);
    const ended = threads.slice(before).map((thread) => new Promise((end) => thread.once("exit", end)));
    expect(ended.length).toBeGreaterThan(0);
    await ftp.server.close({ graceSeconds: 0 });
    await Promise.all(ended);
    expect(readdirSync(root)).toEqual([]);
  });

  it("are not made for a small upload, nor without the accelerator", async () => {
    const before = threads.length;
    await using alone = await serve();
    await using plain = await serve({ accelerator: false });
    using talk = await FtpTalk.login(alone.port);
    await talk.store("STOR one", big.subarray(0, 12 * MIB));
    using one = await FtpTalk.login(plain.port);
    using other = await FtpTalk.login(plain.port);
    await Promise.all([one.store("STOR two", big), other.store("STOR three", big)]);
    expect(threads.length).toBe(before);
  });
});
