import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyReceiver } from "./key-receiver.ts";
import { createStaleMark, KeySender } from "./key-sender.ts";
import { createKeySlot, KeySlot } from "./key-slot.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits for what a wake-up through shared memory brings. */
async function until(condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 10_000; !condition(); await turn()) {
    if (performance.now() > deadline) throw new Error("waited in vain");
  }
}

/** Both ends with a slot, and a port between them that a test delivers. */
function create(isRung = false) {
  const log: string[] = [];
  const port: (() => void)[] = [];
  const rooms: (() => void)[] = [];
  const state = { slow: false };
  const staleMark = createStaleMark();
  const shared = createKeySlot();
  const sender = new KeySender({
    staleMark,
    slot: new KeySlot(shared, isRung ? () => setImmediate(() => receiver.look()) : undefined),
    post: (keys, number, shownAt) => void port.push(() => receiver.receive(keys, number, shownAt)),
    interrupt: () => Promise.resolve(),
  });
  const receiver = new KeyReceiver({
    staleMark,
    slot: new KeySlot(shared),
    isRung,
    take(keys, shownAt) {
      log.push(`${new TextDecoder().decode(keys)}${shownAt === undefined ? "" : `@${shownAt}`}`);
      return state.slow ? new Promise((resolve) => rooms.push(resolve)) : undefined;
    },
    taken: (count) => sender.taken(count),
  });
  receiver.look();
  const deliver = (): void => {
    for (const message of port.splice(0)) message();
  };
  const take = (): void => {
    for (const room of rooms.splice(0)) room();
  };
  return { log, port, state, sender, receiver, deliver, take, type: (text: string) => void sender.input(bytes(text)) };
}

/** What was typed, in order. */
const taken = (log: readonly string[]): string => log.join("").replaceAll("@0", "");

describe("a key in the slot", () => {
  it.each([false, true])("comes without a message, and the next one after it; rung: %s", async (isRung) => {
    const keys = create(isRung);
    for (const key of ["a", "ö", "\x7f"]) {
      keys.type(key);
      await until(() => keys.log.at(-1) === key);
    }
    expect(keys.log).toEqual(["a", "ö", "\x7f"]);
    expect(keys.port).toHaveLength(0);
  });

  it("is none that may run something, and no paste", () => {
    const keys = create();
    keys.type("\r");
    keys.type("\t");
    keys.type("x".repeat(17));
    expect(keys.port).toHaveLength(3);
  });

  it("goes at the end of the turn when the screen shows it already, but before what is typed after it", async () => {
    const keys = create(true);
    const show = (text: string, shownAt: number): void => keys.sender.inputShown(bytes(text), shownAt);
    show("a", 7);
    keys.receiver.look();
    expect(keys.log).toEqual([]);
    await until(() => keys.log.length === 1);
    show("b", 8);
    show("c", 9);
    keys.type("\r");
    show("d", 0);
    keys.deliver();
    expect(keys.log).toEqual(["a@7", "b@8", "c@9", "\r"]);
    keys.sender.interrupt();
    keys.receiver.takeSlot();
    expect(keys.log.at(-1)).toBe("d@0");
    expect(keys.receiver.last).toBe(keys.sender.posted);
    expect(keys.sender.isFree).toBe(false);
    await until(() => keys.sender.isFree);
  });

  it("keeps the order of all keys, whichever way they go and however slow the program is", async () => {
    const step = fc.oneof(
      fc.constantFrom("a", "b", "\r", "cd", "\x1b[A", "e".repeat(20), "shown"),
      fc.constantFrom(0, 1, 2, 3), // the program's turn, the port, the REPL takes, the REPL becomes slow or quick
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, isRung) => {
        const keys = create(isRung);
        let typed = "";
        for (const next of steps) {
          if (typeof next === "string") {
            typed += next;
            if (next !== "shown") keys.type(next);
            else keys.sender.inputShown(bytes(next), 0);
          } else if (next === 0) await turn();
          else if (next === 1) keys.deliver();
          else if (next === 2) keys.take();
          else keys.state.slow = !keys.state.slow;
        }
        keys.state.slow = false;
        await until(() => {
          keys.deliver();
          keys.take();
          return taken(keys.log).length >= typed.length;
        });
        expect(taken(keys.log)).toBe(typed);
        keys.receiver.close();
      }),
      { numRuns: 300 },
    );
  });

  it("is forgotten with what was typed ahead of a Ctrl-C", async () => {
    const keys = create();
    keys.state.slow = true;
    keys.type("a");
    await until(() => keys.log.length === 1);
    keys.type("b");
    keys.receiver.takeSlot();
    keys.receiver.forget();
    keys.take();
    keys.type("c");
    await until(() => keys.log.length === 2);
    expect(keys.log).toEqual(["a", "c"]);
  });

  it("is kept when it was typed once the Ctrl-C was decided, while what came before is being forgotten", async () => {
    const keys = create();
    keys.receiver.takeSlot(); // the program's thread has the Ctrl-C, and will take its request
    keys.type("a"); // the other thread has seen that it was taken
    keys.receiver.forget();
    await until(() => keys.log.length === 1);
    expect(keys.log).toEqual(["a"]);
  });

  it("is dropped once nobody takes any more", async () => {
    const keys = create();
    keys.receiver.close();
    await turn();
    keys.type("a");
    expect(keys.port).toHaveLength(1);
    await turn();
    expect(keys.log).toEqual([]);
  });
});
