/**
 * What has hurt other TELNET servers, each under its name: the CVEs, and the faults of the device whose contract this is.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { bytes, openServer, sent, told, typed } from "../../../test/transcripts/telnet-octets.ts";
import { LIMITS } from "../../contracts/limits.ts";
import { bytesOf } from "./ascii.ts";
import { Octet, Option } from "./codes.ts";
import { createTelnetEngine, type TelnetEvent } from "./engine.ts";

const { IAC, WILL, WONT, DO, DONT, SB, SE, AYT, IP, EC, EL, DM, NOP } = Octet;
const ALL: readonly number[] = Array.from({ length: 256 }, (_, option) => option);

describe("known weaknesses of TELNET servers", () => {
  function environment(...variables: (number | string)[]): readonly TelnetEvent[] {
    const engine = openServer({ him: [Option.NEW_ENVIRON] });
    engine.receive(bytes(IAC, WILL, Option.NEW_ENVIRON));
    return engine.receive(bytes(IAC, SB, Option.NEW_ENVIRON, 0, ...variables, IAC, SE));
  }

  it("CVE-2026-24061, CVE-2007-0882: USER=-f root is not handed on", () => {
    expect(environment(0, "USER", 1, "-f root", 0, "USER", 1, "-froot", 3, "USER", 1, "root")).toEqual([
      { type: "environment", variables: new Map() },
    ]);
  });

  it("CVE-2026-28372: CREDENTIALS_DIRECTORY is not handed on", () => {
    expect(environment(3, "CREDENTIALS_DIRECTORY", 1, "/tmp", 3, "LANG", 1, "C")).toEqual([
      { type: "environment", variables: new Map([["LANG", "C"]]) },
    ]);
  });

  it("CVE-1999-0073: LD_LIBRARY_PATH and TERMCAP are not handed on", () => {
    expect(environment(3, "LD_LIBRARY_PATH", 1, "/tmp", 0, "TERMCAP", 1, "/tmp/x")).toEqual([
      { type: "environment", variables: new Map() },
    ]);
  });

  it("a terminal type is no command-line option, no path and no escape sequence", () => {
    const engine = openServer({ him: [Option.TTYPE] });
    engine.receive(bytes(IAC, WILL, Option.TTYPE));
    for (const name of ["-f root", "../../etc/passwd", "\x1b]0;x\x07", "x\r\ny", ""]) {
      const events = engine.receive(bytes(IAC, SB, Option.TTYPE, 0, name, IAC, SE));
      expect(events.filter((event) => event.type !== "violation")).toEqual([]);
    }
  });

  it("CVE-2026-32746: a flood of LINEMODE special characters has a short answer", () => {
    const engine = openServer({ him: [Option.LINEMODE] });
    engine.receive(bytes(IAC, WILL, Option.LINEMODE));
    engine.takeOutput();
    const triples = Array.from({ length: 170 }, (_, at) => [at % 250, 2, at]).flat();
    expect(3 * 170 + 1).toBeLessThanOrEqual(LIMITS.telnetSubnegotiationBytes.value);
    engine.receive(bytes(IAC, SB, Option.LINEMODE, 3, triples, IAC, SE));
    expect(engine.takeOutput().length).toBeLessThan(256);
    const more = Array.from({ length: 1_000 }, () => [3, 2, 1]).flat();
    expect(engine.receive(bytes(IAC, SB, Option.LINEMODE, 3, more, IAC, SE))).toEqual([
      { type: "violation", rule: "subnegotiation-too-long" },
    ]);
    expect(sent(engine)).toEqual([]);
  });

  it("CVE-2020-10188: urgent marks and commands cut anywhere don't run over anything", () => {
    const talk = bytes("a", IAC, DM, IAC, IAC, DM, IAC, SB, IAC, DM, IAC, IAC, IAC, DM, "b");
    for (let cut = 0; cut <= talk.length; cut += 1) {
      const engine = openServer();
      const events = [...engine.receive(talk.subarray(0, cut)), ...engine.receive(talk.subarray(cut))];
      expect(typed(events).startsWith("a")).toBe(true);
      expect(typed(events).endsWith("b")).toBe(true);
    }
  });

  it("CVE-2022-39028: EC and EL as the very first bytes are commands like any other", () => {
    const engine = createTelnetEngine();
    expect(engine.receive(bytes(IAC, EC))).toEqual([{ type: "command", command: EC }]);
    expect(engine.receive(bytes(IAC, EL))).toEqual([{ type: "command", command: EL }]);
  });

  it("CVE-2011-4862: ENCRYPT and AUTHENTICATION are refused, and their payloads are not read", () => {
    const engine = openServer({ us: [Option.ECHO], him: [Option.NAWS] });
    engine.receive(bytes(IAC, WILL, Option.ENCRYPT, IAC, DO, Option.ENCRYPT, IAC, WILL, 37));
    expect(sent(engine)).toEqual([IAC, DONT, Option.ENCRYPT, IAC, WONT, Option.ENCRYPT, IAC, DONT, 37]);
    const keyId = Array.from({ length: 300 }, () => 0x41);
    expect(engine.receive(bytes(IAC, SB, Option.ENCRYPT, 7, keyId, IAC, SE))).toEqual([
      { type: "violation", rule: "subnegotiation-without-option" },
    ]);
    expect(sent(engine)).toEqual([]);
  });

  it("CVE-2001-0554: a flood of AYT fills no buffer of the engine", () => {
    const engine = openServer();
    const events = engine.receive(bytes(Array.from({ length: 20_000 }, () => [IAC, AYT]).flat()));
    expect(events).toHaveLength(20_000); // told, for the server to answer at its own rate
    expect(sent(engine)).toEqual([]);
    const queued = events.filter(() => engine.sendCommand(AYT)).length;
    expect(queued).toBe(LIMITS.telnetOptionReplies.value);
    expect(sent(engine)).toHaveLength(2 * queued);
    expect(engine.sendCommand(AYT)).toBe(true);
  });

  it("CVE-2021-40523: every WILL and DO is answered, all 512 of them in one packet", () => {
    const engine = openServer();
    engine.receive(bytes(ALL.flatMap((option) => [IAC, WILL, option, IAC, DO, option])));
    const output = sent(engine);
    const answered = (verb: number) =>
      ALL.filter((option) => output.some((octet, at) => at % 3 === 1 && octet === verb && output[at + 1] === option));
    const asked: number[] = [Option.ECHO, Option.SGA]; // our own requests: DO is the answer to them
    expect(answered(WONT)).toEqual(ALL.filter((option) => !asked.includes(option)));
    // WILL NAWS answers our request; WILL TIMING-MARK is a mark that nobody waits for
    const settled: number[] = [Option.NAWS, Option.TIMING_MARK];
    expect(answered(DONT)).toEqual(ALL.filter((option) => !settled.includes(option)));
  });

  it("a storm of requests is answered with a bounded number of bytes", () => {
    const engine = openServer();
    const storm = bytes(Array.from({ length: 20_000 }, () => [IAC, WILL, 200, IAC, DO, 201]).flat());
    expect(engine.receive(storm)).toEqual([{ type: "violation", rule: "too-many-requests" }]);
    expect(engine.takeOutput()).toHaveLength(3 * LIMITS.telnetOptionReplies.value);
    engine.receive(storm);
    expect(sent(engine)).toEqual([]); // a peer that answers answers gets no more, until it types something
    engine.receive(bytes("a", IAC, DO, 200));
    expect(sent(engine)).toEqual([IAC, WONT, 200]);
  });

  it("a storm of STATUS SEND, DO TIMING-MARK or CHARSET REQUEST is answered with a bounded number of bytes", () => {
    const us = [Option.STATUS, Option.TIMING_MARK, Option.CHARSET, Option.ECHO];
    for (const request of [
      [IAC, SB, Option.STATUS, 1, IAC, SE],
      [IAC, DO, Option.TIMING_MARK],
      [IAC, SB, Option.CHARSET, 1, ...bytesOf(";UTF-8"), IAC, SE],
    ]) {
      const engine = openServer({ us });
      engine.receive(bytes(us.flatMap((option) => [IAC, DO, option])));
      for (let turn = 0; turn < 100; turn += 1) {
        engine.receive(bytes("a", Array.from({ length: 1_000 }, () => request).flat()));
      }
      expect(engine.takeOutput().length).toBeLessThan(5 * LIMITS.telnetOptionReplies.value);
    }
  });

  it("a request beyond the limit is as if it had never come", () => {
    const engine = openServer({ him: [Option.BINARY] });
    engine.receive(bytes(Array.from({ length: 2_000 }, () => [IAC, DO, 200]).flat(), IAC, WILL, Option.BINARY));
    expect(engine.state("him", Option.BINARY)).toBe("no");
    engine.takeOutput();
    engine.receive(bytes("a", IAC, WILL, Option.BINARY));
    expect(engine.state("him", Option.BINARY)).toBe("yes");
    expect(sent(engine)).toEqual([IAC, DO, Option.BINARY]);
  });

  it("a subnegotiation at its limit is read, one byte more is dropped whole, and the keys behind it count", () => {
    const limit = LIMITS.telnetSubnegotiationBytes.value;
    const payload = (length: number) =>
      bytes(
        IAC,
        SB,
        200,
        Array.from({ length }, () => 7),
        IAC,
        SE,
        "k",
      );
    const engine = openServer({ him: [200] });
    engine.receive(bytes(IAC, WILL, 200));
    expect(told(engine.receive(payload(limit)))).toEqual([
      { type: "subnegotiation", option: 200, bytes: new Uint8Array(limit).fill(7) },
      { type: "data", bytes: bytes("k") },
    ]);
    expect(told(engine.receive(payload(limit + 1)))).toEqual([
      { type: "violation", rule: "subnegotiation-too-long" },
      { type: "data", bytes: bytes("k") },
    ]);
  });

  it("an unfinished subnegotiation of 64 MB is not kept", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const engine = openServer({ him: [Option.TTYPE] });
    engine.receive(bytes(IAC, WILL, Option.TTYPE, IAC, SB, Option.TTYPE, 0));
    const chunk = Buffer.alloc(65_536, 0x61);
    collect();
    const before = process.memoryUsage();
    for (let turn = 0; turn < 1_024; turn += 1) engine.receive(chunk);
    collect();
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(1_000_000);
    expect(typed(engine.receive(bytes(IAC, SE, "k")))).toBe("k");
  });

  it("each broken rule is told once a connection, so that no log grows without end", () => {
    const engine = openServer();
    const events = engine.receive(bytes(Array.from({ length: 1_000 }, () => [IAC, SE, IAC, SB, 9, IAC, SE]).flat()));
    expect(events).toEqual([
      { type: "violation", rule: "se-outside-subnegotiation" },
      { type: "violation", rule: "subnegotiation-without-option" },
    ]);
  });
});

describe("faults of the device that aren't repeated", () => {
  it("the device loses a command that is split between packets", () => {
    const talk = bytes("a", IAC, IAC, "b", IAC, IP, "c", IAC, DO, 200, "d", IAC, SB, 31, 0, 80, 0, 24, IAC, SE, "e");
    const engine = openServer();
    const events = [...talk].flatMap((octet) => [...engine.receive(Uint8Array.of(octet))]);
    expect(events.filter((event) => event.type !== "data")).toEqual([
      { type: "command", command: IP },
      { type: "window", columns: 80, rows: 24 },
    ]);
    expect(bytes(...events.map((event) => (event.type === "data" ? [...event.bytes] : [])))).toEqual(
      bytes("a", 255, "bcde"),
    );
    expect(sent(engine)).toEqual([IAC, WONT, 200]);
  });

  it("the device sends 255 bare", () => {
    const engine = openServer();
    engine.send(Uint8Array.of(1, 255, 2));
    expect(sent(engine)).toEqual([1, 255, 255, 2]);
  });

  it("the device eats the key behind IP, BRK, NOP and other two-byte commands", () => {
    const engine = openServer();
    expect(typed(engine.receive(bytes(IAC, IP, "a", IAC, Octet.BRK, "b", IAC, NOP, "c", IAC, EC, "d")))).toBe("abcd");
  });

  it("the device types the payload of a subnegotiation into the REPL", () => {
    const engine = openServer();
    expect(typed(engine.receive(bytes(IAC, SB, 31, 0, 80, 0, 24, IAC, SE, "a")))).toBe("a");
    expect(typed(engine.receive(bytes(IAC, SB, 99, "rm -r /", 13, IAC, SE, "b")))).toBe("b");
  });

  it("the device leaves options that it doesn't know without an answer", () => {
    const engine = openServer();
    engine.receive(bytes(IAC, WILL, Option.TSPEED, IAC, DO, Option.STATUS));
    expect(sent(engine)).toEqual([IAC, DONT, Option.TSPEED, IAC, WONT, Option.STATUS]);
  });

  it("the device never listens to what is said about ECHO", () => {
    const engine = openServer();
    expect(engine.receive(bytes(IAC, DONT, Option.ECHO))).toEqual([
      { type: "option", side: "us", option: Option.ECHO, result: "refused" },
    ]);
    expect(engine.state("us", Option.ECHO)).toBe("no");
  });

  it("the device drops bytes above 127 unless BINARY is on", () => {
    expect(typed(openServer().receive(bytes("ä€😀")))).toBe("ä€😀");
  });

  it("the device ends its output at a NUL", () => {
    const engine = openServer();
    engine.send(bytes("a", 0, "b"));
    expect(sent(engine)).toEqual([...bytes("a", 0, "b")]);
  });

  it("the device doesn't see Ctrl-C in BINARY", () => {
    const engine = openServer({ him: [Option.BINARY] });
    engine.receive(bytes(IAC, WILL, Option.BINARY));
    expect(typed(engine.receive(bytes("a", 3, "b")))).toBe("a\x03b");
  });

  it("the device makes two keys of CR NUL, and takes LF alone for none", () => {
    const engine = openServer();
    expect(typed(engine.receive(bytes("a", 13, 0, "b", 10, "c", 13, 10)))).toBe("a\rb\rc\r");
  });
});
