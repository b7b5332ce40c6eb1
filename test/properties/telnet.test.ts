/** What holds for every TELNET stream, cut and mixed in any way. A counterexample prints its seed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import { Octet, Option } from "../../src/protocol/telnet/codes.ts";
import {
  createTelnetEngine,
  type Side,
  type TelnetEngine,
  type TelnetEvent,
} from "../../src/protocol/telnet/engine.ts";
import { DataEvent } from "../../src/protocol/telnet/events.ts";

const OPTIONS = Object.values(Option);
const { IAC, SB, SE } = Octet;

/** Octets as a hostile peer would choose them: mostly those that mean something. */
const octet = fc.oneof(
  { weight: 4, arbitrary: fc.constant<number>(IAC) },
  { weight: 4, arbitrary: fc.constantFrom<number>(...Object.values(Octet)) },
  { weight: 3, arbitrary: fc.constantFrom<number>(...OPTIONS, 200) },
  { weight: 2, arbitrary: fc.constantFrom(0, 10, 13) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
);
const subnegotiation = fc
  .tuple(fc.constantFrom(...OPTIONS), fc.array(octet, { maxLength: 20 }))
  .map(([option, payload]) => [IAC, SB, option, ...payload, IAC, SE]);
/** Long enough for what looks at several bytes at once, and for what searches. */
const plain = fc.oneof(fc.nat(80), fc.nat(700)).map((length) => Array.from({ length }, (_, at) => 0x61 + (at % 26)));
const stream = fc
  .array(fc.oneof(fc.array(octet, { maxLength: 10 }), subnegotiation, plain), { maxLength: 30 })
  .map((parts) => Uint8Array.from(parts.flat()));
const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 40 });
const mode = fc.constantFrom<"keys" | "text">("keys", "text");

function openEngine(data: "keys" | "text"): TelnetEngine {
  return createTelnetEngine({ us: OPTIONS, him: OPTIONS, data });
}

/** Feeds a stream in pieces of these lengths, over and over; data that touches is one event. */
function feed(engine: TelnetEngine, bytes: Uint8Array, pieces: readonly number[]): TelnetEvent[] {
  const events: TelnetEvent[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = pieces[turn % pieces.length] ?? bytes.length;
    for (const event of engine.receive(bytes.slice(at, at + length))) {
      const last = events.at(-1);
      if (event.type === "data" && last?.type === "data") {
        const bytes = Uint8Array.from([...last.bytes, ...event.bytes]);
        events[events.length - 1] = new DataEvent(bytes, 0, bytes.length);
      } else if (event.type === "data") {
        const bytes = Uint8Array.from(event.bytes);
        events.push(new DataEvent(bytes, 0, bytes.length));
      } else {
        events.push(event);
      }
    }
    at += length;
  }
  return events;
}

describe("any bytes", () => {
  it("never make it throw, and the way they are cut changes neither events nor answers", () => {
    fc.assert(
      fc.property(stream, lengths, mode, (bytes, pieces, data) => {
        const whole = openEngine(data);
        const cut = openEngine(data);
        expect(feed(cut, bytes, pieces)).toEqual(feed(whole, bytes, []));
        expect(cut.takeOutput()).toEqual(whole.takeOutput());
      }),
      { numRuns: 2_000 },
    );
  });

  it("leave the chunk as it was", () => {
    fc.assert(
      fc.property(stream, mode, (bytes, data) => {
        const before = bytes.slice();
        openEngine(data).receive(bytes);
        expect(bytes).toEqual(before);
      }),
    );
  });

  it("are answered with a bounded number of bytes, however many they are", () => {
    fc.assert(
      fc.property(fc.array(stream, { minLength: 1, maxLength: 20 }), mode, (streams, data) => {
        const engine = openEngine(data);
        for (let turn = 0; turn < 20; turn += 1) for (const bytes of streams) engine.receive(bytes);
        expect(engine.takeOutput().length).toBeLessThanOrEqual(LIMITS.telnetOptionReplies.value * 3 * 2);
      }),
      { numRuns: 50 },
    );
  });
});

