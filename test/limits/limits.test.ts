/**
 * Every limit has a test that sends more; those that have no better place are here.
 */
import { mkdtemp } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import { createMemoryStore } from "../../src/index.ts";
import { createFtpEngine } from "../../src/protocol/ftp/engine.ts";
import { parsePath } from "../../src/protocol/text/path.ts";
import { parseFtpOptions } from "../../src/servers/ftp/options.ts";
import { createLoginGuard } from "../../src/servers/login-guard.ts";
import { parseTelnetServerOptions } from "../../src/servers/telnet/options.ts";
import { secureSocket, TlsIdentity } from "../../src/servers/tls.ts";
import { hasTest } from "../docs/pages.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, putFile, serveFtp } from "../wire/ftp.ts";
import { startTelnet } from "../wire/telnet-fixture.ts";
import { SHOWN_BY } from "./shown-by.ts";

it("each limit names its test, and the test is there", () => {
  expect(Object.keys(SHOWN_BY).sort()).toEqual(Object.keys(LIMITS).sort());
  for (const [limit, [file, title]] of Object.entries(SHOWN_BY)) {
    expect(hasTest(file, title), `${limit}: ${file} has no test ${title}`).toBe(true);
  }
});

it("what is not said is what the list says", () => {
  const ftp = parseFtpOptions({ store: createMemoryStore() });
  expect(ftp).toMatchObject({
    loginMs: LIMITS.ftpLoginSeconds.value * 1000,
    connectMs: LIMITS.ftpDataConnectSeconds.value * 1000,
    stallMs: LIMITS.ftpStallSeconds.value * 1000,
    maxClients: LIMITS.ftpConnections.value,
    maxClientsPerAddress: LIMITS.ftpConnectionsPerAddress.value,
  });
  expect(parseTelnetServerOptions("test", {})).toMatchObject({
    loginTimeout: LIMITS.telnetLoginSeconds.value,
    maxClientsPerAddress: LIMITS.telnetConnectionsPerAddress.value,
  });
});

it("output that a Telnet client does not read: the program waits", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.socket.pause();
  client.type(`flood ${64 * 1_048_576}\r\n`);
  await until(() => telnet.repl.waits > 0);
  client.socket.resume();
  await until(() => client.received.length > 8 * 1_048_576);
});

it("a TLS handshake that never ends is given up", async () => {
  const directory = await mkdtemp(join(tmpdir(), "porthole-limits-"));
  await using ftp = await serveFtp({ tls: { selfSigned: directory } });
  const settings = { place: { selfSignedIn: directory }, required: false, implicit: false, reloadMs: 0 } as const;
  const identity = await TlsIdentity.open({ ...settings, sessionReuse: "offered" }, () => {});
  const socket = connect(ftp.port, "127.0.0.1");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    let late = false;
    const secured = secureSocket(socket, identity, 3_600_000, () => {
      late = true;
    });
    vi.advanceTimersByTime(LIMITS.tlsHandshakeSeconds.value * 1000 - 1);
    expect([late, secured.destroyed]).toEqual([false, false]);
    vi.advanceTimersByTime(1);
    expect([late, secured.destroyed]).toEqual([true, true]);
  } finally {
    vi.useRealTimers();
    identity.close();
  }
});

it("addresses and accounts that have guessed: the oldest makes room", () => {
  const guard = createLoginGuard();
  const most = LIMITS.loginGuardEntries.value;
  for (let i = 0; i < most * 2; i++) guard.failed(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, `user${i}`, i);
  expect(guard.size).toBe(most * 2); // so many of each
});

it("the depth of a path and the length of a name", async () => {
  const { ftpPathParts, ftpNameBytes } = LIMITS;
  expect(parsePath("a/".repeat(ftpPathParts.value))).toBeDefined();
  expect(parsePath("a/".repeat(ftpPathParts.value + 1))).toBeUndefined();
  expect(parsePath("é".repeat(Math.floor(ftpNameBytes.value / 2)))).toBeDefined();
  expect(parsePath("é".repeat(Math.floor(ftpNameBytes.value / 2) + 1))).toBeUndefined();
  await using ftp = await serveFtp();
  using talk = await FtpTalk.login(ftp.port);
  await talk.ask(`MKD ${"x".repeat(ftpNameBytes.value + 1)}`, 553);
  await talk.ask(`CWD ${"a/".repeat(ftpPathParts.value + 1)}`, 550);
});

it("data connections that a client leaves open: the oldest makes room", async () => {
  await using ftp = await serveFtp();
  await putFile(ftp.store, "/file", Buffer.alloc(200_000)); // a small file's connection is left to the system at once
  using talk = await FtpTalk.login(ftp.port);
  const open: Socket[] = [];
  const retrieve = async (): Promise<void> => {
    const data = await talk.data();
    data.pause();
    await talk.ask("RETR file", 150);
    await talk.expect(226);
    open.push(data);
  };
  while (open.length < LIMITS.ftpLingeringConnections.value) await retrieve();
  const [oldest, next] = open as [Socket, Socket];
  let closed = false;
  oldest.on("error", () => (closed = true));
  oldest.write("still open");
  await retrieve();
  // What is sent to a closed connection is answered with a reset, which the next writing finds.
  await until(() => {
    oldest.write("still open?");
    return closed;
  });
  next.write("still open");
  next.write("still open");
  await talk.ask("NOOP", 200);
  expect(next.destroyed).toBe(false);
  for (const data of open) data.destroy();
});

const peer = { address: "127.0.0.1", port: 40_000 };
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

it("wrong FTP logins on one connection: then it is closed", () => {
  const engine = createFtpEngine({ peer, nowMs: 0 });
  for (let tries = 1; tries <= LIMITS.ftpLoginTries.value; tries++) {
    engine.takeOutput();
    const [action] = engine.receive(encode("USER micro\r\nPASS wrong\r\n"), 0);
    if (action?.type !== "authenticate") throw new Error(`no login but ${action?.type}`);
    engine.settle({ id: action.id, ok: false, kind: "bad-credentials" }, 0);
    const last = tries === LIMITS.ftpLoginTries.value;
    expect(decode(engine.takeOutput())).toMatch(last ? /421 / : /530 /);
    expect(engine.phase.name).toBe(last ? "closed" : "user");
  }
});

it("an FTP login that never comes: the client is sent away, whatever it says meanwhile", () => {
  const engine = createFtpEngine({ peer, nowMs: 0 });
  const endMs = LIMITS.ftpLoginSeconds.value * 1000;
  for (let nowMs = 0; nowMs < endMs; nowMs += 1_000) {
    engine.receive(encode("NOOP\r\nUSER micro\r\n"), nowMs);
    engine.tick(nowMs);
    engine.takeOutput();
    expect(engine.phase.name).not.toBe("closed");
  }
  engine.tick(endMs);
  expect(decode(engine.takeOutput())).toMatch(/^421 /);
});
