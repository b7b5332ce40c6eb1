import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../contracts/limits.ts";
import { createKeyQueue, type KeyQueue } from "./key-queue.ts";

interface Bench {
  readonly queue: KeyQueue;
  readonly taken: string[];
  cancels: number;
  type(text: string): undefined | Promise<void>;
}

function bench(onTake?: (keys: string, queue: KeyQueue) => void): Bench {
  const taken: string[] = [];
  const made: Bench = {
    taken,
    cancels: 0,
    type: (text) => queue.input(new TextEncoder().encode(text)),
    get queue() {
      return queue;
    },
  };
  const queue = createKeyQueue({
    take(keys) {
      taken.push(keys);
      onTake?.(keys, queue);
    },
    cancel() {
      made.cancels += 1;
    },
  });
  return made;
}

describe("a key queue", () => {
  it("hands on every character, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.nat(200)), (text, cuts) => {
        const wanted = text.replaceAll("\x03", "").replace(/\r\n/g, "\r");
        const { queue, taken } = bench();
        const bytes = new TextEncoder().encode(text.replaceAll("\x03", "").replace(/\r\n/g, "\r"));
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          void queue.input(bytes.subarray(at, at + cut));
          at += cut;
        }
        expect(taken.join("")).toBe(wanted);
      }),
    );
  });

  it("takes lines one by one, and none while one runs", () => {
    const { queue, taken, type } = bench((keys, self) => {
      if (keys.startsWith("run")) self.hold();
    });
    void type("a\r\nb\nrun\rc\rd");
    expect(taken).toEqual(["a\r", "b\n", "run\r"]);
    queue.release();
    expect(taken.slice(3)).toEqual(["c\r", "d"]);
  });

  it("lets Ctrl-C past what waits, and forgets that", () => {
    const made = bench((keys, self) => {
      if (keys.startsWith("run")) self.hold();
    });
    void made.type("run\rwaits\r\x03then\r");
    expect(made.cancels).toBe(1);
    made.queue.release();
    expect(made.taken).toEqual(["run\r", "then\r"]);
    void made.type("half\x03");
    made.queue.interrupt();
    expect(made.taken.slice(2)).toEqual(["half", "\x03", "\x03"]);
    expect(made.cancels).toBe(1);
  });

  it("forgets what waits when it is told so, also while a line is taken", () => {
    const { queue, taken, type } = bench((keys, self) => {
      if (keys === "stopped\r") self.forget();
    });
    void type("one\rstopped\rahead\rmore\r");
    expect(taken).toEqual(["one\r", "stopped\r"]);
    void type("then\r");
    expect(taken.slice(2)).toEqual(["then\r"]);
    queue.hold();
    void type("waits\r");
    queue.forget();
    queue.release();
    expect(taken).toHaveLength(3);
  });

  it("asks to wait above its limit, and tells when there is room", async () => {
    const { queue, type, taken } = bench();
    queue.hold();
    const text = "x".repeat(LIMITS.consoleInputQueueBytes.value);
    expect(type(text)).toBeUndefined();
    const wait = type("y\r");
    expect(wait).toBeInstanceOf(Promise);
    expect(type("z")).toBe(wait);
    queue.release();
    await wait;
    expect(taken.join("")).toBe(`${text}y\rz`);
  });

  it("leaves the event loop its turns during a long paste", async () => {
    const { type, taken } = bench(() => {
      const end = performance.now() + 5;
      while (performance.now() < end);
    });
    void type("x\r".repeat(40));
    const first = taken.length;
    expect(first).toBeLessThan(40);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(taken.length).toBeGreaterThan(first);
    while (taken.length < 40) await new Promise((resolve) => setImmediate(resolve));
  });

  it("gives what waits to whoever takes over, without half a character", () => {
    const { queue, taken, type } = bench();
    queue.hold();
    void type("one\rtwo");
    void queue.input(Uint8Array.of(0xc5));
    expect(queue.detach()).toBe("one\rtwo");
    queue.release();
    void type("new");
    queue.attach("one\rtwo");
    expect(taken).toEqual(["new", "one\r", "two"]);
  });
});
