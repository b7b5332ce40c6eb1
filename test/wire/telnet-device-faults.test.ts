/**
 * Faults of the device's own Telnet server: one test each, that ours has not got it.
 */
import { expect, it } from "vitest";
import { connectRaw } from "./raw-client.ts";
import { startTelnet } from "./telnet-fixture.ts";

const IAC = "\xff";

it("pause and stop while a user is in: refused, and nothing hangs afterwards", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  for (let again = 0; again < 3; again++) {
    expect(telnet.server.pause()).toBe(false);
    expect(await telnet.server.close({ force: false })).toBe(false);
  }
  client.send("1+1\r");
  await client.until("\r\n2\r\n>>> ");
  client.send("exit\r");
  await client.closed();
  expect(telnet.server.pause()).toBe(true);
  expect(await telnet.server.resume()).toBe(true);
  await telnet.enter();
});

it("an over-long login line is not compared beyond its end", async () => {
  const telnet = await startTelnet({ user: "m".repeat(33), password: "p" });
  const client = await telnet.connect();
  await client.login("m".repeat(34), "p");
  await client.until("Invalid");
  await client.login("m".repeat(32), "p");
  await client.until("Invalid");
  await client.login("m".repeat(33), "p");
  await client.until(">>> ");
});

it("1 MB of output arrives whole at a client that reads slowly", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  const before = client.received.length;
  client.socket.pause();
  client.send("flood 1048576\r");
  while (!telnet.repl.keys.endsWith("\r")) await new Promise((turn) => setTimeout(turn, 5));
  client.socket.resume();
  await client.until(/\n>>> $/);
  const output = client.received.slice(before).replace("flood 1048576\r\n", "");
  const lines = output.split("\r\n").filter((line) => /^\d{9}x/.test(line));
  expect(lines).toHaveLength(1024);
  for (const [index, line] of lines.entries())
    expect(line.startsWith(String(index * 1024).padStart(9, "0"))).toBe(true);
});

it("255 in the output is doubled, NUL does not cut it", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  void telnet.repl.terminal?.write(Uint8Array.of(60, 0, 255, 0, 62));
  await client.until(`<\0${IAC}${IAC}\0>`);
});

it.each([
  ["NOP", "\xf1"],
  ["DM", "\xf2"],
  ["GA", "\xf9"],
  ["EOR", "\xef"],
])("%s takes no keys with it", async (_name, command) => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.send(`1${IAC}${command}+${IAC}${command}1\r`);
  await client.until("1+1\r\n2\r\n>>> ");
});

it("a subnegotiation is not typed into the REPL", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.send(`${IAC}\xfa\x2amicro python${IAC}\xf0${IAC}\xfa\x1f\x00\x41\x00\x42${IAC}\xf0\r`);
  await client.until(">>> ");
  expect(telnet.repl.keys).toBe("\r");
});

it("Ctrl-C interrupts in BINARY mode too", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.send(`${IAC}\xfb\0${IAC}\xfd\0`);
  await client.until(`${IAC}\xfb\0`);
  client.send("spin\r\x03");
  await client.until("KeyboardInterrupt\r\n>>> ");
  expect(telnet.repl.interrupts).toBe(1);
});

it("UTF-8 needs no BINARY, whole or byte by byte", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.type("say Grüße 世界\r");
  await client.until(`\r\n${Buffer.from("Grüße 世界").toString("latin1")}\r\n>>> `);
  for (const octet of Buffer.from("say 🙂\r")) client.socket.write(Uint8Array.of(octet));
  await client.until(`\r\n${Buffer.from("🙂").toString("latin1")}\r\n>>> `);
});

it("a paste of 5,000 lines loses nothing", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  const paste = Array.from({ length: 5_000 }, (_, line) => `${line}+1\r`).join("");
  client.send(paste);
  await client.until("4999+1\r\n5000\r\n>>> ");
  expect(telnet.repl.keys === paste).toBe(true);
});

it("listens on IPv6 too", async () => {
  const telnet = await startTelnet({ host: "::1" });
  expect(telnet.server.addresses).toEqual([`[::1]:${telnet.port}`]);
  const client = await telnet.enter();
  expect(telnet.server.user?.peer).toBe(`[::1]:${client.socket.localPort}`);
});

it("a command that is cut is put together, and not read from before the buffer", async () => {
  const telnet = await startTelnet();
  const client = await connectRaw(telnet.port);
  await client.login();
  await client.until(">>> ");
  for (const octet of `${IAC}\xfd\x05${IAC}\xfa\x05\x01${IAC}\xf0`) {
    await new Promise<void>((written) => client.socket.write(Buffer.from(octet, "latin1"), () => written()));
  }
  await client.until(`${IAC}\xfb\x05`);
  await client.until(`${IAC}\xfa\x05\0`);
  client.socket.destroy();
});
