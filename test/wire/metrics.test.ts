/**
 * What Prometheus gets: of a program's own servers through its own HTTP server, and of the command with `--metrics`.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { Client } from "basic-ftp";
import { Registry } from "prom-client";
import { afterEach, describe, expect, it } from "vitest";
import {
  createFtpServer,
  createMemoryStore,
  createTelnetServer,
  type FtpServer,
  type Metrics,
  metrics,
} from "../../src/index.ts";
import { freePort } from "./ftp.ts";
import { createLineRepl } from "./line-repl.ts";
import { type RunningCommand, startPorthole } from "./porthole-command.ts";
import { type Exposition, parseExposition } from "./prometheus.ts";
import { connectRaw } from "./raw-client.ts";

const endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function scrape(port: number): Promise<Exposition> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return parseExposition(await response.text());
}

/** A program's own HTTP server, as the guide has it. */
async function httpServer({ contentType, text }: Metrics): Promise<number> {
  const server = createServer(async (_, response) => {
    response.setHeader("Content-Type", contentType).end(await text());
  }).listen(0, "127.0.0.1");
  endings.push(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function useFtp(port: number): Promise<void> {
  const client = new Client(10_000);
  try {
    await client.access({ host: "127.0.0.1", port, user: "micro", password: "wrong" }).catch(() => {});
    client.close();
    await client.access({ host: "127.0.0.1", port, user: "micro", password: "python" });
    await client.uploadFrom(Readable.from([Buffer.alloc(100_000)]), "a.bin");
    await client.uploadFrom(Readable.from([Buffer.alloc(23_000)]), "b.bin");
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    await client.downloadTo(nowhere, "a.bin");
    await client.list();
    await client.send("NOOP");
  } finally {
    client.close();
  }
}

/** What `useFtp` comes to. */
function expectUse(found: Exposition, server: string): void {
  const value = (name: string, labels = {}) => found.value(name, { server, ...labels });
  expect(value("porthole_listening")).toBe(1);
  expect(value("porthole_ftp_connections_total", { result: "accepted" })).toBe(2);
  expect(value("porthole_ftp_logins_total", { result: "accepted" })).toBe(1);
  expect(value("porthole_ftp_logins_total", { result: "denied" })).toBe(1);
  expect(value("porthole_ftp_transfers_total", { direction: "upload", result: "complete" })).toBe(2);
  expect(value("porthole_ftp_transfers_total", { direction: "download", result: "complete" })).toBe(1);
  expect(value("porthole_ftp_transfers_total", { direction: "listing" })).toBe(1);
  expect(value("porthole_ftp_transfers_total")).toBe(4);
  expect(value("porthole_ftp_transfer_bytes_total", { direction: "upload" })).toBe(123_000);
  expect(value("porthole_ftp_transfer_bytes_total", { direction: "download" })).toBe(100_000);
  expect(value("porthole_ftp_commands_total")).toBeGreaterThan(10);
}

async function ftpServer(): Promise<{ server: FtpServer; port: number }> {
  const server = createFtpServer({ store: createMemoryStore() });
  endings.push(() => server.close({ graceSeconds: 0 }));
  return { server, port: (await server.listen({ port: 0 })).port };
}

describe("metrics()", () => {
  it("counts what an FTP server does", async () => {
    const { server, port } = await ftpServer();
    const given = await metrics({ cameras: server });
    endings.push(() => given.close());
    const http = await httpServer(given);
    const before = await scrape(http);
    expect(before.value("porthole_ftp_commands_total")).toBe(0);
    expect(before.samples.every(({ name }) => name.startsWith("porthole_"))).toBe(true);
    await useFtp(port);
    await expect.poll(async () => (await scrape(http)).value("porthole_ftp_sessions")).toBe(0);
    expectUse(await scrape(http), "cameras");
    expect(server.counters()).toMatchObject({ service: "ftp", logins: 1, transfers: { upload: { complete: 2 } } });
    const client = new Client(10_000);
    endings.push(() => client.close());
    await client.access({ host: "127.0.0.1", port, user: "micro", password: "python" });
    expect((await scrape(http)).value("porthole_ftp_sessions", { server: "cameras" })).toBe(1);
    await server.close({ graceSeconds: 0 });
    expect((await scrape(http)).value("porthole_listening")).toBe(0);
  });

  it("counts logins, wrong logins, refusals and lock-outs of a Telnet server", async () => {
    const server = createTelnetServer({ repl: createLineRepl(), allowDefaultPassword: true });
    endings.push(() => server.close());
    const { port } = await server.listen({ port: 0 });
    const http = await httpServer(await metrics({ prompt: server }));
    const user = await connectRaw(port);
    endings.push(() => user.socket.destroy());
    await user.login();
    await expect.poll(() => server.counters().logins).toBe(1);
    for (let tries = 0; tries < 10 && server.counters().lockOuts === 0; tries++) {
      const guesser = await connectRaw(port);
      endings.push(() => guesser.socket.destroy());
      guesser.type("micro\rwrong\r");
      const failed = server.counters().failedLogins;
      await expect.poll(() => server.counters().failedLogins).toBeGreaterThan(failed);
      guesser.socket.destroy();
    }
    const found = await scrape(http);
    expect(found.value("porthole_telnet_logins_total", { server: "prompt", result: "accepted" })).toBe(1);
    expect(found.value("porthole_telnet_logins_total", { result: "denied" })).toBe(server.counters().failedLogins);
    expect(found.value("porthole_telnet_lockouts_total")).toBe(1);
    expect(found.value("porthole_ftp_sessions")).toBe(undefined);
  });

  it("puts itself into the program's own registry, and takes itself out", async () => {
    const registry = new Registry();
    const [one, two] = [await ftpServer(), await ftpServer()];
    const given = await metrics({ one: one.server, two: two.server }, { registry });
    expect(given.registry).toBe(registry);
    const found = parseExposition(await registry.metrics());
    const listening = found.samples.filter(({ name }) => name === "porthole_listening");
    expect(listening.map(({ labels }) => labels["server"])).toEqual(["one", "two"]);
    await expect(metrics({ one: one.server }, { registry })).rejects.toThrow(/already/);
    given.close();
    expect(await registry.metrics()).toBe("\n");
  });

  it("tells how late the event loop was", async () => {
    const { server } = await ftpServer();
    const http = await httpServer(await metrics({ server }));
    await scrape(http);
    await new Promise((resolve) => setTimeout(resolve, 100)); // the measurement needs a first turn
    const end = performance.now() + 300;
    while (performance.now() < end);
    await expect.poll(async () => (await scrape(http)).value("porthole_event_loop_lag_seconds")).toBeGreaterThan(0.25);
  });
});

describe("porthole --metrics", () => {
  function start(...args: string[]): { command: RunningCommand; folder: string } {
    const folder = mkdtempSync(join(tmpdir(), "porthole-metrics-"));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    const command = startPorthole(args, { XDG_RUNTIME_DIR: folder });
    endings.push(() => command.stop());
    return { command, folder };
  }

  function rootFolder(): string {
    const root = mkdtempSync(join(tmpdir(), "porthole-metrics-root-"));
    endings.push(() => rmSync(root, { recursive: true, force: true }));
    return root;
  }

  it("serves what the task counts, on this machine only", async () => {
    const { command } = start("serve", rootFolder(), "--ftp", "127.0.0.1:0", "--metrics", "0");
    const ftp = await command.event("listening", "ftp");
    const { host, port } = await command.event("listening", "metrics");
    expect(host).toBe("127.0.0.1");
    await useFtp(Number(ftp["port"]));
    await expect.poll(async () => (await scrape(Number(port))).value("porthole_ftp_sessions")).toBe(0);
    expectUse(await scrape(Number(port)), "ftp");
    const get = (path: string, method = "GET") => fetch(`http://127.0.0.1:${port}${path}`, { method });
    expect((await get("/")).status).toBe(404);
    expect((await get("/metrics", "POST")).status).toBe(405);
    expect((await get("/metrics?a=b", "HEAD")).status).toBe(200);
  });

  it("answers while the program is busy, and tells that it is", async () => {
    const module = join(rootFolder(), "busy.mjs");
    writeFileSync(module, 'process.stdout.write("in the loop"); for (;;);');
    const { command } = start("node", module, "--no-console", "--telnet", "127.0.0.1:0", "--metrics", "127.0.0.1:0");
    const { port } = await command.event("listening", "metrics");
    await expect.poll(command.stdout).toBe("in the loop");
    const lag = async () => (await scrape(Number(port))).value("porthole_event_loop_lag_seconds");
    await expect.poll(lag).toBeGreaterThan(1);
    expect((await scrape(Number(port))).value("porthole_listening", { server: "telnet" })).toBe(1);
    expect((await scrape(Number(port))).value("porthole_telnet_sessions")).toBe(0);
  });

  it("ends with 1 and the reason when the port is taken", async () => {
    const port = await freePort();
    const taken = createServer().listen(port, "127.0.0.1");
    endings.push(() => taken.close());
    await once(taken, "listening");
    const { command } = start("serve", rootFolder(), "--ftp", "127.0.0.1:0", "--metrics", String(port));
    expect(await command.exited()).toBe(1);
    expect(JSON.stringify(command.events)).toMatch(/cannot give metrics: .*EADDRINUSE.*pass another --metrics/);
  });
});
