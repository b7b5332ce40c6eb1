/**
 * What a peer can make the server hold, wait for or do is bounded: each test sends more.
 */
import { connect } from "node:net";
import { expect, it } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import { until } from "../tasks/until.ts";
import { reset } from "./ftp.ts";
import { startTelnet, startTelnetStill } from "./telnet-fixture.ts";

const IAC = "\xff";

it("three tries, then closed; each wrong login is held back", async () => {
  const telnet = await startTelnetStill();
  const client = await telnet.connect();
  for (const [attempt, [user, password]] of [
    ["nobody", "python"],
    ["micro", "wrong"],
    ["", ""],
  ].entries()) {
    await client.until("Login as: ");
    client.send(`${user || "x"}\r\n`);
    await client.until("Password: ");
    client.send(`${password}\r\n`);
    await client.until("\r\nInvalid credentials, try again.\r\n");
    expect(client.received).toMatch(/try again\.\r\n$/);
    await telnet.event("login-failed", attempt + 1);
    telnet.clock.advance(10_000);
  }
  await client.closed();
  expect(client.received.match(/Invalid credentials/g)).toHaveLength(3);
  expect(await telnet.event("refused")).toMatchObject({ reason: "too many wrong logins" });
});

it("an address that guesses on is locked out, with the same text; time lets it in again", async () => {
  const telnet = await startTelnetStill();
  for (let failures = 0; failures < LIMITS.loginGuardTries.value; ) {
    const client = await telnet.connect();
    for (let attempt = 0; attempt < 3 && failures < LIMITS.loginGuardTries.value; attempt++) {
      await client.login("micro", "wrong");
      await client.until("Invalid credentials, try again.\r\n");
      failures++;
      telnet.clock.advance(9_000);
    }
    client.socket.destroy();
  }
  const locked = await telnet.connect();
  await locked.login();
  await locked.until("\r\nInvalid credentials, try again.\r\n");
  await locked.closed();
  telnet.clock.advance(3_600_000);
  await telnet.enter();
});

it("no password, and nothing else that was typed, is in an event", async () => {
  const telnet = await startTelnet({ user: "ada", password: "s3cret-pass" });
  const client = await telnet.connect();
  await client.login("s3cret-pass", "ada");
  await client.until("Invalid");
  await client.login("ada", "s3cret-pas");
  await client.until("Invalid");
  await client.login("ada", "s3cret-pass");
  await client.until(">>> ");
  client.send("say s3cret-line\r");
  await client.until("s3cret-line\r\n>>> ");
  client.socket.destroy();
  await telnet.event("left");
  expect(JSON.stringify(telnet.events)).not.toContain("s3cret");
  expect(telnet.events.filter(({ type }) => type === "login-failed")).toMatchObject([{ user: "***" }, { user: "ada" }]);
});

it("login deadline: from the connection, whatever is typed", async () => {
  const telnet = await startTelnetStill({ loginTimeout: 60 });
  const client = await telnet.connect();
  await client.until("Login as: ");
  telnet.clock.advance(59_000);
  client.send("micro\r\n");
  await client.until("Password: ");
  telnet.clock.advance(1_000);
  await client.until("\r\n[Telnet] Connection timeout, terminated\r\n");
  await client.closed();
  expect(await telnet.event("left")).toMatchObject({ reason: "timeout", user: undefined });
});

it("idle timeout: a key counts, and output that the client takes; pings do not", async () => {
  const telnet = await startTelnetStill({ timeout: 300 });
  const client = await telnet.enter();
  telnet.clock.advance(299_000);
  client.send("x");
  await client.until("x");
  telnet.clock.advance(299_000);
  void telnet.repl.terminal?.write(Buffer.from("tick"));
  await client.until("tick");
  telnet.clock.advance(299_000);
  client.send(`${IAC}\xf6`);
  await client.until(`${IAC}\xf6`);
  expect(telnet.server.state).toBe(4);
  telnet.clock.advance(1_000);
  await client.until("\r\n[Telnet] Connection timeout, terminated\r\n");
  await client.closed();
  expect(telnet.repl.closed).toEqual(["timeout"]);
});

it("a client that takes no output is idle, and does not keep the program waiting for ever", async () => {
  const telnet = await startTelnetStill({ timeout: 300 });
  const client = await telnet.enter();
  client.socket.pause();
  client.send("flood 100000000\r");
  await waitUntil(() => telnet.repl.waits > 0);
  let moved = -1;
  await waitUntil(() => {
    const still = moved === telnet.repl.waits;
    moved = telnet.repl.waits;
    return still;
  }, 100);
  telnet.clock.advance(300_000);
  expect(await telnet.event("left")).toMatchObject({ reason: "timeout" });
  await telnet.enter();
});

it("Ctrl-C gets through to a program whose output the client does not take", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.socket.pause();
  client.send("flood 100000000\r");
  await waitUntil(() => telnet.repl.waits > 0);
  client.send("\x03");
  await waitUntil(() => telnet.repl.interrupts > 0);
  client.socket.resume();
  await client.until("KeyboardInterrupt\r\n>>> ");
});

it("a connection that hangs before login never keeps the next one out", async () => {
  const telnet = await startTelnet();
  const hanging = [];
  for (let count = 0; count < LIMITS.telnetHalfOpenConnections.value; count++) hanging.push(await telnet.connect());
  const first = await telnet.enter();
  await hanging[0]?.closed();
  expect(await telnet.event("refused")).toMatchObject({ sessionId: 1 });
  expect(hanging[1]?.socket.readyState).toBe("open");
  first.socket.destroy();
  await telnet.event("left");
  await telnet.enter();
});

