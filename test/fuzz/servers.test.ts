/**
 * Whole servers under bytes and connections that no client would make. Afterwards they serve as before, and nothing of
 * it is left: no session, no descriptor, no memory.
 */
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { FtpServerEvent, TelnetServerEvent } from "../../src/contracts/events.ts";
import { createFtpServer, createMemoryStore, createTelnetServer } from "../../src/index.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk } from "../wire/ftp.ts";
import { createLineRepl } from "../wire/line-repl.ts";
import { connectRaw } from "../wire/raw-client.ts";
import { budget, describeInput } from "./budget.ts";
import { ftpCorpus, headerCorpus, telnetCorpus } from "./corpus.ts";
import { createProgress, keepFound } from "./found.ts";
import { createRandom, cut, mutate, type Random } from "./random.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

interface Servers extends AsyncDisposable {
  readonly ftpPort: number;
  readonly telnetPort: number;
  /** What must not have happened: bugs and failures of our own. */
  readonly faults: readonly string[];
  /** A client of each is served, and nobody else is left. */
  check(): Promise<void>;
}

async function serve(): Promise<Servers> {
  const store = createMemoryStore({ capBytes: 64 * 1_048_576 });
  // The fuzzer guesses passwords: it must not lock itself out of the check.
  const authenticate = async (user: string, password: { reveal(): string }) =>
    user === "micro" && password.reveal() === "python"
      ? { user, rights: new Set(["read", "write", "delete", "rename", "make-directory", "list", "prompt"] as const) }
      : { user: "nobody", rights: new Set(["prompt"] as const) };
  const ftp = createFtpServer({
    store,
    authenticate,
    active: true,
    tls: { selfSigned: "/tmp/porthole-fuzz" },
    timeout: 5,
    loginTimeout: 5,
    connectTimeout: 2,
    stallTimeout: 2,
  });
  const telnet = createTelnetServer({ repl: createLineRepl(), authenticate, timeout: 5, loginTimeout: 5 });
  const faults: string[] = [];
  const listen = (event: FtpServerEvent | TelnetServerEvent) => {
    if (event.type === "error") faults.push(event.message);
    if (event.type === "left" && event.reason === "internal error") faults.push("internal error");
  };
  ftp.on("*", listen);
  telnet.on("*", listen);
  const { port: ftpPort } = await ftp.listen({ port: 0 });
  const { port: telnetPort } = await telnet.listen({ port: 0 });
  return {
    ftpPort,
    telnetPort,
    faults,
    async check() {
      await until(() => ftp.sessions().length === 0);
      await until(() => telnet.state === 2);
      using talk = await FtpTalk.login(ftpPort);
      await talk.store("STOR check", "whole");
      expect((await talk.retrieve("RETR check")).toString()).toBe("whole");
      await talk.ask("QUIT", 221);
      const client = await connectRaw(telnetPort);
      await client.login();
      await client.until(">>> ");
      client.type("20 + 22\r\n");
      await client.until("42");
      client.socket.destroy();
      await until(() => ftp.sessions().length === 0 && telnet.state === 2);
      expect(faults).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      await ftp.close({ graceSeconds: 0 });
      await telnet.close();
    },
  };
}

const openFiles = (): number | undefined =>
  process.platform === "linux" ? readdirSync("/proc/self/fd").length : undefined;

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs an attack, and looks whether all is as before. */
async function survives(
  name: string,
  attack: (servers: Servers, random: Random) => Promise<void>,
  runs: number,
): Promise<void> {
  await using servers = await serve();
  await servers.check();
  const { runs: most, endMs, seed, guided } = budget(runs);
  const files = openFiles();
  const bytes = heapBytes();
  const progress = createProgress(name);
  let count = 0;
  for (; count < most && Date.now() < endMs; count++) {
    const random = createRandom((seed + count) >>> 0);
    try {
      await attack(servers, random);
    } catch (error) {
      throw new Error(`seed ${random.seed}`, { cause: error });
    }
    if (count % 500 === 499) await servers.check();
    progress(() => `${count} runs, ${openFiles()} descriptors, ${Math.round(heapBytes() / 1_048_576)} MB`);
  }
  if (guided) console.log(`${name}: ${count} runs`);
  await servers.check();
  if (files !== undefined) await until(() => (openFiles() as number) <= files);
  await until(() => heapBytes() < bytes + 24 * 1_048_576);
}

function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket));
    socket.once("close", () => resolve(socket));
  });
}

