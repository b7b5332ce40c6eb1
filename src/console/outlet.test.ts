import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../contracts/limits.ts";
import { createNewlineMapper, createOutlet } from "./outlet.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString();

/** A terminal that takes one write, and the next when it is told to. */
function slowTerminal(): { shown: Uint8Array[]; write(part: Uint8Array): Promise<void>; ready(): Promise<void> } {
  const shown: Uint8Array[] = [];
  let take: (() => void) | undefined;
  return {
    shown,
    write(part) {
      shown.push(Uint8Array.from(part));
      return new Promise((resolve) => {
        take = resolve;
      });
    },
    async ready() {
      take?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("new lines", () => {
  it("become CR LF once, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "\r", "\n", "é"), maxLength: 9 })), (cuts) => {
        const map = createNewlineMapper();
        const mapped = cuts.map((cut) => map(bytes(cut)));
        expect(text(mapped)).toBe(cuts.join("").replace(/(?<!\r)\n/g, "\r\n"));
      }),
    );
  });

  it("are left alone in raw output", () => {
    const shown: string[] = [];
    const outlet = createOutlet((part) => {
      shown.push(text([part]));
      return undefined;
    });
    void outlet.write(bytes("a\n"));
    void outlet.write(bytes("b\n"), true);
    expect(shown).toEqual(["a\r\n", "b\n"]);
  });
});

describe("an outlet", () => {
  it("keeps what a slow terminal can't take yet, in order, and tells when that is gone", async () => {
    const terminal = slowTerminal();
    const outlet = createOutlet((part) => terminal.write(part));
    const reused = new Uint8Array(4);
    const waits: unknown[] = [];
    for (let part = 0; part < 50_000; part++) {
      reused.set(bytes(String(part).padStart(4, "0").slice(-4)));
      waits.push(outlet.write(reused));
    }
    expect(new Set(waits).size).toBe(1);
    let drained = false;
    void outlet.drained()?.then(() => {
      drained = true;
    });
    while (!drained) await terminal.ready();
    expect(text(terminal.shown)).toBe(
      Array.from({ length: 50_000 }, (_, part) => String(part).padStart(4, "0").slice(-4)).join(""),
    );
    expect(Math.max(...terminal.shown.map((part) => part.length))).toBeLessThanOrEqual(65_536);
    expect(outlet.drained()).toBeUndefined();
  });

  it("holds no more than its limit, and says what it dropped", async () => {
    const terminal = slowTerminal();
    const outlet = createOutlet((part) => terminal.write(part));
    const part = new Uint8Array(1_048_576).fill(120);
    for (let count = 0; count < 20; count++) void outlet.write(part);
    let drained = false;
    void outlet.drained()?.then(() => {
      drained = true;
    });
    while (!drained) await terminal.ready();
    const shown = text(terminal.shown);
    expect(shown.match(/x/g)?.length).toBe(1_048_576 + LIMITS.consoleOutputQueueBytes.value);
    expect(shown.slice(-80)).toContain("[3145728 bytes of output dropped");
    void outlet.write(bytes("on"));
    await terminal.ready();
    expect(text(terminal.shown).endsWith("on")).toBe(true);
  });

  it("frees whoever waits when it is closed, or when the terminal fails", async () => {
    const terminal = slowTerminal();
    const outlet = createOutlet((part) => terminal.write(part));
    const wait = outlet.write(bytes("a"));
    outlet.close();
    await wait;
    expect(outlet.write(bytes("b"))).toBeUndefined();
    const failing = createOutlet(() => Promise.reject(new Error("gone")));
    await failing.write(bytes("a"));
    expect(failing.write(bytes("b"))).toBeUndefined();
    const throwing = createOutlet(() => {
      throw new Error("gone");
    });
    expect(throwing.write(bytes("a"))).toBeUndefined();
    expect(text(terminal.shown)).toBe("a");
  });
});
