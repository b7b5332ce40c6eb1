/**
 * What clients are known to do, and what servers are known to do wrong: one test each, by that name.
 */
import { expect, it } from "vitest";
import { until } from "../tasks/until.ts";
import { startTelnet, startTelnetStill } from "./telnet-fixture.ts";

const IAC = "\xff";
const [SE, AO, AYT, IP, BRK, EC, EL, SB, WILL, WONT, DO, DONT] = [
  ..."\xf0\xf5\xf6\xf4\xf3\xf7\xf8\xfa\xfb\xfc\xfd\xfe",
] as [string, string, string, string, string, string, string, string, string, string, string, string];
const FIRST = `${IAC}${WILL}\x01${IAC}${WILL}\x03${IAC}${WILL}\x22${IAC}${DO}\x1f${IAC}${DO}\x18`;

it("the first negotiation goes out alone and first, and has nothing of 40 or above", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  await client.until("Login as: ");
  expect(client.received.startsWith(`${FIRST}LineRepl v1.0\r\n`)).toBe(true);
  expect([...FIRST].every((octet) => octet >= "\xf0" || octet < "\x28")).toBe(true);
});

it.each([
  ["LF only (netcat, npm telnet-client)", "\n"],
  ["CR LF (PuTTY, Windows)", "\r\n"],
  ["CR NUL (inetutils)", "\r\0"],
  ["CR (expect, Tera Term)", "\r"],
])("Return as %s is one Return", async (_name, end) => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  await client.until("Login as: ");
  client.send(`micro${end}`);
  await client.until("Password: ");
  client.send(`python${end}`);
  await client.until(">>> ");
  client.send(`1+1${end}2+2${end}`);
  await client.until("1+1\r\n2\r\n>>> 2+2\r\n4\r\n>>> ");
  expect(telnet.repl.keys).toBe("1+1\r2+2\r");
});

it("prompts end their packet, also behind a wrong login", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  await client.login("micro", "wrong");
  await client.until("Invalid credentials, try again.\r\n");
  await client.until("Login as: ");
  client.send("micro\r\n");
  await client.until("Password: ");
  const prompts = client.packets.filter((packet) => /Login as: |Password: /.test(packet));
  for (const packet of prompts) expect(packet).toMatch(/(Login as: |Password: )$/);
  // npm telnet-client does not notice a failed login when the next prompt is in the same packet.
  expect(client.packets.some((packet) => packet.includes("Invalid") && packet.includes("Login as: "))).toBe(false);
});

it("slow typing: each byte, also of UTF-8 and of a command, in a packet of its own (Tera Term)", async () => {
  const telnet = await startTelnet({ user: "müller" });
  const client = await telnet.connect();
  await client.until("Login as: ");
  for (const octet of Buffer.from(`m\xc3\xbcller\r\n`, "latin1").toString("latin1")) await typed(client, octet);
  await client.until("Password: ");
  for (const octet of "python\r\n") await typed(client, octet);
  await client.until(">>> ");
  for (const octet of `${IAC}${SB}\x1f\x00\x64\x00\x28${IAC}${SE}`) await typed(client, octet);
  await client.until("[100x40]");
});

it("text and negotiation in one packet", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  await client.until("Login as: ");
  client.send(`${IAC}${DO}\x01mic${IAC}${DO}\x03${IAC}${WILL}\x1f${IAC}${SB}\x1f\x00\x64\x00\x28${IAC}${SE}ro\r\n`);
  await client.until("micro\r\nPassword: ");
  client.send(`pyt${IAC}${WILL}\x18hon\r\n`);
  await client.until(">>> ");
  expect(telnet.repl.terminal?.size).toEqual({ columns: 100, rows: 40 });
});

it("PuTTY's early negotiation: it speaks before the server does", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  client.send(
    `${IAC}${WILL}\x1f${IAC}${WILL}\x20${IAC}${WILL}\x18${IAC}${WILL}\x27${IAC}${DO}\x01${IAC}${WILL}\x03${IAC}${DO}\x03` +
      `${IAC}${SB}\x1f\x00\x50\x00\x18${IAC}${SE}`,
  );
  await client.until("Login as: ");
  client.send("micro\r\n");
  await client.until(`${IAC}${SB}\x18\x01${IAC}${SE}`);
  await client.until("micro\r\nPassword: ");
  client.send(`${IAC}${SB}\x18\x00XTERM${IAC}${SE}python\r\n`);
  await client.until(">>> ");
  expect(telnet.repl.terminal?.type).toBe("xterm");
  // Agreed to or refused, each was answered once.
  expect(client.received.split(`${IAC}${DONT}\x27`)).toHaveLength(2);
  expect(client.received.split(`${IAC}${DONT}\x20`)).toHaveLength(2);
});

