import { describe, expect, it } from "vitest";
import { KeyOrder } from "./key-order.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An order whose interrupts are decided by hand. */
function create(): { order: KeyOrder; log: string[]; decide(): Promise<void> } {
  const log: string[] = [];
  const open: (() => void)[] = [];
  const order = new KeyOrder(
    (keys) => log.push(new TextDecoder().decode(keys)),
    () => {
      log.push("^C");
      return new Promise((resolve) => open.push(resolve));
    },
  );
  return {
    order,
    log,
    async decide() {
      open.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("keys and Ctrl-C", () => {
  it("keep their order, each Ctrl-C decided before what is behind it", async () => {
    const { order, log, decide } = create();
    order.keys(bytes("a"));
    order.interrupt();
    order.keys(bytes("b"));
    order.interrupt();
    order.keys(bytes("c"));
    expect(log).toEqual(["a", "^C"]);
    await decide();
    expect(log).toEqual(["a", "^C", "b", "^C"]);
    order.keys(bytes("d"));
    await decide();
    expect(log).toEqual(["a", "^C", "b", "^C", "c", "d"]);
  });

  it("are one Ctrl-C when no key is between them", async () => {
    const { order, log, decide } = create();
    for (let i = 0; i < 5; i++) order.interrupt();
    order.keys(bytes("x"));
    for (let i = 0; i < 5; i++) order.interrupt();
    await decide();
    await decide();
    await decide();
    expect(log).toEqual(["^C", "x", "^C"]);
  });

  it("are forgotten with the session", async () => {
    const { order, log, decide } = create();
    order.interrupt();
    order.keys(bytes("x"));
    order.clear();
    await decide();
    expect(log).toEqual(["^C"]);
  });
});
