import { describe, expect, it } from "vitest";
import { EchoChain, type EchoScreen } from "./echo-chain.ts";
import { createEchoPermit, type EchoPermit, EchoPermitReader, EchoPermitWriter } from "./echo-permit.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const SCREEN: EchoScreen = { columns: 80, written: 10, shown: 10 };
const PERMIT: EchoPermit = { key: 0, written: 10, columns: 80, insert: 3, erase: 1 };

/** A chain, and what it shows of keys; each call posts them. */
function create() {
  const chain = new EchoChain();
  let posted = 0;
  return {
    chain,
    type(text: string, permit: Partial<EchoPermit> | null = {}, screen: Partial<EchoScreen> | null = {}) {
      const said = permit === null ? undefined : { ...PERMIT, ...permit };
      const seen = screen === null ? undefined : { ...SCREEN, ...screen };
      const shown = chain.show(bytes(text), posted, said, seen);
      posted++;
      return shown && new TextDecoder().decode(shown);
    },
    break: () => chain.break(posted),
    litter: () => chain.litter(posted),
  };
}

describe("keys shown ahead", () => {
  it("are as many characters and Backspaces as were foretold, counted by turns", () => {
    const { type, chain } = create();
    expect(["a", "b", "c"].map((key) => type(key))).toEqual(["a", "b", "c"]);
    expect(type("d")).toBeUndefined();
    const erasing = create();
    expect(["\x7f", "a", "\x7f"].map((key) => erasing.type(key))).toEqual(["\b \b", "a", "\b \b"]);
    expect(erasing.type("\x7f")).toBeUndefined();
    expect(chain.written).toBe(10);
  });

  it("come in pieces that are shown whole, or not at all", () => {
    expect(create().type("a~ ")).toBe("a~ ");
    expect(create().type("\x7fab\x7f")).toBe("\b \bab\b \b");
    for (const other of ["abcd", "\x7f\x7f", "a\r", "a\x1b", "é", "\x08", ""])
      expect(create().type(other)).toBeUndefined();
  });

  it("end with a key that is not shown, until the program has taken that and speaks again", () => {
    const { type } = create();
    expect(type("a")).toBe("a");
    expect(type("\t")).toBeUndefined();
    expect(type("b")).toBeUndefined();
    expect(type("c", { key: 2 })).toBeUndefined(); // it has not taken all
    expect(type("d", { key: 4 })).toBe("d");
    expect(type("e", null)).toBe("e");
  });

  it.each<[string, Partial<EchoScreen> | null]>([
    ["the program has printed", { written: 11 }],
    ["the screen has not got all", { shown: 9 }],
    ["the window has another width", { columns: 79 }],
    ["the terminal is full, or keys are held", null],
  ])("are none when %s", (_, screen) => {
    const { type } = create();
    expect(type("a")).toBe("a");
    expect(type("b", {}, screen)).toBeUndefined();
    expect(type("c")).toBeUndefined();
  });

  it("are none after a Ctrl-C before the program has taken a later key", () => {
    const keys = create();
    keys.type("a");
    keys.break();
    expect(keys.type("b", { key: 1 })).toBeUndefined();
    expect(keys.type("c", { key: 2 })).toBe("c");
  });

  it("erase nothing in a row that something else stands in, before the next Return", () => {
    const keys = create();
    keys.litter();
    expect(keys.type("x")).toBeUndefined();
    expect(keys.type("\x7f", { key: 1 })).toBeUndefined();
    expect(keys.type("a", { key: 2 })).toBe("a");
    expect(keys.type("\x7f")).toBe("\b \b");
    keys.type("\r");
    expect(keys.type("\x7f", { key: 5 })).toBe("\b \b");
  });

  it("count on when the numbers begin again", () => {
    const chain = new EchoChain();
    const last = 0x7fffffff;
    expect(chain.show(bytes("a"), last, { ...PERMIT, key: last }, SCREEN)).toBeDefined();
    expect(chain.show(bytes("b"), -0x80000000, undefined, SCREEN)).toBeDefined();
  });
});

describe("what is foretold", () => {
  it("is read as it was written, and not at all while it is being written", () => {
    const shared = createEchoPermit();
    const reader = new EchoPermitReader(shared);
    expect(reader.read()).toEqual({ key: 0, written: 0, columns: 0, insert: 0, erase: 0 });
    new EchoPermitWriter(shared).write({ ...PERMIT, key: -5 });
    expect(reader.read()).toEqual({ ...PERMIT, key: -5 });
    Atomics.add(new Int32Array(shared), 0, 1);
    expect(reader.read()).toBeUndefined();
  });
});