it("Windows telnet's order: answers one by one, NAWS first, VT names in turn; NEW-ENVIRON is never asked for", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  await client.until("Login as: ");
  client.send(`${IAC}${DO}\x01`);
  client.send(`${IAC}${DO}\x03`);
  client.send(`${IAC}${DONT}\x22`);
  client.send(`${IAC}${WILL}\x1f${IAC}${SB}\x1f\x00\x78\x00\x1e${IAC}${SE}`);
  client.send(`${IAC}${WILL}\x18`);
  client.send(`${IAC}${WILL}\x27`);
  await client.until(`${IAC}${DONT}\x27`);
  client.send("micro\r\n");
  await client.until(`${IAC}${SB}\x18\x01${IAC}${SE}`);
  client.send(`${IAC}${SB}\x18\x00ANSI${IAC}${SE}`);
  await client.until("Password: ");
  client.send("python\r\n");
  await client.until(">>> ");
  expect(telnet.repl.terminal).toMatchObject({ type: "ansi", size: { columns: 120, rows: 30 } });
  expect(client.received).not.toContain(`${DO}\x27`);
  expect(client.received).not.toContain(`${SB}\x27`);
});

it("telnetlib's DONT to WONT and WONT to DONT are never answered", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  await client.until("Login as: ");
  for (const option of "\x01\x03\x22") client.send(`${IAC}${DONT}${option}`);
  for (const option of "\x1f\x18") client.send(`${IAC}${WONT}${option}`);
  for (let again = 0; again < 20; again++) client.send(`${IAC}${DONT}\x01${IAC}${WONT}\x1f`);
  client.send("micro\r\n");
  await client.until("Password: ");
  client.send("python\r\n");
  await client.until(">>> ");
  // It has refused everything: nothing more is negotiated, no IAC is in the text that it reads.
  expect(client.received.slice(FIRST.length)).not.toContain(IAC);
});

it("Pymakr: every IAC is three bytes to it, and nothing makes it type 'undefined'", async () => {
  const telnet = await startTelnetStill();
  const client = await telnet.connect();
  await client.until("Login as: ");
  // It types "undefined" for DO of an option that it does not know.
  const unknown = new Set([37, 38, ...range(11, 22), ...range(25, 30), ...range(40, 255)]);
  client.send(`${IAC}${DO}\x01${IAC}${DO}\x03${IAC}${DONT}\x22${IAC}${SB}\x1f\x00\x50\x00\x18${IAC}${SE}`);
  client.send("micro\r\n");
  await client.until("Password: ");
  client.send("python\r\n");
  await client.until('\r\nLogin succeeded!\r\nType "help()" for more information.\r\n');
  client.send("\x03\r\n");
  await client.until("KeyboardInterrupt\r\n>>> ");
  const { received } = client;
  const asked: number[] = [];
  for (let at = received.indexOf(IAC); at >= 0; at = received.indexOf(IAC, at + 3)) {
    expect(`${WILL}${WONT}${DO}${DONT}`).toContain(received[at + 1]);
    if (received[at + 1] === DO) asked.push(received.charCodeAt(at + 2));
  }
  expect(asked.filter((option) => unknown.has(option))).toEqual([]);
  expect(telnet.repl.terminal?.size).toEqual({ columns: 80, rows: 24 });
  // It pings with AYT, and hangs up after two that are not answered by IAC AYT.
  for (let ping = 0; ping < 5; ping++) {
    client.send(`${IAC}${AYT}`);
    await client.until(`${IAC}${AYT}`);
    telnet.clock.advance(5_000);
  }
});

it("IP and BRK interrupt, EC and EL edit, AO does no harm", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.send(`spin\r${IAC}${IP}`);
  await client.until("KeyboardInterrupt\r\n>>> ");
  client.send(`spin\r${IAC}${BRK}`);
  await client.until("KeyboardInterrupt\r\n>>> ");
  client.send(`1+13${IAC}${EC}\r`);
  await client.until("2\r\n>>> ");
  client.send(`rubbish${IAC}${EL}2+2\r`);
  await client.until("4\r\n>>> ");
  client.send(`${IAC}${AO}`);
  await client.until(`${IAC}\xf2`);
  client.send("3+3\r");
  await client.until("6\r\n>>> ");
  expect(telnet.repl.interrupts).toBe(2);
});

it("AO throws away what the client has not got", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.socket.pause();
  client.send("flood 30000000\r");
  while (telnet.repl.waits === 0) await new Promise((turn) => setTimeout(turn, 5));
  client.send(`${IAC}${AO}`);
  client.socket.resume();
  await client.until(`${IAC}\xf2`);
});

it("output: 255 is doubled; a lone CR gets its NUL, unless BINARY is on", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  void telnet.repl.terminal?.write(Buffer.from("<\xff\rx\r\n>", "latin1"));
  await client.until("<\xff\xff\r\0x\r\n>");
  client.send(`${IAC}${DO}\0`);
  await client.until(`${IAC}${WILL}\0`);
  void telnet.repl.terminal?.write(Buffer.from("<\xff\rx\r\n>", "latin1"));
  await client.until("<\xff\xff\rx\r\n>");
});

