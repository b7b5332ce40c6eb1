/**
 * Private transfers whose TLS is done by another thread: the same to a client in everything.
 */
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as secureConnect, type TLSSocket } from "node:tls";
import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accelerator } from "../../src/native/accelerator.ts";
import { keepSelfSigned } from "../../src/owner-files/self-signed.ts";
import type { createFtpServer as CreateFtpServer } from "../../src/servers/ftp/server.ts";
import type { FtpServerOptions } from "../../src/servers/ftp/settings.ts";
import { FtpTalk, getFile, namesIn, openData, putFile, readAll, reset, serveFtp, type TestFtp } from "../wire/ftp.ts";
import { until } from "./until.ts";

const { createFtpServer } = (await import(new URL("../../dist/index.js", import.meta.url).href)) as {
  createFtpServer: typeof CreateFtpServer;
};

let directory: string;
let tls: { cert: string; key: string };
const big = Buffer.alloc(3_000_000);
for (let i = 0; i < big.length; i++) big[i] = (i * 31) >> 3;
const huge = Buffer.alloc(40_000_000, big);

const threads: Worker[] = [];
process.on("worker", (worker) => threads.push(worker));

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "porthole-cipher-"));
  tls = await keepSelfSigned(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const descriptors = (): number => readdirSync("/proc/self/fd").length;
const away = ({ server }: TestFtp): number =>
  (server as unknown as { readonly ciphers: { readonly away: number } }).ciphers.away;

/** A server that has one private upload under way in its own thread. */
async function serveBusy(options: Partial<FtpServerOptions> = {}): Promise<TestFtp> {
  const ftp = await serveFtp({ tls, dataWorkers: 1, ...options }, createFtpServer);
  const talk = await FtpTalk.loginSecurely(ftp.port, { session: undefined });
  const socket = secureConnect({
    socket: await openData(await talk.passivePort()),
    rejectUnauthorized: false,
    session: await until(() => (talk.socket as TLSSocket).getSession()),
  });
  socket.on("error", () => {});
  const secured = once(socket, "secureConnect");
  await talk.ask("STOR held", 150);
  await secured;
  const goOn = setInterval(() => socket.write("x"), 100);
  socket.once("close", () => clearInterval(goOn));
  await until(() => ftp.server.sessions().some(({ transfer }) => (transfer?.bytes ?? 0) > 0));
  return ftp;
}

async function privateData(talk: FtpTalk, session?: Buffer, maxVersion?: "TLSv1.2"): Promise<TLSSocket> {
  const socket = secureConnect({
    socket: await openData(await talk.passivePort()),
    rejectUnauthorized: false,
    ...(session === undefined ? {} : { session }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  });
  socket.on("error", () => {});
  return socket;
}

/** Begins a transfer that another thread has. */
async function begin(ftp: TestFtp, talk: FtpTalk, command: string): Promise<TLSSocket> {
  const data = await privateData(talk);
  await talk.ask(command, 150);
  await until(() => away(ftp) > 0);
  return data;
}

const transferOf = ({ server }: TestFtp, path: string) =>
  server.sessions().find(({ transfer }) => transfer?.path === path)?.transfer;

describe.skipIf(accelerator().calls === undefined)("a cipher thread", () => {
  it.each([
    ["TLS 1.2", "TLSv1.2"],
    ["TLS 1.3", undefined],
  ] as const)("carries what the server's own thread carries with %s", async (_, maxVersion) => {
    await using ftp = await serveBusy();
    await putFile(ftp.store, "/big", big);
    using talk = await FtpTalk.loginSecurely(ftp.port, maxVersion === undefined ? {} : { maxVersion });
    const download = await privateData(talk, undefined, maxVersion);
    const received = readAll(download);
    await talk.ask("RETR big", 150);
    await until(() => away(ftp) === 1);
    expect((await received).equals(big)).toBe(true);
    await talk.expect(226);
    for (const [command, content] of [
      ["STOR copy", huge],
      ["APPE copy", big],
      ["STOR small", Buffer.from("content")],
      ["STOR empty", Buffer.alloc(0)],
    ] as const) {
      const upload = await privateData(talk, undefined, maxVersion);
      const secured = once(upload, "secureConnect");
      await talk.ask(command, 150);
      await until(() => away(ftp) === 1);
      await secured;
      upload.end(content);
      await talk.expect(226);
    }
    expect((await getFile(ftp.store, "/copy"))?.equals(Buffer.concat([huge, big]))).toBe(true);
    expect((await getFile(ftp.store, "/small"))?.toString()).toBe("content");
    expect((await getFile(ftp.store, "/empty"))?.length).toBe(0);
    await talk.ask("TYPE A", 200);
    const lines = await privateData(talk, undefined, maxVersion);
    await talk.ask("STOR lines", 150);
    lines.end("one\r\ntwo\r\n");
    await talk.expect(226);
    expect((await getFile(ftp.store, "/lines"))?.toString()).toBe("one\ntwo\n");
    await until(() => away(ftp) === 0);
  });

  it("takes sessions of the control connection, and no other where that is required", async () => {
    await using ftp = await serveBusy({ tls: { ...tls, sessionReuse: "required" } });
    await putFile(ftp.store, "/big", big);
    for (const maxVersion of ["TLSv1.2", undefined] as const) {
      const talk = await FtpTalk.open(ftp.port);
      await talk.expect(220);
      await talk.ask("AUTH TLS", 234);
      const tickets: Buffer[] = [];
      (await talk.secure(maxVersion === undefined ? {} : { maxVersion })).on("session", (one) => tickets.push(one));
      for (const line of ["PBSZ 0", "PROT P", "USER micro", "PASS python", "TYPE I"]) {
        talk.send(line);
        expect((await talk.reply()).code).toBeLessThan(400);
      }
      const ticket = await until(() => tickets.at(-1) ?? (talk.socket as TLSSocket).getSession());
      for (const command of ["RETR big", "STOR copy"]) {
        const data = await privateData(talk, ticket, maxVersion);
        const secured = once(data, "secureConnect");
        await talk.ask(command, 150);
        await secured;
        expect(data.isSessionReused()).toBe(true);
        if (command.startsWith("RETR")) expect((await readAll(data)).equals(big)).toBe(true);
        else data.end(big);
        await talk.expect(226);
        const wrong = await privateData(talk, undefined, maxVersion);
        await talk.ask(command, 150);
        await until(() => away(ftp) > 0);
        expect((await readAll(wrong).catch(() => Buffer.alloc(0))).length).toBe(0);
        await talk.expect(522);
      }
      expect((await getFile(ftp.store, "/copy"))?.equals(big)).toBe(true);
      talk.socket.destroy();
    }
  });

  it("leaves no file of an upload that ends without close_notify, or with a reset", async () => {
    await using ftp = await serveBusy();
    using talk = await FtpTalk.loginSecurely(ftp.port);
    for (const end of ["FIN", "RST"]) {
      const plain = await openData(await talk.passivePort());
      const upload = secureConnect({ socket: plain, rejectUnauthorized: false });
      upload.on("error", () => {});
      await talk.ask("STOR cut", 150);
      await new Promise((sent) => upload.write(big, sent));
      await until(() => transferOf(ftp, "/cut")?.bytes === big.length);
      expect(away(ftp)).toBe(1);
      if (end === "FIN") plain.destroy();
      else reset(plain);
      await talk.expect(426);
      await until(() => away(ftp) === 0);
    }
    expect(await namesIn(ftp.store)).toEqual([]);
  });

  it("lets transfers be aborted, during the handshake too", async () => {
    await using ftp = await serveBusy();
    await putFile(ftp.store, "/huge", huge);
    using talk = await FtpTalk.loginSecurely(ftp.port);
    for (const command of ["STOR file", "RETR huge"]) {
      await talk.data();
      await talk.ask(command, 150);
      await until(() => away(ftp) === 1);
      talk.send("ABOR");
      await talk.expect(426);
      await talk.expect(226);
      const data = await begin(ftp, talk, command);
      if (command.startsWith("RETR")) await once(data, "readable");
      else await new Promise((sent) => data.write(big, sent));
      talk.send("ABOR");
      await talk.expect(426);
      await talk.expect(226);
      await until(() => away(ftp) === 0);
    }
    expect(await namesIn(ftp.store)).toEqual(["huge"]);
  });

  it("lets clients be sent away, stall and be gone", async () => {
    await using ftp = await serveBusy({ stallTimeout: 1 });
    await putFile(ftp.store, "/huge", huge);
    for (const end of ["kick", "stall", "gone"]) {
      using talk = await FtpTalk.loginSecurely(ftp.port);
      const data = await begin(ftp, talk, "RETR huge");
      await once(data, "readable");
      if (end === "kick") ftp.server.kick(ftp.server.sessions().at(-1)?.sessionId ?? 0);
      if (end === "gone") talk.socket.destroy();
      if (end === "stall") await talk.expect(426);
      await until(() => away(ftp) === 0);
      data.destroy();
    }
  });

  it("holds uploads to the bounds of files and accounts", async () => {
    await using ftp = await serveBusy({ maxUploadBytes: 1_000_000 });
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const data = await begin(ftp, talk, "STOR file");
    data.write(big);
    await talk.expect(552);
    await until(() => away(ftp) === 0);
    expect(await namesIn(ftp.store)).toEqual([]);
  });

  it("that dies ends its transfers and no other, and another one takes its place", async () => {
    await using ftp = await serveBusy();
    await putFile(ftp.store, "/huge", huge);
    const before = descriptors();
    for (const command of ["RETR huge", "STOR file", "STOR early"]) {
      using talk = await FtpTalk.loginSecurely(ftp.port);
      const data = command === "STOR early" ? await talk.data() : await privateData(talk);
      await talk.ask(command, 150);
      await until(() => away(ftp) === 1);
      if (command === "RETR huge") await once(data, "readable");
      if (command === "STOR file") {
        await new Promise((sent) => data.write(big, sent));
        await until(() => transferOf(ftp, "/file")?.bytes === big.length);
      }
      await threads.at(-1)?.terminate();
      await talk.expect(command === "STOR early" ? 425 : 426);
      expect(away(ftp)).toBe(0);
      await talk.ask("QUIT", 221);
      data.destroy();
    }
    expect(await namesIn(ftp.store)).toEqual(["huge"]);
    expect(ftp.events.filter(({ type }) => type === "error").length).toBe(3);
    await until(() => ftp.server.sessions().length === 1 && descriptors() <= before);
    // Three are enough: from now on the server does it itself.
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const data = await privateData(talk);
    await talk.ask("STOR last", 150);
    data.end(big);
    await talk.expect(226);
    expect((await getFile(ftp.store, "/last"))?.equals(big)).toBe(true);
  });

  it("ends with its server, and its transfers do", async () => {
    const before = threads.length;
    const ftp = await serveBusy();
    await putFile(ftp.store, "/huge", huge);
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const data = await begin(ftp, talk, "RETR huge");
    await once(data, "readable");
    expect(threads.length).toBe(before + 1);
    const ended = once(threads.at(-1) as Worker, "exit");
    await ftp.server.close({ graceSeconds: 0 });
    await ended;
    data.destroy();
  });

  it("keeps nothing of connections that it has had", async () => {
    await using ftp = await serveBusy();
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const rounds = Number(process.env["PORTHOLE_HAND_OVERS"] ?? 200);
    let before = 0;
    for (let round = 0; round < rounds; round++) {
      const data = await privateData(talk);
      await talk.ask("STOR file", 150);
      data.end("content");
      await talk.expect(226);
      if (round === 100) before = descriptors();
    }
    await until(() => away(ftp) === 0);
    await until(() => descriptors() <= before + 2);
  });

  it("is not asked with dataWorkers: 0, nor for a transfer that is alone", async () => {
    await using none = await serveBusy({ dataWorkers: 0 });
    await using alone = await serveFtp({ tls, dataWorkers: 1 }, createFtpServer);
    const before = threads.length;
    for (const ftp of [none, alone]) {
      using talk = await FtpTalk.loginSecurely(ftp.port);
      const data = await privateData(talk);
      await talk.ask("STOR file", 150);
      data.end(big);
      await talk.expect(226);
    }
    expect(threads.length).toBe(before);
  });
});
