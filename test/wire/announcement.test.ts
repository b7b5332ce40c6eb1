/**
 * Servers that are announced by mDNS, as a browser of another process finds them. All of it over loopback.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ServiceConfig } from "bonjour-service";
import { Bonjour } from "bonjour-service";
import { afterEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import { createFtpServer, createMemoryStore, createTelnetServer, type FtpServerEvent } from "../../src/index.ts";
import { createLineRepl } from "./line-repl.ts";
import { PORTHOLE, startPorthole } from "./porthole-command.ts";

const endings: (() => unknown)[] = [];
const GROUP = "224.0.0.251";
const PORT = 5353;

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "porthole-announce-"));
  endings.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Whether this machine lets a packet through to itself that is for the group. */
async function hasMulticast(): Promise<boolean> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  try {
    socket.bind(0, "0.0.0.0");
    await once(socket, "listening");
    socket.addMembership(GROUP, "127.0.0.1");
    socket.setMulticastInterface("127.0.0.1");
    socket.setMulticastLoopback(true);
    const came = once(socket, "message", { signal: AbortSignal.timeout(10_000) });
    socket.send("x", socket.address().port, GROUP);
    await came;
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

const multicast = await hasMulticast();

/** A browser that looks on loopback only. */
function browse(type: string) {
  const bonjour = new Bonjour({ interface: "127.0.0.1", bind: "0.0.0.0" } as Partial<ServiceConfig>);
  endings.push(() => new Promise<void>((closed) => bonjour.destroy(() => closed())));
  const browser = bonjour.find({ type });
  return {
    names: () => browser.services.map(({ name }) => name),
    find: async (name: string) => {
      await expect.poll(() => browser.services.map((found) => found.name)).toContain(name);
      const found = browser.services.find((one) => one.name === name);
      if (found === undefined) throw new Error("it is gone again");
      return found;
    },
    async loses(name: string) {
      await expect.poll(() => browser.services.map((found) => found.name)).not.toContain(name);
    },
  };
}

/** A name that no other test has. */
let names = 0;
const ownName = (): string => `porthole test ${process.pid} ${++names}`;

async function ftpServer(announce: boolean | string) {
  const events: FtpServerEvent[] = [];
  const server = createFtpServer({ store: createMemoryStore(), announce });
  server.on("*", (event) => events.push(event));
  endings.push(() => server.close({ graceSeconds: 0 }));
  return { server, events, port: (await server.listen({ port: 0 })).port };
}

describe.skipIf(!multicast)("announce", () => {
  it("is found as _ftp._tcp with its port, and gone when the server is closed", async () => {
    const name = ownName();
    const browser = browse("ftp");
    const { server, port, events } = await ftpServer(name);
    const found = await browser.find(name);
    expect(found).toMatchObject({ port, type: "ftp", protocol: "tcp", host: "localhost" });
    await server.close();
    await browser.loses(name); // by a goodbye: its time to live is hours
    expect(events.filter(({ type }) => type === "error")).toEqual([]);
    const { port: again } = await server.listen({ port: 0 });
    expect((await browser.find(name)).port).toBe(again);
    await server.pause();
    await browser.loses(name);
    await server.resume();
    expect((await browser.find(name)).port).toBe(again);
  });

  it("has the host's name without another, and a number behind a name that is taken", async () => {
    const browser = browse("ftp");
    await ftpServer(true);
    await browser.find(hostname().replaceAll(".", "-"));
    const name = ownName();
    await ftpServer(name);
    await browser.find(name);
    await ftpServer(name);
    await browser.find(`${name} (2)`);
  });

  it("tells the encrypted service by its own type", async () => {
    const name = ownName();
    const [plain, secure] = [browse("telnet"), browse("telnets")];
    const start = async (tls: boolean) => {
      const more = tls ? { tls: { selfSigned: folder() } } : {};
      const server = createTelnetServer({ repl: createLineRepl(), announce: name, ...more });
      endings.push(() => server.close());
      return server.listen({ port: 0 });
    };
    const { port } = await start(false);
    expect((await plain.find(name)).port).toBe(port);
    expect(secure.names()).not.toContain(name);
    const { port: securePort } = await start(true);
    expect((await secure.find(name)).port).toBe(securePort);
    const ftps = browse("ftps");
    const server = createFtpServer({
      store: createMemoryStore(),
      announce: name,
      tls: { selfSigned: folder(), implicit: true },
    });
    endings.push(() => server.close({ graceSeconds: 0 }));
    const { port: ftpsPort } = await server.listen({ port: 0 });
    expect((await ftps.find(name)).port).toBe(ftpsPort);
  });

  it("says goodbye when it is closed at once, and is no trouble when it was never told", async () => {
    for (let round = 0; round < 3; round++) {
      const { server, events } = await ftpServer(ownName());
      await server.close({ graceSeconds: 0 });
      expect(events.filter(({ type }) => type === "error")).toEqual([]);
    }
  });

  it("outlives whatever comes by the network", async () => {
    const name = ownName();
    const { server, events } = await ftpServer(name);
    const browser = browse("ftp");
    await browser.find(name);
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    endings.push(() => socket.close());
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    socket.setMulticastInterface("127.0.0.1");
    const packet = createRequire(createRequire(import.meta.url).resolve("bonjour-service"))("dns-packet");
    const whole: Buffer = packet.encode({
      type: "response",
      answers: [
        { name: "_ftp._tcp.local", type: "PTR", data: "." },
        { name: "x._ftp._tcp.local", type: "SRV", data: { port: 1, target: "." } },
        { name: "x._ftp._tcp.local", type: "TXT", data: Buffer.from([255, 1]) },
      ],
    });
    const query: Buffer = packet.encode({ type: "query", questions: [{ name: "", type: "ANY" }] });
    const strange = [whole, query, Buffer.alloc(0), Buffer.alloc(12, 255), Buffer.alloc(9_000, 192)];
    for (let length = 0; length < whole.length; length += 7) strange.push(whole.subarray(0, length));
    for (const bytes of strange) await new Promise((sent) => socket.send(bytes, PORT, GROUP, sent));
    const second = browse("ftp");
    expect((await second.find(name)).port).toBe(Number(server.addresses[0]?.split(":")[1]));
    expect(events.filter(({ type }) => type === "error")).toEqual([]);
  });

  it("answers no more questions a second than it says", async () => {
    const name = ownName();
    await ftpServer(name);
    await browse("ftp").find(name);
    const watcher = new Bonjour({ interface: "127.0.0.1", bind: "0.0.0.0" } as Partial<ServiceConfig>);
    endings.push(() => new Promise<void>((closed) => watcher.destroy(() => closed())));
    const { mdns } = (watcher as unknown as { server: { mdns: import("node:events").EventEmitter } }).server;
    const fqdn = `${name}._ftp._tcp.local`;
    let answers = 0;
    mdns.on("response", ({ answers: given }: { answers: { name: string; type: string }[] }) => {
      if (given.some((answer) => answer.name === fqdn && answer.type === "SRV")) answers += 1;
    });
    const asked = 4 * LIMITS.announcementAnswers.value;
    const query = mdns as unknown as { query(name: string, type: string, sent: () => void): void };
    const since = performance.now();
    for (let question = 0; question < asked; question++) {
      await new Promise<void>((sent) => query.query(fqdn, "SRV", sent));
    }
    const seconds = Math.ceil((performance.now() - since) / 1000) + 1; // a second may have begun anew
    await expect.poll(() => answers).toBeGreaterThan(0);
    // The last answers are there when a later question has been answered.
    const before = answers;
    await expect
      .poll(
        async () => {
          await new Promise<void>((sent) => query.query(fqdn, "SRV", sent));
          return answers > before;
        },
        { interval: 300 },
      )
      .toBe(true);
    expect(before).toBeLessThanOrEqual(seconds * LIMITS.announcementAnswers.value);
  });
});

describe.skipIf(!multicast)("porthole --announce", () => {
  it("announces both servers, and says goodbye at SIGTERM", async () => {
    const name = ownName();
    const root = folder();
    const [ftp, telnet] = [browse("ftp"), browse("telnet")];
    const where = ["--telnet", "127.0.0.1:0", "--ftp", "127.0.0.1:0", "--files", root];
    const command = startPorthole(["node", "--no-console", ...where, "--announce", name]);
    endings.push(() => command.stop());
    expect((await ftp.find(name)).port).toBe((await command.event("listening", "ftp"))["port"]);
    expect((await telnet.find(name)).port).toBe((await command.event("listening", "telnet"))["port"]);
    command.child.kill("SIGTERM");
    await Promise.all([ftp.loses(name), telnet.loses(name)]);
    expect(await command.exited()).toBe(0);
  });

  it("of serve", async () => {
    const name = ownName();
    const root = folder();
    const ftp = browse("ftp");
    const command = startPorthole(["serve", root, "--ftp", "127.0.0.1:0", "--announce", name]);
    endings.push(() => command.stop());
    await ftp.find(name);
    command.child.kill("SIGTERM");
    await ftp.loses(name);
    expect(await command.exited()).toBe(0);
  });
});

it("does not take a directory for a name", async () => {
  const child: ChildProcess = spawn(process.execPath, [PORTHOLE, "serve", "--announce", tmpdir()], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  endings.push(() => child.kill());
  if (child.stderr === null) throw new Error("no pipe");
  const [line] = await once(createInterface({ input: child.stderr }), "line");
  expect(line).toBe(`porthole: --announce takes ${tmpdir()} for a name: say it before --announce, or a name after it`);
});

it("takes a name of 63 bytes and no control characters", () => {
  const make = (announce: string) => createFtpServer({ store: createMemoryStore(), announce });
  make("ä".repeat(31));
  for (const wrong of ["", "x".repeat(64), "ä".repeat(32), "two\nlines"]) {
    expect(() => make(wrong)).toThrow("true, false or a name of 1 to 63 bytes");
  }
  expect(() => createFtpServer({ store: createMemoryStore(), announce: 1 as never })).toThrow("announce");
});