const closed = (socket: Socket, timeoutMs: number) =>
  new Promise<void>((resolve) => {
    if (socket.closed) return resolve();
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Sends bytes in pieces and ends in one of the ways in which connections end. */
async function speak(port: number, bytes: Uint8Array, random: Random): Promise<void> {
  const socket = await open(port);
  if (random.next(4) > 0) socket.resume(); // else it never reads
  for (const piece of cut(bytes, random)) {
    if (socket.destroyed) return;
    socket.write(piece);
    if (random.next(3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const ends = random.next(3);
  if (ends === 0) socket.end();
  else if (ends === 1) {
    await new Promise((resolve) => setImmediate(resolve));
    socket.resetAndDestroy();
  } else socket.destroy();
  await closed(socket, 50);
}

const LOGIN = new TextEncoder().encode("USER micro\r\nPASS python\r\n");
const PROMPT = new TextEncoder().encode("micro\r\npython\r\n");

it("bytes of mutated clients, before and after a login", { timeout: 0 }, async () => {
  await survives(
    "bytes",
    async (servers, random) => {
      const isFtp = random.next(2) === 0;
      const corpus = [...(isFtp ? ftpCorpus : telnetCorpus), ...headerCorpus];
      const input = mutate(random.pick(corpus), corpus, random);
      const login = random.next(4) === 0 ? new Uint8Array(0) : isFtp ? LOGIN : PROMPT;
      try {
        await speak(isFtp ? servers.ftpPort : servers.telnetPort, Buffer.concat([login, input]), random);
      } catch (error) {
        keepFound(isFtp ? "ftp" : "telnet", random.seed, input, error);
        throw new Error(describeInput(input), { cause: error });
      }
    },
    400,
  );
});

it("bytes where a TLS handshake belongs", { timeout: 0 }, async () => {
  await survives(
    "bytes in a handshake",
    async (servers, random) => {
      const hello = Buffer.from("160301002e0100002a0303", "hex");
      const input = mutate(Buffer.concat([hello, Buffer.alloc(40, random.next(256))]), headerCorpus, random);
      await speak(servers.ftpPort, Buffer.concat([Buffer.from("AUTH TLS\r\n"), input]), random);
    },
    60,
  );
});

it("passive ports that are raced, half used and left", { timeout: 0 }, async () => {
  await survives(
    "passive ports",
    async (servers, random) => {
      using talk = await FtpTalk.login(servers.ftpPort);
      const port = await talk.passivePort();
      const others = await Promise.all(Array.from({ length: random.next(4) }, () => open(port)));
      for (const socket of others) if (random.next(2) === 0) socket.destroy();
      talk.send(random.pick(["RETR check", "STOR other", "LIST", "MLSD", "ABOR", "EPSV", "NOOP", "REIN"]));
      if (random.next(2) === 0) await talk.reply().catch(() => undefined);
      for (const socket of others) {
        const way = random.next(3);
        if (way === 0) socket.end("bytes");
        else if (way === 1) socket.resetAndDestroy();
      }
      if (random.next(2) === 0) talk.send("ABOR");
      for (const socket of others) await closed(socket, 20);
    },
    100,
  );
});

it("a thousand connections at once, half open, slow, silent and reset", { timeout: 0 }, async () => {
  await survives(
    "a thousand connections",
    async (servers, random) => {
      const sockets = await Promise.all(
        Array.from({ length: 1_000 }, (_, i) => open(i % 2 === 0 ? servers.ftpPort : servers.telnetPort)),
      );
      for (const socket of sockets) {
        switch (random.next(5)) {
          case 0:
            socket.write("USER mic"); // and no more
            break;
          case 1:
            socket.end();
            break;
          case 2:
            socket.resetAndDestroy();
            break;
          case 3:
            socket.write(Buffer.alloc(70_000, 65));
            break;
          default:
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
      for (const socket of sockets) socket.destroy();
      await Promise.all(sockets.map((socket) => closed(socket, 1_000)));
    },
    3,
  );
});

it("clients that send a byte at a time and never finish a line", { timeout: 0 }, async () => {
  await survives(
    "slow clients",
    async (servers) => {
      const ports = [servers.ftpPort, servers.telnetPort];
      const sockets = await Promise.all(Array.from({ length: 20 }, (_, i) => open(ports[i % 2] as number)));
      let over = 0;
      for (const socket of sockets) {
        socket.resume();
        const drip = setInterval(() => socket.write("a"), 100);
        socket.once("end", () => socket.destroy());
        socket.once("close", () => {
          clearInterval(drip);
          over++;
        });
      }
      // Dripping keeps nobody in: the time for a login runs from the connection.
      await until(() => over === sockets.length);
    },
    1,
  );
});