it("the window's payload is never typed into the REPL, and 0 by 0 is no size", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter();
  client.send(`${IAC}${WILL}\x1f${IAC}${SB}\x1f\x00${IAC}${IAC}\x00\x28${IAC}${SE}`);
  await client.until("[255x40]");
  client.send(`${IAC}${SB}\x1f\x00\x00\x00\x00${IAC}${SE}size\r`);
  await client.until(/\d+x\d+\r\n/);
  expect(telnet.repl.keys).toBe("size\r");
  expect(telnet.repl.terminal?.size.columns).toBeGreaterThan(0);
});

it("NEW-ENVIRON USER=-f root decides nothing and reaches no environment (CVE-2026-24061, CVE-2026-28372, CVE-2007-0882)", async () => {
  const before = JSON.stringify(process.env);
  const telnet = await startTelnet();
  const client = await telnet.connect();
  const variables = "\x00USER\x01-f root\x00CREDENTIALS_DIRECTORY\x01/tmp\x03LD_PRELOAD\x01/tmp/x.so";
  client.send(`${IAC}${WILL}\x27${IAC}${SB}\x27\x00${variables}${IAC}${SE}`);
  await client.until("Login as: ");
  client.send("\r\n\r\n");
  await client.until("Login as: ");
  await client.until("Login as: ");
  client.send("micro\r\n");
  await client.until("Password: ");
  client.send("\r\n");
  await client.until("Invalid");
  expect(telnet.server.state).toBe(3);
  expect(JSON.stringify(process.env)).toBe(before);
});

it("EC and EL as the first bytes, before anything is typed (CVE-2022-39028)", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  client.send(`${IAC}${EC}`);
  client.send(`${IAC}${EL}`);
  await client.login();
  await client.until(">>> ");
});

it("LINEMODE SLC before login does no harm (CVE-2026-32746)", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  client.send(`${IAC}${WILL}\x22${IAC}${SB}\x22\x03${"\x12\x02\x03".repeat(10_000)}${IAC}${SE}`);
  await client.login();
  await client.until(">>> ");
});

it("ENCRYPT and AUTHENTICATION are refused, also before login (CVE-2011-4862; nmap asks)", async () => {
  const telnet = await startTelnet();
  const client = await telnet.connect();
  client.send(`${IAC}${DO}\x26${IAC}${WILL}\x26${IAC}${DO}\x25${IAC}${SB}\x26\x07${"A".repeat(200)}${IAC}${SE}`);
  await client.until("Login as: ");
  await client.until(`${IAC}${WONT}\x26${IAC}${DONT}\x26${IAC}${WONT}\x25`);
  await client.answer();
  await client.until(">>> ");
});

it.each([
  ["nothing", ""],
  ["two Returns", "\r\n\r\n"],
  ["HTTP", "GET / HTTP/1.0\r\n\r\n"],
  ["TLS", "\x16\x03\x01\x00\x75\x01\x00\x00\x71\x03\x03".padEnd(122, "\xab")],
  ["SMB", "\x00\x00\x00\x2f\xffSMB\x72\x00\x00\x00\x00\x08\x01\x40\x00"],
  ["every byte twice", [...range(0, 255)].map((octet) => String.fromCharCode(octet, octet)).join("")],
])("a port scanner's probe does no harm: %s", async (_name, probe) => {
  const telnet = await startTelnet();
  const scanner = await telnet.connect();
  scanner.send(probe);
  await scanner.until("Login as: ");
  scanner.socket.resetAndDestroy();
  await until(() => telnet.told.includes("left") || telnet.told.includes("refused"));
  await telnet.enter();
  expect(telnet.told).not.toContain("error");
});

it("bytes in any order and cut, before and after login, end nothing but their session", async () => {
  // Every name is let in: noise is full of wrong passwords, which would lock the address.
  const authenticate = async (user: string) => ({ user, rights: new Set(["prompt"] as const) });
  const telnet = await startTelnet({ loginTimeout: 5, authenticate });
  let seed = 12_345;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  const noise = () =>
    Array.from({ length: 400 }, () => (random(3) === 0 ? IAC : String.fromCharCode(random(256)))).join("");
  for (let round = 0; round < 40; round++) {
    const client = await telnet.connect();
    if (round % 2 === 1) {
      await client.login();
      await client.until(/>>> |leave\? /);
    }
    for (let packet = 0; packet < 10; packet++) client.send(noise());
    await new Promise<void>((written) => client.socket.end(() => written()));
    client.socket.destroy();
  }
  await telnet.event("connected", 40);
  const last = await telnet.connect();
  await last.login();
  await last.until(/>>> |leave\? /);
  expect(telnet.told).not.toContain("error");
});

function* range(from: number, to: number): Generator<number> {
  for (let value = from; value <= to; value++) yield value;
}

async function typed(client: { readonly socket: { write(bytes: Buffer, done: () => void): void } }, octet: string) {
  await new Promise<void>((written) => client.socket.write(Buffer.from(octet, "latin1"), written));
  await new Promise((turn) => setImmediate(turn));
}
