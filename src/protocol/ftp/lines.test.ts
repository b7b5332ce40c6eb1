import { describe, expect, it } from "vitest";
import { LIMITS } from "../../contracts/limits.ts";
import { type ClientLine, createLineReader } from "./lines.ts";

const encoder = new TextEncoder();

function bytesOf(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...encoder.encode(part)])));
}

function read(bytes: Uint8Array, chunkBytes = bytes.length || 1): ClientLine[] {
  const reader = createLineReader();
  const lines: ClientLine[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    reader.push(bytes.subarray(at, at + chunkBytes));
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
  }
  return lines;
}

/** Read whole and byte by byte: both ways are the same. */
function commands(...parts: readonly (string | number)[]): string[] {
  const bytes = bytesOf(...parts);
  const lines = read(bytes);
  expect(read(bytes, 1)).toEqual(lines);
  return lines.map((line) => (line.type === "command" ? `${line.verb}|${line.argument}` : line.type));
}

describe("command lines", () => {
  it("end in CR LF or LF; empty ones are passed over", () => {
    expect(commands("NOOP\r\n\r\n\nnoop\nPwd\r\r\n")).toEqual(["NOOP|", "NOOP|", "PWD|"]);
  });

  it("keep blanks behind the one that ends the verb", () => {
    expect(commands("RETR  a b \r\n", "  LIST -la\r\n", "STOR\t\r\n")).toEqual(["RETR| a b ", "LIST|-la", "STOR\t|"]);
  });

  it("keep half a line for the next packet", () => {
    const reader = createLineReader();
    reader.push(bytesOf("RE"));
    expect(reader.next()).toBeUndefined();
    const shared = bytesOf("TR a\r\nPWD\r\n");
    reader.push(shared);
    expect(reader.next()).toEqual({ type: "command", verb: "RETR", argument: "a" });
    expect(reader.waitingBytes).toBe(5);
    reader.keep();
    shared.fill(0);
    expect(reader.next()).toEqual({ type: "command", verb: "PWD", argument: "" });
    expect(reader.waitingBytes).toBe(0);
    reader.push(bytesOf("half"));
    reader.next();
    reader.clear();
    reader.push(bytesOf("NOOP\r\n"));
    expect(reader.next()).toEqual({ type: "command", verb: "NOOP", argument: "" });
  });

  it("are kept apart from the block that they came in, Node's Buffer too", () => {
    const reader = createLineReader();
    const block = Buffer.from("NOOP\r\nSYST\r\nHE");
    reader.push(block);
    expect(reader.next()).toMatchObject({ verb: "NOOP" });
    reader.keep();
    block.fill(0);
    expect(reader.next()).toMatchObject({ verb: "SYST" });
  });

  it("read names as UTF-8, and as Latin-1 what is not UTF-8", () => {
    expect(commands("RETR ü€😀\r\n")).toEqual(["RETR|ü€😀"]);
    expect(commands("RETR caf", 0xe9, "\r\n")).toEqual(["RETR|café"]);
    expect(commands("RETR ", 0xc0, 0xaf, "\r\n")).toEqual(["RETR|À¯"]); // an overlong "/" stays no "/"
    expect(commands("RETR ", 0xef, 0xbb, 0xbf, "x\r\n")).toEqual(["RETR|\uFEFFx"]);
  });

  it("hand CR and NUL inside on, for the command to refuse", () => {
    expect(commands("RETR a\rb\0c\r\n")).toEqual(["RETR|a\rb\0c"]);
  });

  it("are told once when they are too long, and skipped", () => {
    const limit = LIMITS.ftpCommandBytes.value;
    expect(commands(`RETR ${"x".repeat(limit - 5)}\r\nNOOP\r\n`)).toEqual([`RETR|${"x".repeat(limit - 5)}`, "NOOP|"]);
    expect(commands(`RETR ${"x".repeat(limit - 4)}\r\nNOOP\r\n`)).toEqual(["too-long", "NOOP|"]);
    expect(commands(`RETR ${"x".repeat(3 * limit)}\r\nNOOP\r\n`)).toEqual(["too-long", "NOOP|"]);
  });
});

