/** What is odd about clients, each under its name. The talks of whole clients are in `test/transcripts`. */
import { describe, expect, it } from "vitest";
import { bytes, openServer, sent, told, typed } from "../../../test/transcripts/telnet-octets.ts";
import { Octet, Option } from "./codes.ts";
import { createTelnetEngine } from "./engine.ts";

const { IAC, WILL, WONT, DO, DONT, SB, SE, IP, DM, NOP } = Octet;

describe("quirks of clients", () => {
  it("lost urgent byte, PuTTY and netkit: the key behind a lone 255 is a key", () => {
    expect(typed(openServer().receive(bytes("a", IAC, "b")))).toBe("ab");
  });

  it("lost urgent byte, PuTTY and netkit: DO TIMING-MARK behind a lone 255 is heard", () => {
    const engine = openServer({ us: [Option.TIMING_MARK] });
    expect(typed(engine.receive(bytes(IAC, IAC, DO, Option.TIMING_MARK, "k")))).toBe("k");
    expect(sent(engine)).toEqual([IAC, WILL, Option.TIMING_MARK]);
  });

  it("lost urgent byte, inetutils: a lone 242 is not typed, a character that begins with it is", () => {
    expect(typed(openServer().receive(bytes("a", DM, "b", DM, DM, "c", "\u{80000}")))).toBe("abc\u{80000}");
  });

  it("PuTTY's early negotiation: requests that cross ours are answers, and nothing is answered twice", () => {
    const engine = createTelnetEngine({ us: [Option.ECHO, Option.SGA], him: [Option.SGA, Option.NAWS] });
    engine.receive(bytes(IAC, WILL, Option.NAWS, IAC, DO, Option.ECHO, IAC, WILL, Option.SGA, IAC, DO, Option.SGA));
    engine.request("us", Option.ECHO, true);
    engine.request("us", Option.SGA, true);
    engine.request("him", Option.NAWS, true);
    expect(sent(engine)).toEqual([
      ...[IAC, DO, Option.NAWS, IAC, WILL, Option.ECHO],
      ...[IAC, DO, Option.SGA, IAC, WILL, Option.SGA],
    ]);
  });

  it("PuTTY: bare CR in BINARY is one Return", () => {
    const engine = openServer({ him: [Option.BINARY] });
    engine.receive(bytes(IAC, WILL, Option.BINARY));
    expect(typed(engine.receive(bytes("a", 13, "b", 13, 0, "c", 13, 10)))).toBe("a\rb\rc\r");
  });

  it("telnetlib's DONT to WONT: an answer to an answer is left alone", () => {
    const engine = openServer();
    engine.receive(bytes(IAC, DONT, Option.ECHO, IAC, DONT, Option.SGA, IAC, WONT, Option.NAWS));
    for (let turn = 0; turn < 10; turn += 1) {
      engine.receive(bytes(IAC, DONT, Option.ECHO, IAC, WONT, Option.NAWS, IAC, WONT, 200, IAC, DONT, 200));
    }
    expect(sent(engine)).toEqual([]);
  });

  it("LF-only Return: netcat and npm telnet-client", () => {
    expect(typed(openServer().receive(bytes("micro\npython\n\n")))).toBe("micro\rpython\r\r");
  });

  it("CR NUL Return: inetutils", () => {
    expect(typed(openServer().receive(bytes("a\r\0b\r\0")))).toBe("a\rb\r");
  });

  it("CR LF, cut in the middle: one Return", () => {
    const engine = openServer();
    expect(typed(engine.receive(bytes("a\r")))).toBe("a\r"); // at once: who sends CR alone isn't kept waiting
    expect(typed(engine.receive(bytes("\nb")))).toBe("b");
  });

  it("bare CR and a control byte, as tools for boards send it", () => {
    expect(typed(openServer().receive(bytes("\r\x03\x03", "\r\x01", "\x05A\x01", "\r\x02")))).toBe(
      "\r\x03\x03\r\x01\x05A\x01\r\x02",
    );
  });

  it("text and negotiation in one packet", () => {
    const engine = openServer();
    const events = engine.receive(bytes(IAC, DO, 1, "mi", IAC, WILL, Option.TSPEED, "cro", 10, IAC, DO, 3, "py"));
    expect(typed(events)).toBe("micro\rpy");
    expect(sent(engine)).toEqual([IAC, DONT, Option.TSPEED]);
  });

  it("each key a packet of its own, as Tera Term logs in", () => {
    const engine = openServer();
    expect(typed([...bytes("micro\r\n")].flatMap((octet) => [...engine.receive(Uint8Array.of(octet))]))).toBe(
      "micro\r",
    );
  });

  it("Pymakr's window without WILL is read, since it was asked for", () => {
    expect(openServer().receive(bytes(IAC, SB, Option.NAWS, 0, 100, 0, 30, IAC, SE))).toEqual([
      { type: "window", columns: 100, rows: 30 },
    ]);
  });

  it("nothing of option 40 or above before login: the engine says nothing that it isn't told to say", () => {
    const engine = createTelnetEngine({
      us: [Option.CHARSET],
      him: [Option.CHARSET, Option.TTYPE, Option.NEW_ENVIRON],
    });
    expect(sent(engine)).toEqual([]);
    engine.receive(bytes(IAC, WILL, Option.TTYPE, IAC, WILL, Option.NEW_ENVIRON));
    expect(sent(engine)).toEqual([IAC, DO, Option.TTYPE, IAC, DO, Option.NEW_ENVIRON]); // no SEND: that's for query()
    expect(engine.query(Option.CHARSET)).toBe(false);
    expect(sent(engine)).toEqual([]);
  });

  it("what was refused before the login can be asked for after it", () => {
    const engine = openServer();
    engine.receive(bytes(IAC, WILL, Option.NEW_ENVIRON));
    expect(sent(engine)).toEqual([IAC, DONT, Option.NEW_ENVIRON]);
    engine.request("him", Option.NEW_ENVIRON, true);
    expect(sent(engine)).toEqual([IAC, DO, Option.NEW_ENVIRON]);
    engine.receive(bytes(IAC, WILL, Option.NEW_ENVIRON));
    expect(engine.query(Option.NEW_ENVIRON)).toBe(true);
  });

  it("Windows telnet: NEW-ENVIRON SEND never names USER, which ends that client", () => {
    const engine = openServer({ him: [Option.NEW_ENVIRON] });
    engine.receive(bytes(IAC, WILL, Option.NEW_ENVIRON));
    engine.query(Option.NEW_ENVIRON);
    expect(new TextDecoder("latin1").decode(engine.takeOutput())).not.toContain("USER");
  });

  it("Windows telnet: local line mode ends when both ECHO and SGA are agreed", () => {
    const engine = openServer();
    const events = engine.receive(bytes(IAC, DO, Option.ECHO, IAC, DO, Option.SGA));
    expect(events.map((event) => event.type === "option" && event.result)).toEqual(["enabled", "enabled"]);
    expect(sent(engine)).toEqual([]);
  });

  it("clients that forget to double 255 in NAWS still have a window, and no key is lost", () => {
    const engine = openServer();
    expect(told(engine.receive(bytes(IAC, SB, Option.NAWS, 0, 255, 0, 24, IAC, SE, "a")))).toEqual([
      { type: "window", columns: 255, rows: 24 },
      { type: "data", bytes: bytes("a") },
    ]);
  });

  it("nmap's telnet-encryption gets its WONT and DONT", () => {
    const engine = openServer();
    engine.receive(bytes(IAC, DO, Option.ENCRYPT, IAC, WILL, Option.ENCRYPT));
    expect(sent(engine)).toEqual([IAC, WONT, Option.ENCRYPT, IAC, DONT, Option.ENCRYPT]);
  });

  it("keep-alive: NOP is a command, not a key", () => {
    expect(openServer().receive(bytes(IAC, NOP))).toEqual([{ type: "command", command: NOP }]);
  });

  it("autoflush: DO TIMING-MARK is answered each time, in its place behind the output", () => {
    const engine = openServer({ us: [Option.TIMING_MARK] });
    engine.send(bytes("output"));
    engine.receive(bytes(IAC, IP, IAC, DO, Option.TIMING_MARK));
    engine.send(bytes(">>> "));
    engine.receive(bytes(IAC, DO, Option.TIMING_MARK));
    const mark = [IAC, WILL, Option.TIMING_MARK];
    expect(sent(engine)).toEqual([...bytes("output"), ...mark, ...bytes(">>> "), ...mark]);
  });

  it("a client that ends an option is followed", () => {
    const engine = openServer();
    engine.receive(bytes(IAC, DO, Option.ECHO));
    expect(engine.receive(bytes(IAC, DONT, Option.ECHO))).toEqual([
      { type: "option", side: "us", option: Option.ECHO, result: "disabled" },
    ]);
    expect(sent(engine)).toEqual([IAC, WONT, Option.ECHO]);
  });
});
