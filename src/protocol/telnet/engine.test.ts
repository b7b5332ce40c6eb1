import { describe, expect, it } from "vitest";
import { told } from "../../../test/transcripts/telnet-octets.ts";
import { Copier, copyOf, findOctet } from "./bytes.ts";
import { Octet, Option } from "./codes.ts";
import { createTelnetEngine } from "./engine.ts";

const { IAC, WILL, DO, DONT, WONT, SB, SE } = Octet;

describe("a server's engine", () => {
  it("asks, hears the answers and reads keys", () => {
    const engine = createTelnetEngine({ us: [Option.ECHO, Option.SGA], him: [Option.SGA] });
    engine.request("us", Option.ECHO, true);
    engine.request("him", Option.NAWS, true);
    expect([...engine.takeOutput()]).toEqual([IAC, WILL, Option.ECHO, IAC, DO, Option.NAWS]);
    const events = engine.receive(
      Uint8Array.of(IAC, DO, 1, IAC, WILL, 31, IAC, SB, 31, 0, 100, 0, 30, IAC, SE, 0x61, 13, 10, IAC, Octet.AYT),
    );
    expect(told(events)).toEqual([
      { type: "option", side: "us", option: Option.ECHO, result: "enabled" },
      { type: "option", side: "him", option: Option.NAWS, result: "enabled" },
      { type: "window", columns: 100, rows: 30 },
      { type: "data", bytes: Uint8Array.of(0x61, 13) },
      { type: "command", command: Octet.AYT },
    ]);
    expect(engine.takeOutput()).toHaveLength(0);
    expect(engine.state("him", Option.NAWS)).toBe("yes");
  });

  it("refuses what nobody has allowed", () => {
    const engine = createTelnetEngine();
    expect(engine.receive(Uint8Array.of(IAC, WILL, 200, IAC, DO, 201))).toEqual([]);
    expect([...engine.takeOutput()]).toEqual([IAC, DONT, 200, IAC, WONT, 201]);
  });

  it("agrees to what is allowed at that moment; what is on stays on", () => {
    const engine = createTelnetEngine();
    engine.allow("him", Option.BINARY, true);
    engine.receive(Uint8Array.of(IAC, WILL, Option.BINARY));
    engine.allow("him", Option.BINARY, false);
    expect(engine.state("him", Option.BINARY)).toBe("yes");
    engine.receive(Uint8Array.of(IAC, WONT, Option.BINARY, IAC, WILL, Option.BINARY));
    expect(engine.state("him", Option.BINARY)).toBe("no");
    expect([...engine.takeOutput()]).toEqual([IAC, DO, 0, IAC, DONT, 0, IAC, DONT, 0]);
  });

  it("doubles 255 and completes a bare CR", () => {
    const engine = createTelnetEngine();
    engine.send(Uint8Array.of(255, 13, 10, 13));
    engine.send(Uint8Array.of(0x62));
    expect([...engine.takeOutput()]).toEqual([255, 255, 13, 10, 13, 0, 0x62]);
  });

  it("doubles 255 in payloads", () => {
    const engine = createTelnetEngine();
    engine.subnegotiate(255, Uint8Array.of(1, 255));
    expect([...engine.takeOutput()]).toEqual([IAC, SB, 255, 255, 1, 255, 255, IAC, SE]);
  });

  it("repeats no request that is under way", () => {
    const engine = createTelnetEngine();
    for (let turn = 0; turn < 3; turn += 1) engine.request("us", Option.ECHO, true);
    expect([...engine.takeOutput()]).toEqual([IAC, WILL, Option.ECHO]);
  });

  it("asks questions only where the option is on", () => {
    const engine = createTelnetEngine({ him: [Option.TTYPE] });
    expect(engine.query(Option.TTYPE)).toBe(false);
    expect(engine.query(Option.NAWS)).toBe(false);
    engine.receive(Uint8Array.of(IAC, WILL, Option.TTYPE));
    engine.takeOutput();
    expect(engine.query(Option.TTYPE)).toBe(true);
    expect([...engine.takeOutput()]).toEqual([IAC, SB, Option.TTYPE, 1, IAC, SE]);
  });

  it.each([-1, 256, 1.5, Number.NaN])("throws at a caller whose option is %d, and changes nothing", (option) => {
    const engine = createTelnetEngine();
    const error = expect.objectContaining({ code: "PORTHOLE_ERR_ARGUMENT" });
    expect(() => engine.request("us", option, true)).toThrow(error);
    expect(() => engine.allow("us", option, true)).toThrow(error);
    expect(() => engine.subnegotiate(option, Uint8Array.of())).toThrow(error);
    expect(engine.takeOutput()).toHaveLength(0);
  });

  it.each([SE, SB, WILL, IAC, 0, 300])("throws at a caller whose command is %d", (command) => {
    expect(() => createTelnetEngine().sendCommand(command)).toThrow(
      expect.objectContaining({ code: "PORTHOLE_ERR_ARGUMENT" }),
    );
  });
});

describe("what needs no change is not copied", () => {
  it("in what arrives", () => {
    const chunk = Buffer.from("text");
    const [event] = createTelnetEngine().receive(chunk);
    expect(event?.type === "data" && event.bytes).toBe(chunk);
  });

  it("in what is sent", () => {
    const engine = createTelnetEngine();
    const text = Buffer.from("one\r\ntwo\r\n");
    engine.send(text);
    expect(engine.takeOutput()).toBe(text);
  });

  it("and what needs one is copied as what it is, never in place", () => {
    const buffer = Buffer.from([1, 2, 3]);
    const copy = copyOf(buffer);
    expect(Buffer.isBuffer(copy)).toBe(true);
    copy[0] = 9;
    expect(buffer[0]).toBe(1);
    expect(Buffer.isBuffer(copyOf(Uint8Array.of(1)))).toBe(false);
  });

  it("finds an octet near and far", () => {
    for (const bytes of [new Uint8Array(200), Buffer.alloc(200)]) {
      for (const place of [0, 47, 48, 49, 199]) {
        bytes.fill(0)[place] = 255;
        expect(findOctet(bytes, 255, 0)).toBe(place);
        expect(findOctet(bytes, 255, place)).toBe(place);
        expect(findOctet(bytes, 255, place + 1)).toBe(200);
      }
    }
  });

  it("is copied up to a special octet, wherever that is and whatever is around it", () => {
    const places = [0, 1, 2, 3, 4, 49, 255, 256, 257, 258, 259, 260, 261, 500, 599];
    for (const [start, octet] of [13, 10, 242, 13].entries()) {
      const bytes = Buffer.alloc(604 + start).subarray(start);
      for (const around of [14, 0x61, 127, 128, 241, 243, 255]) {
        for (const place of places) {
          bytes.fill(around)[place] = octet;
          const target = new Uint8Array(1_000);
          const copier = new Copier(bytes, target, [13, 10, 242]);
          expect(copier.copy(0, 7)).toBe(place);
          expect(target.subarray(7, 7 + place).every((copied) => copied === around)).toBe(true);
          expect(copier.copy(place + 1, 0)).toBeGreaterThan(604 - (place + 1) - 4);
        }
      }
    }
  });

  it("is left to the caller where it is short, or only as low as a special octet", () => {
    expect(new Copier(new Uint8Array(48).fill(97), new Uint8Array(48), [13]).copy(0, 0)).toBe(0);
    expect(new Copier(new Uint8Array(49).fill(9), new Uint8Array(49), [13]).copy(0, 0)).toBe(0);
  });
});