describe("lines that come whole", () => {
  it("are read as those that come in pieces, whatever is odd about them", () => {
    const long = "x".repeat(600);
    expect(commands("STOR ", long, "\r\nNOOP\r\n")).toEqual([`STOR|${long}`, "NOOP|"]);
    expect(commands("RETR a\x7fb\r\n", "RETR a\tb\r\n", "RETR a\rb\r\n")).toEqual([
      "RETR|a\x7fb",
      "RETR|a\tb",
      "RETR|a\rb",
    ]);
    expect(commands("RETR ä\r\n", "RETR a", 0xff, 241, "b\r\n", "RETR b\r\n")).toEqual(["RETR|ä", "RETR|ab", "RETR|b"]);
    expect(commands("ABOR\rNOOP\r\n", "ABOR\r\n", "NOOP\n", "\r\n", "   NOOP\r\n")).toEqual([
      "ABOR|",
      "NOOP|",
      "ABOR|",
      "NOOP|",
      "NOOP|",
    ]);
  });

  it("are told apart from those of other protocols", () => {
    expect(commands("NOOP\r\n", "GET / HTTP/1.1\r\n")).toEqual(["NOOP|", "foreign"]);
    expect(commands("SSH-2.0-x\r\n")).toEqual(["foreign"]);
  });
});

describe("TELNET in command lines", () => {
  it("is taken out before ABOR, whichever octet was urgent and lost", () => {
    const [IAC, IP, DM] = [0xff, 0xf4, 0xf2];
    for (const synch of [
      [IAC, IP, IAC, DM],
      [IAC, IP, DM],
      [IAC, IP, IAC],
      [IP, IAC, DM],
      [IAC, IAC, DM],
      [DM],
      [IAC, DM],
      [IAC],
    ]) {
      expect(commands(...synch, "ABOR\r\n", "NOOP\r\n"), synch.join()).toEqual(["ABOR|", "NOOP|"]);
    }
  });

  it("leaves a lone ABOR CR, which is a whole command; its LF may still come", () => {
    expect(commands("ABOR\r")).toEqual(["ABOR|"]);
    expect(commands("abor\r\nNOOP\r\n")).toEqual(["ABOR|", "NOOP|"]);
    expect(commands("ABOR\r\0NOOP\r\n")).toEqual(["ABOR|", "NOOP|"]);
    expect(commands("ABOR\rNOOP\r\n")).toEqual(["ABOR|", "NOOP|"]);
    expect(commands("ABOR\r\n\nNOOP\r\n")).toEqual(["ABOR|", "NOOP|"]);
    expect(commands("STOR ABOR\rx\r\n")).toEqual(["STOR|ABOR\rx"]);
  });

  it("refuses options with DONT and WONT, and answers no refusal", () => {
    expect(read(bytesOf(0xff, 0xfb, 31, 0xff, 0xfd, 1, 0xff, 0xfc, 1, 0xff, 0xfe, 1, "NOOP\r\n"))).toEqual([
      { type: "option", refusal: Uint8Array.of(0xff, 0xfe, 31) },
      { type: "option", refusal: Uint8Array.of(0xff, 0xfc, 1) },
      { type: "command", verb: "NOOP", argument: "" },
    ]);
  });

  it("passes over a subnegotiation, and gives up one that does not end", () => {
    expect(commands(0xff, 0xfa, 31, 0, 80, 0xff, 0xff, 10, 0xff, 0xf0, "NOOP\r\n")).toEqual(["NOOP|"]);
    const endless = `${"x".repeat(LIMITS.telnetSubnegotiationBytes.value)}\r\nNOOP\r\n`;
    expect(commands(0xff, 0xfa, endless)).toEqual(["NOOP|"]);
  });

  it("reads IAC IAC as the octet 255", () => {
    expect(commands("RETR a", 0xff, 0xff, "\r\n")).toEqual(["RETR|aÿ"]);
  });
});

describe("what is no FTP", () => {
  it.each([
    ["HTTP", bytesOf("GET / HTTP/1.1\r\n")],
    ["HTTP", bytesOf("POST /x HTTP/1.1\r\nUSER a\r\n")],
    ["HTTP", bytesOf(`GET /${"x".repeat(9000)} HTTP/1.1\r\n`)],
    ["HTTP", bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
    ["TLS", bytesOf(22, 3, 1, 2, 0)],
    ["TLS", bytesOf(22)],
    ["SSH", bytesOf("SSH-2.0-OpenSSH_9.2\r\n")],
  ])("is told apart: %s", (protocol, bytes) => {
    expect(read(bytes)[0]).toEqual({ type: "foreign", protocol });
    expect(read(bytes, 1)[0]).toEqual({ type: "foreign", protocol });
  });

  it("does not take HOST, OPTS and DELE for HTTP", () => {
    expect(commands("HOST a\r\nOPTS UTF8 ON\r\nDELE a\r\n")).toEqual(["HOST|a", "OPTS|UTF8 ON", "DELE|a"]);
  });
});
