import { expect, it, vi } from "vitest";
import { LIMITS } from "../../contracts/limits.ts";
import { InputQueue } from "./input-queue.ts";

function slowRepl() {
  const did: string[] = [];
  let settle: (() => void)[] = [];
  const listener = { full: vi.fn(), failed: vi.fn() };
  let slow = true;
  const queue = new InputQueue(
    {
      input(bytes) {
        did.push(Buffer.from(bytes).toString());
        return slow ? new Promise<void>((resolve) => settle.push(resolve)) : undefined;
      },
      interrupt: () => void did.push("<interrupt>"),
      resize: () => undefined,
      close: () => undefined,
    },
    listener,
  );
  return {
    did,
    queue,
    listener,
    fast() {
      slow = false;
    },
    async take() {
      const waiting = settle;
      settle = [];
      for (const resolve of waiting) resolve();
      await new Promise((turn) => setImmediate(turn));
    },
  };
}
const keys = (text: string) => new TextEncoder().encode(text);

it("hands keys on in order, one call at a time", async () => {
  const { queue, did, take, fast } = slowRepl();
  queue.push(keys("a"));
  queue.push(keys("b"));
  queue.push(keys("c"));
  expect(did).toEqual(["a"]);
  await take();
  expect(did).toEqual(["a", "bc"]);
  fast();
  await take();
  queue.push(keys("d"));
  queue.push(keys("e"));
  expect(did).toEqual(["a", "bc", "d", "e"]);
});

it("Ctrl-C goes ahead of what is not taken, which is dropped; what follows it is kept", async () => {
  const { queue, did, take } = slowRepl();
  queue.push(keys("spin\r"));
  queue.push(keys("typed ahead"));
  queue.push(keys(" and more\x03\rnext"));
  expect(did).toEqual(["spin\r", "<interrupt>"]);
  await take();
  expect(did).toEqual(["spin\r", "<interrupt>", "\rnext"]);
});

it("at an idle prompt nothing is lost around a Ctrl-C", () => {
  const { queue, did, fast } = slowRepl();
  fast();
  queue.push(keys("\r\x03\x03\x01"));
  expect(did).toEqual(["\r", "<interrupt>", "<interrupt>", "\x01"]);
});

it("says when it is full, and when there is room", async () => {
  const { queue, listener, take, did } = slowRepl();
  const limit = LIMITS.telnetInputBufferBytes.value;
  queue.push(keys("x"));
  queue.push(new Uint8Array(limit - 1).fill(97));
  expect(listener.full).not.toHaveBeenCalled();
  queue.push(keys("b"));
  expect(listener.full.mock.calls).toEqual([[true]]);
  let drained = false;
  void queue.drained().then(() => {
    drained = true;
  });
  await take();
  expect(listener.full.mock.calls).toEqual([[true], [false]]);
  expect(did[1]?.length).toBe(limit);
  expect(drained).toBe(false);
  await take();
  expect(drained).toBe(true);
});

it("a REPL that throws or rejects is told, and ends nothing else", async () => {
  const listener = { full: vi.fn(), failed: vi.fn() };
  let call = 0;
  const queue = new InputQueue(
    {
      input() {
        call++;
        if (call === 1) throw new Error("one");
        return Promise.reject(new Error("two"));
      },
      interrupt() {
        throw new Error("three");
      },
      resize: () => undefined,
      close: () => undefined,
    },
    listener,
  );
  queue.push(keys("a"));
  queue.push(keys("b"));
  queue.interrupt();
  await new Promise((turn) => setImmediate(turn));
  expect(listener.failed.mock.calls.map(([error]) => (error as Error).message)).toEqual(["one", "three", "two"]);
});
