import { expect, it, vi } from "vitest";
import { createFakeClock } from "../../../test/wire/fake-clock.ts";
import { LIMITS } from "../../contracts/limits.ts";
import { InputQueue } from "./input-queue.ts";

function slowRepl() {
  const did: string[] = [];
  let settle: (() => void)[] = [];
  const listener = { full: vi.fn(), dropping: vi.fn(), failed: vi.fn() };
  const clock = createFakeClock();
  let slow = true;
  const queue = new InputQueue(
    {
      input(bytes) {
        did.push(Buffer.from(bytes).toString());
        return slow ? new Promise<void>((resolve) => settle.push(resolve)) : undefined;
      },
      interrupt: () => void did.push("<interrupt>"),
    },
    clock,
    listener,
  );
  return {
    did,
    queue,
    clock,
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

const FULL = LIMITS.telnetInputBufferBytes.value;
const STALL_MS = LIMITS.telnetInputStallSeconds.value * 1_000;
const lengthOf = (did: readonly string[]) => did.reduce((sum, { length }) => sum + length, 0);

it("says when it is full, and when there is room; a program that takes keys slowly loses none", async () => {
  const { queue, clock, listener, take, did } = slowRepl();
  queue.push(keys("x"));
  queue.push(new Uint8Array(FULL - 1).fill(97));
  expect(listener.full).not.toHaveBeenCalled();
  queue.push(keys("b"));
  expect(listener.full.mock.calls).toEqual([[true]]);
  let drained = false;
  void queue.drained().then(() => {
    drained = true;
  });
  while (listener.full.mock.calls.length < 2) {
    await take();
    clock.advance(STALL_MS - 1);
  }
  expect(listener.full.mock.calls).toEqual([[true], [false]]);
  expect(lengthOf(did)).toBeLessThan(FULL);
  expect(drained).toBe(false);
  while (!drained) {
    await take();
    clock.advance(STALL_MS);
  }
  expect(listener.dropping).not.toHaveBeenCalled();
  expect(did.join("")).toBe(`x${"a".repeat(FULL - 1)}b`);
});

it("goes on reading when the program takes nothing at all, holds no more, and finds a Ctrl-C", async () => {
  const { queue, clock, listener, take, did } = slowRepl();
  queue.push(keys("spin\r"));
  queue.push(new Uint8Array(FULL).fill(97));
  clock.advance(STALL_MS - 1);
  expect(listener.full.mock.calls).toEqual([[true]]);
  expect(listener.dropping).not.toHaveBeenCalled();
  clock.advance(1);
  expect(listener.full.mock.calls).toEqual([[true], [false]]);
  expect(listener.dropping).toHaveBeenCalledTimes(1);
  for (let i = 0; i < 8; i++) queue.push(new Uint8Array(FULL).fill(98));
  expect(listener.full).toHaveBeenCalledTimes(2);
  queue.push(keys("ccc\x03next"));
  await take();
  expect(did).toEqual(["spin\r", "<interrupt>", "next"]);
  expect(listener.dropping).toHaveBeenCalledTimes(1);
  expect(clock.waiting).toBe(0);
});

it("drops no key any more when the program has taken all that waited", async () => {
  const { queue, clock, take, did } = slowRepl();
  queue.push(keys("spin\r"));
  queue.push(new Uint8Array(FULL).fill(97));
  clock.advance(STALL_MS);
  queue.push(keys("bbb"));
  while (lengthOf(did) < 5 + FULL) await take();
  await take();
  queue.push(keys("c"));
  expect(did.join("")).toBe(`spin\r${"a".repeat(FULL)}c`);
});

it("holds keys that come one by one in no more memory than a paste", () => {
  const { queue } = slowRepl();
  queue.push(keys("spin\r"));
  const before = process.memoryUsage();
  for (let i = 0; i < FULL / 4; i++) queue.push(keys("k"));
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(FULL * 2);
});

it("a REPL that throws or rejects is told, and ends nothing else", async () => {
  const listener = { full: vi.fn(), dropping: vi.fn(), failed: vi.fn() };
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
    },
    createFakeClock(),
    listener,
  );
  queue.push(keys("a"));
  queue.push(keys("b"));
  queue.interrupt();
  await new Promise((turn) => setImmediate(turn));
  expect(listener.failed.mock.calls.map(([error]) => (error as Error).message)).toEqual(["one", "three", "two"]);
});
