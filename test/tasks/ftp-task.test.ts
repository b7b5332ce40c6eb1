import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { Client } from "basic-ftp";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { FtpServerEvent } from "../../src/contracts/events.ts";
import { createMemoryStore } from "../../src/stores/memory.ts";
import type { FtpTask, FtpTaskConfig, FtpTaskOptions } from "../../src/tasks/ftp-task.ts";
import { makeBusy, type Program, startProgram } from "./program.ts";
import { until } from "./until.ts";

const { createFtpTask } = (await import(new URL("../../dist/tasks/ftp-task.js", import.meta.url).href)) as {
  createFtpTask: (config: FtpTaskConfig) => FtpTask;
};

const base = mkdtempSync(join(tmpdir(), "porthole-ftp-task-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const newRoot = (): string => mkdtempSync(join(base, "root-"));

let task: FtpTask | undefined;
let program: Program | undefined;
const clients: Client[] = [];
const events: FtpServerEvent[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  program?.kill();
  task?.stop({ force: true });
  await task?.stopped;
  events.length = 0;
});

function start(options: FtpTaskOptions): FtpTask {
  task = createFtpTask({ onEvent: (event) => events.push(event) });
  expect(task.start({ port: 0, ...options }), task.lastError?.message).toBe(true);
  return task;
}

const portOf = (one: FtpTask): number => Number(one.status()[4][0]?.split(":").at(-1));

async function connected(port: number, password = "python", user = "micro"): Promise<Client> {
  const client = new Client(10_000);
  clients.push(client);
  await client.access({ host: "127.0.0.1", port, user, password });
  return client;
}

const upload = (client: Client, name: string, content: string | Buffer) =>
  client.uploadFrom(Readable.from([Buffer.from(content)]), name);

async function download(client: Client, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  await client.downloadTo(
    new Writable({
      write(chunk, _, done) {
        parts.push(chunk);
        done();
      },
    }),
    name,
  );
  return Buffer.concat(parts);
}

describe("network.ftp as the device has it", () => {
  it("tells its states, texts and addresses, and refuses to go while a client is in", async () => {
    const one = start({ root: newRoot() });
    expect(one.status()).toEqual([2, 0, "Ready", "Data: Disconnected", [expect.stringMatching(/^127\.0\.0\.1:\d+$/)]]);
    expect(one.stack()).not.toBe(-1);
    const client = await connected(portOf(one));
    await until(() => one.status()[0] === 7);
    expect(one.pause()).toBe(false);
    expect(one.stop()).toBe(false);
    expect(one.lastError?.message).toContain("force: true");
    expect(one.pause({ force: true })).toBe(true);
    expect(one.status()).toEqual([0, 0, "Disabled", "Data: Disconnected", []]);
    await expect(client.pwd()).rejects.toThrow();
    expect(one.resume()).toBe(true);
    const again = await connected(portOf(one));
    await again.pwd();
    again.close();
    await until(() => one.status()[0] === 2);
    expect(one.stop()).toBe(true);
    expect(one.status()).toEqual([-1, 0, "Not started", "Data: Disconnected", []]);
    expect(one.stack()).toBe(-1);
  });

  it("shows a transfer while it runs, in numbers and texts", async () => {
    const root = newRoot();
    writeFileSync(join(root, "big"), randomBytes(40_000_000));
    const one = start({ root });
    const client = await connected(portOf(one));
    const seen = new Set<string>();
    const slow = new Writable({
      highWaterMark: 1,
      write(_, __, done) {
        seen.add(`${one.status()[0]} ${one.status()[2]}, ${one.status()[3]}`);
        setTimeout(done, 1);
      },
    });
    await client.downloadTo(slow, "big");
    expect([...seen]).toContain("5 Sending file, Data: Connected");
    await until(() => one.status()[1] === 0);
  });

  it("tells the end of an upload while the program looks at it, and what each short step is", async () => {
    let decide: (() => void) | undefined;
    const one = start({
      root: newRoot(),
      onUpload: () => new Promise((resolve) => (decide = () => resolve(undefined))),
    });
    const client = await connected(portOf(one));
    const uploading = upload(client, "a.txt", "content");
    await until(() => one.status()[0] === 3 && decide !== undefined);
    expect(one.status()[2]).toBe("EndTransfer");
    decide?.();
    await uploading;
    await until(() => one.status()[0] === 7);
    await client.send("EPSV");
    await until(() => one.status()[1] === 1);
    expect(one.status().slice(0, 4)).toEqual([7, 1, "Connected", "Data: Listen"]);
  });

  it("changes the credentials of a running task by start(), and keeps what is not given", async () => {
    const one = start({ root: newRoot(), user: "micro", password: "first" });
    const port = portOf(one);
    expect(one.start({ password: "second" })).toBe(true);
    await expect(connected(port, "first")).rejects.toThrow(/530/);
    await (await connected(port, "second")).pwd();
    expect(portOf(one)).toBe(port);
  });

  it("never lets the default password back in where others can reach it", () => {
    const one = start({ root: newRoot(), host: "0.0.0.0", password: "of my own" });
    expect(one.status()[4][0]).toMatch(/^0\.0\.0\.0:/);
    expect(one.start({ password: "python" })).toBe(false);
    expect(one.lastError?.message).toContain("default password");
    one.stop();
    expect(one.start({ root: newRoot(), host: "0.0.0.0", port: 0 })).toBe(true);
    expect(one.status()[4][0]).toMatch(/^127\.0\.0\.1:/);
  });

  it("throws for wrong options and changes nothing, and gives false for a busy port", async () => {
    task = createFtpTask({ onEvent: (event) => events.push(event) });
    const one = task;
    const wrong = (options: object) => () => one.start({ port: 0, ...options } as FtpTaskOptions);
    expect(wrong({ buffsize: 1 })).toThrow(RangeError);
    expect(wrong({ timeout: 0 })).toThrow(RangeError);
    expect(wrong({ colour: 1 })).toThrow("ftp.start: there is no option colour");
    expect(wrong({ port: 70_000 })).toThrow("ftp.start: port is 70000; it must be at most 65535");
    expect(wrong({ limits: "device", buffsize: 20_000 })).toThrow('ftp.start: with limits "device" buffsize');
    expect(wrong({ passivePorts: { from: 9, to: 8 } })).toThrow("ftp.start: passivePorts is 9-8");
    expect(wrong({ user: "a", authenticate: () => undefined })).toThrow("ftp.start: give authenticate, or users");
    expect(wrong({ root: "/a", store: createMemoryStore() })).toThrow("one of root, mounts and store");
    expect(wrong({ root: join(base, "not-there") })).toThrow(/not-there/);
    expect(wrong({ mounts: { "/a/b": base } })).toThrow("cannot mount at /a/b");
    expect(wrong({ mounts: { "/a": 5 } })).toThrow("directories, stores or modules");
    expect(wrong({ store: { module: "data:text/javascript,export const x = 1" } })).toThrow("no default export");
    expect(wrong({ passiveHost: "here" })).toThrow("passiveHost");
    expect(wrong({ store: 5 })).toThrow("a store, { module } or a function that gives one");
    expect(wrong({ store: () => base, root: base })).toThrow("one of root, mounts and store");
    expect(one.status()[0]).toBe(-1);
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    expect(one.start({ port: (blocker.address() as { port: number }).port, root: base })).toBe(false);
    expect(one.lastError).toMatchObject({ code: "PORTHOLE_ERR_ADDRESS_IN_USE" });
    blocker.close();
  });
});

describe("the files of an FTP task", () => {
  it("serves a directory, and leaves nothing of an upload that stop() broke", async () => {
    const root = newRoot();
    const one = start({ root });
    const client = await connected(portOf(one));
    await upload(client, "a.txt", "hello");
    expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("hello");
    let more = true;
    const endless = new Readable({
      read() {
        setTimeout(() => this.push(more ? Buffer.alloc(65_536) : null), 2);
      },
    });
    const broken = client.uploadFrom(endless, "half").catch((error: Error) => error);
    await until(() => one.status()[0] === 6 && readdirSync(root).length > 1);
    expect(one.stop({ force: true })).toBe(true);
    expect(readdirSync(root)).toEqual(["a.txt"]);
    more = false;
    expect(await broken).toBeInstanceOf(Error);
  });

  it("serves mounts of any kind side by side", async () => {
    const root = newRoot();
    writeFileSync(join(root, "on-disk"), "disk");
    const memory = createMemoryStore();
    const module = new URL("./fixtures/module-store.mjs", import.meta.url);
    const one = start({
      mounts: { "/flash": root, "/sd": memory, "/lib": { module, options: { files: { "/x": "from a module" } } } },
    });
    const client = await connected(portOf(one));
    expect((await client.list("/")).map((entry) => entry.name).sort()).toEqual(["flash", "lib", "sd"]);
    expect((await download(client, "/flash/on-disk")).toString()).toBe("disk");
    expect((await download(client, "/lib/x")).toString()).toBe("from a module");
    await upload(client, "/sd/new", "in memory");
    expect((await memory.stat("/new" as never)).sizeBytes).toBe(9);
  });

  it("serves a store of the program's thread, and tells its refusals as the store means them", async () => {
    const store = createMemoryStore({ capEntries: 1 });
    const one = start({ store });
    const client = await connected(portOf(one));
    const content = randomBytes(2_000_000);
    await upload(client, "f", content);
    const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    expect(hash(await download(client, "f"))).toBe(hash(content));
    await expect(upload(client, "g", content)).rejects.toThrow(/452/);
    await expect(client.cd("/none")).rejects.toThrow(/550/);
    client.close();
    await until(() => one.status()[0] === 2);
    one.stop();
    await one.stopped;
    expect((await store.stat("/f" as never)).sizeBytes).toBe(2_000_000);
  });

  it("gives up an upload into a store of the program's thread when the task is stopped", async () => {
    const store = createMemoryStore();
    const before = await store.freeBytes("/" as never);
    const one = start({ store });
    const client = await connected(portOf(one));
    const endless = new Readable({
      read() {
        setTimeout(() => this.push(Buffer.alloc(65_536)), 2);
      },
    });
    const broken = client.uploadFrom(endless, "half").catch((error: Error) => error);
    await until(async () => (await store.freeBytes("/" as never)) < before - 200_000);
    expect(one.stop({ force: true })).toBe(true);
    expect(await broken).toBeInstanceOf(Error);
    await until(async () => (await store.freeBytes("/" as never)) === before);
    endless.destroy();
  });

  it("asks the program about logins and finished uploads", async () => {
    const one = start({
      root: newRoot(),
      async authenticate(user) {
        return user === "micro" ? { user, rights: new Set(["list", "read", "write"] as const) } : undefined;
      },
      async onUpload(file) {
        let size = 0;
        for await (const chunk of file.chunks()) size += chunk.length;
        const hash = await file.sha256();
        return file.path.endsWith(".exe")
          ? `${size} bytes ${hash.slice(0, 8)} from ${file.user}: no programs`
          : undefined;
      },
    });
    const client = await connected(portOf(one));
    await upload(client, "good.txt", "x".repeat(300_000));
    const hash = createHash("sha256").update("bad").digest("hex").slice(0, 8);
    await expect(upload(client, "bad.exe", "bad")).rejects.toThrow(`550 3 bytes ${hash} from micro: no programs`);
    expect((await client.list()).map((entry) => entry.name)).toEqual(["good.txt"]);
    await expect(client.remove("good.txt")).rejects.toThrow(/550/);
  });

  it("asks the program for each account's files: a directory, a store or a module", async () => {
    const memory = createMemoryStore();
    const [anna, gone] = [newRoot(), join(base, "not-there-yet")];
    const module = new URL("./fixtures/module-store.mjs", import.meta.url);
    const asked: string[] = [];
    const one = start({
      authenticate: async (user) => ({ user, rights: new Set(["list", "read", "write"] as const) }),
      async store({ user, rights }) {
        asked.push(`${user} ${[...rights].join()}`);
        if (user === "anna") return anna;
        if (user === "bert") return memory;
        if (user === "cleo") return { module, options: { files: {} } };
        if (user === "dora") return gone;
        return undefined as never;
      },
    });
    const as = (user: string) => connected(portOf(one), "any", user);
    for (const user of ["anna", "bert", "cleo", "anna", "bert"]) {
      const client = await as(user);
      await upload(client, `of-${user}`, user);
      expect((await download(client, `of-${user}`)).toString()).toBe(user);
      client.close();
    }
    expect(asked[0]).toBe("anna list,read,write");
    expect(readdirSync(anna)).toEqual(["of-anna"]);
    const both = [await as("bert"), await as("anna")] as const;
    expect((await both[0].list()).map(({ name }) => name)).toEqual(["of-bert"]);
    // What cannot be opened lets nobody in, says why, and is tried again.
    for (const [user, why] of [
      ["dora", "not-there-yet"],
      ["emil", "it must give a directory, a store or { module }"],
    ] as const) {
      await expect(as(user)).rejects.toThrow(/530/);
      await until(() => events.some((event) => event.type === "error" && event.message.includes(why)));
    }
    mkdirSync(gone);
    await upload(await as("dora"), "now", "x");
    await until(() => existsSync(join(gone, "now")));
  });

  it("asks the program what PASV is to tell, once a session", async () => {
    const asked: string[] = [];
    const answers = ["192.0.2.7", undefined, "no-address"];
    const one = start({
      root: newRoot(),
      passiveHost: (client) => {
        asked.push(client);
        return answers[asked.length - 1];
      },
    });
    const told: string[] = [];
    for (const _ of answers) {
      const client = await connected(portOf(one));
      for (let round = 0; round < 2; round++)
        told.push((await client.send("PASV")).message.replace(/.*\(|,\d+,\d+\).*/g, ""));
      client.close();
    }
    expect(told).toEqual(["192,0,2,7", "192,0,2,7", ...Array<string>(4).fill("127,0,0,1")]);
    expect(asked).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    await until(() => events.some((event) => event.type === "error" && event.message.includes("no-address")));
  });

  it("tells the program what happens, and no password", async () => {
    const one = start({ root: newRoot() });
    await expect(connected(portOf(one), "wr0ng-secret")).rejects.toThrow(/530/);
    const client = await connected(portOf(one));
    await upload(client, "f", "content");
    await until(() => events.some((event) => event.type === "transfer-end"));
    const types = events.map((event) => event.type);
    for (const type of ["listening", "connected", "login-failed", "logged-in", "transfer-start"]) {
      expect(types).toContain(type);
    }
    expect(JSON.stringify(events)).not.toContain("wr0ng-secret");
  });
});

describe("an FTP task beside a program in a loop", () => {
  it("carries files both ways, logs in and lists, while the program's own thread does nothing else", async () => {
    const root = newRoot();
    const content = randomBytes(20_000_000);
    writeFileSync(join(root, "down"), content);
    program = await startProgram("ftp-program.mjs", [], { FTP_ROOT: root });
    const { goesOn, letGo } = await makeBusy();
    const looping = program.ask(`{ while (${goesOn}); 'loop over' }`);
    let loopOver = false;
    void looping.then(() => {
      loopOver = true;
    });
    const client = await connected(program.port);
    expect((await client.list()).map((entry) => entry.name)).toEqual(["down"]);
    expect((await download(client, "down")).equals(content)).toBe(true);
    await upload(client, "up", content);
    expect(readFileSync(join(root, "up")).equals(content)).toBe(true);
    expect(loopOver).toBe(false);
    letGo();
    expect(await looping).toBe("loop over");
    await until(async () => ((await program?.ask("events.length")) as number) > 5);
  });

  it("ends with its program", async () => {
    program = await startProgram("ftp-program.mjs", [], { FTP_ROOT: newRoot() });
    program.child.stdin.end();
    const [code] = (await once(program.child, "exit")) as [number];
    expect(code).toBe(0);
    expect(program.stderr()).toBe("");
    expect(existsSync(base)).toBe(true);
  });
});
