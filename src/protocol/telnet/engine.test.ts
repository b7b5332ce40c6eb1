import { describe, expect, it } from "vitest";
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
    expect(events).toEqual([
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

  it("doubles 255 and completes a bare CR", () => {
    const engine = createTelnetEngine();
    engine.send(Uint8Array.of(255, 13, 10, 13));
    engine.send(Uint8Array.of(0x62));
    expect([...engine.takeOutput()]).toEqual([255, 255, 13, 10, 13, 0, 0x62]);
  });
});