describe("what one end sends", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 });

  /** The peer that agrees to BINARY (or not), and the bytes as they arrive. */
  function carry(parts: readonly Uint8Array[], binary: boolean, data: "keys" | "text", cuts: readonly number[]) {
    const sender = createTelnetEngine({ us: [Option.BINARY] });
    const receiver = createTelnetEngine({ data });
    if (binary) {
      receiver.request("him", Option.BINARY, true);
      sender.receive(receiver.takeOutput());
      receiver.receive(sender.takeOutput());
      expect(receiver.state("him", Option.BINARY)).toBe("yes");
    }
    const wire: number[] = [];
    for (const [turn, part] of parts.entries()) {
      sender.send(part);
      if (turn % 2 === 0) wire.push(...sender.takeOutput());
    }
    wire.push(...sender.takeOutput());
    const events = feed(receiver, Uint8Array.from(wire), cuts);
    expect(events.every((event) => event.type === "data")).toBe(true);
    return Uint8Array.from(events.flatMap((event) => (event.type === "data" ? [...event.bytes] : [])));
  }

  it("is what the other end reads, in BINARY and without", () => {
    fc.assert(
      fc.property(pieces, fc.boolean(), lengths, (parts, binary, cuts) => {
        expect(carry(parts, binary, "text", cuts)).toEqual(Uint8Array.from(parts.flatMap((part) => [...part])));
      }),
      { numRuns: 500 },
    );
  });

  it("is the same on the wire, cut in any way", () => {
    fc.assert(
      fc.property(stream, lengths, fc.boolean(), (bytes, cuts, binary) => {
        const [whole, cut] = [0, 1].map(() => {
          const engine = createTelnetEngine({ us: [Option.BINARY] });
          if (binary) engine.receive(Uint8Array.of(IAC, Octet.DO, Option.BINARY));
          return engine;
        }) as [TelnetEngine, TelnetEngine];
        whole.send(bytes);
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const end = at + (cuts[turn % cuts.length] as number);
          cut.send(bytes.subarray(at, end));
          at = end;
        }
        expect(cut.takeOutput()).toEqual(whole.takeOutput());
      }),
      { numRuns: 500 },
    );
  });

  it("is what a keyboard types, with each Return one CR", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("\r", "\n", "\0", "a", "é", "\u{80000}") }),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), fc.boolean(), lengths, (parts, binary, cuts) => {
        const encoder = new TextEncoder();
        const typed = carry(
          parts.map((part) => encoder.encode(part)),
          binary,
          "keys",
          cuts,
        );
        const whole = parts.join("");
        const expected = binary ? whole.replace(/\r\n|\r\0/g, "\r") : whole.replace(/\r\n/g, "\r");
        expect(new TextDecoder().decode(typed)).toBe(expected.replaceAll("\n", "\r"));
      }),
      { numRuns: 500 },
    );
  });
});

describe("two engines", () => {
  interface Wish {
    readonly who: 0 | 1;
    readonly side: Side;
    readonly option: number;
    readonly enabled: boolean;
    readonly act: "request" | "query" | "allow" | "carry";
    readonly bytes: number;
  }
  const wish: fc.Arbitrary<Wish> = fc.record({
    who: fc.constantFrom<0 | 1>(0, 1),
    side: fc.constantFrom<Side>("us", "him"),
    option: fc.constantFrom<number>(
      Option.ECHO,
      Option.BINARY,
      Option.STATUS,
      Option.TTYPE,
      Option.CHARSET,
      Option.LINEMODE,
      Option.TIMING_MARK,
      200,
    ),
    enabled: fc.boolean(),
    act: fc.constantFrom<Wish["act"]>("request", "request", "request", "query", "allow", "carry", "carry"),
    bytes: fc.integer({ min: 1, max: 9 }),
  });
  const policy = fc.record({
    us: fc.uniqueArray(fc.constantFrom<number>(...OPTIONS, 200)),
    him: fc.uniqueArray(fc.constantFrom<number>(...OPTIONS, 200)),
  });

  it("with any wishes, answers under way, fall silent and agree on every option", () => {
    fc.assert(
      fc.property(fc.tuple(policy, policy), fc.array(wish, { maxLength: 40 }), (policies, wishes) => {
        const ends = policies.map((options) => createTelnetEngine(options));
        const wires: [number[], number[]] = [[], []]; // wires[0] leads from end 0 to end 1
        const collect = () => {
          for (const who of [0, 1] as const) wires[who].push(...(ends[who] as TelnetEngine).takeOutput());
        };
        const deliver = (from: 0 | 1, count: number) => {
          ends[1 - from]?.receive(Uint8Array.from(wires[from].splice(0, count)));
          collect();
        };
        for (const { who, side, option, enabled, act, bytes } of wishes) {
          const end = ends[who] as TelnetEngine;
          if (act === "request") end.request(side, option, enabled);
          else if (act === "query") end.query(option);
          else if (act === "allow") end.allow(side, option, enabled);
          collect();
          if (act === "carry") deliver(who, bytes);
        }
        let rounds = 0;
        for (; wires[0].length + wires[1].length > 0; rounds += 1) {
          if (rounds > 100) break;
          deliver(0, wires[0].length);
          deliver(1, wires[1].length);
        }
        expect(rounds).toBeLessThan(100);
        const [left, right] = ends as [TelnetEngine, TelnetEngine];
        const unsettled = [];
        for (let option = 0; option < 256; option += 1) {
          for (const [state, mirror] of [
            [left.state("us", option), right.state("him", option)],
            [left.state("him", option), right.state("us", option)],
          ]) {
            if (state !== mirror || (state !== "yes" && state !== "no")) unsettled.push({ option, state, mirror });
          }
        }
        expect(unsettled).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});