it("a storm of connections: 1,000 at once, then a login", async () => {
  const telnet = await startTelnet();
  const sockets = Array.from({ length: 1_000 }, () => {
    const socket = connect(telnet.port, "127.0.0.1");
    socket.on("error", () => undefined);
    return socket;
  });
  await telnet.event("connected", 1_000);
  const client = await telnet.enter();
  client.send("1+1\r");
  await client.until("\r\n2\r\n");
  for (const socket of sockets) socket.destroy();
  await waitUntil(() => telnet.events.filter(({ type }) => type === "refused" || type === "left").length === 1_000);
});

it("an AYT flood is answered a few times and not at length (CVE-2001-0554)", async () => {
  const telnet = await startTelnetStill();
  const client = await telnet.enter();
  client.send(`${IAC}\xf6`.repeat(100_000));
  client.send("say done\r");
  await client.until("done\r\n>>> ");
  expect(client.received.split(`${IAC}\xf6`).length - 1).toBe(LIMITS.telnetAytReplies.value);
  telnet.clock.advance(1_000);
  client.send(`${IAC}\xf6`);
  await client.until(/\xff\xf6$/);
});

it("a storm of options is answered within bounds, and the session lives", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  const before = client.received.length;
  client.send(`${IAC}\xfb\x63${IAC}\xfd\x64`.repeat(50_000));
  await client.login();
  await client.until(">>> ");
  expect(client.received.length - before).toBeLessThan(64 * LIMITS.telnetOptionReplies.value);
});

it("an endless subnegotiation is dropped, not kept", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.send(`${IAC}\xfa\x18\x00`);
  for (let count = 0; count < 64; count++) client.send("A".repeat(65_536));
  client.send(`${IAC}\xf0`);
  client.send("1+1\r");
  await client.until("\r\n2\r\n>>> ");
  expect(telnet.repl.keys).toBe("1+1\r");
});

it("an endless login line: kept are 256 bytes, and it is wrong", async () => {
  const telnet = await startTelnetStill({ user: "m".repeat(256), password: "p".repeat(256) });
  const client = await telnet.connect();
  await client.until("Login as: ");
  client.send(`${"m".repeat(1_000_000)}\r`);
  await client.until("Password: ");
  client.send(`${"p".repeat(256)}\r`);
  await client.until("Invalid");
  telnet.clock.advance(10_000);
  await client.login("m".repeat(256), "p".repeat(256));
  await client.until(">>> ");
});

it("echo that nobody reads: the login reads no further", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  await client.until("Login as: ");
  client.send(`${IAC}\xfd\x01`);
  client.socket.pause();
  const chunk = Buffer.from("a\x7f".repeat(32_768));
  let sent = 0;
  let moved = -1;
  const write = () => {
    if (client.socket.destroyed) return;
    sent += chunk.length;
    client.socket.write(chunk, write);
  };
  write();
  // Until nothing fits into the buffers of both systems any more.
  await waitUntil(() => {
    const still = moved === sent || sent > 64 * 2 ** 20;
    moved = sent;
    return still;
  }, 100);
  expect(sent).toBeLessThan(64 * 2 ** 20);
  client.socket.destroy();
});

it("keys that the REPL does not take: 4 MiB are kept, then the socket is paused; none is lost", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.send("\x01"); // there the REPL echoes nothing
  await client.until("raw REPL");
  telnet.repl.holdKeys();
  const line = `${"x".repeat(199)}\r`;
  const paste = `\x01${line.repeat((3 * LIMITS.telnetInputBufferBytes.value) / line.length)}`;
  client.send(paste.slice(1));
  await waitUntil(() => telnet.repl.keys.length > 1);
  expect(telnet.repl.keys.length).toBeLessThan(200_000);
  await waitUntil(() => client.socket.writableLength > 0);
  telnet.repl.takeKeys();
  await waitUntil(() => telnet.repl.keys.length === paste.length);
  expect(telnet.repl.keys === paste).toBe(true);
});

it.each([
  ["byte 3", "\x03"],
  ["IAC IP", "\xff\xf4"],
  ["IAC BRK", "\xff\xf3"],
])("behind more keys than are kept, of a program that takes none, %s is found after a while", async (_, interrupt) => {
  const telnet = await startTelnetStill();
  const client = await telnet.enter();
  telnet.repl.holdKeys();
  client.send(`${"x".repeat(4 * LIMITS.telnetInputBufferBytes.value)}${interrupt}`);
  const before = telnet.repl.interrupts;
  await waitUntil(() => {
    telnet.clock.advance(1_000);
    return telnet.repl.interrupts > before;
  }, 100);
  await client.until("\x07\r\n[Telnet] The program takes no keys");
  telnet.repl.takeKeys();
  client.send("say after\r");
  await client.until("after\r\n>>> ");
});

it("behind less than that, Ctrl-C is found at once", async () => {
  const telnet = await startTelnetStill();
  const client = await telnet.enter();
  telnet.repl.holdKeys();
  client.send(`${"x".repeat(LIMITS.telnetInputBufferBytes.value / 2)}\x03`);
  await waitUntil(() => telnet.repl.interrupts === 1);
  expect(telnet.repl.keys.length).toBeLessThan(200_000);
});

/** Looks again and again, `everyMs` apart. */
async function waitUntil(condition: () => boolean, everyMs = 5): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${condition}`);
    await new Promise((turn) => setTimeout(turn, everyMs));
  }
}

it("a connection that is gone is held by no timer", async () => {
  const telnet = await startTelnetStill();
  for (let round = 0; round < 10; round++) {
    const client = await telnet.connect();
    await client.until("Login as: ");
    if (round % 2 === 0) client.send("mic");
    reset(client.socket);
    await telnet.event("left", round + 1);
  }
  await until(() => telnet.clock.waiting === 0);
});
