import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Waits } from "./waits.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Waits of a second that tell their names when they are over. */
function told() {
  const waits = new Waits(1_000);
  const over: string[] = [];
  return { waits, over, begin: (name: string) => waits.begin(() => over.push(name)) };
}

describe("waits", () => {
  it("are over after their time, each after its own", () => {
    const { over, begin } = told();
    begin("first");
    vi.advanceTimersByTime(400);
    begin("second");
    vi.advanceTimersByTime(599);
    expect(over).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(over).toEqual(["first"]);
    vi.advanceTimersByTime(400);
    expect(over).toEqual(["first", "second"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are never over when they have ended, and end once", () => {
    const { waits, over, begin } = told();
    const first = begin("first");
    const middle = begin("middle");
    begin("last");
    waits.end(middle);
    waits.end(middle);
    waits.end(first);
    vi.advanceTimersByTime(1_000);
    expect(over).toEqual(["last"]);
  });

  it("need one timer, however many there are", () => {
    const { waits, begin } = told();
    for (const wait of [begin("a"), begin("b"), begin("c")]) waits.end(wait);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("may begin and end others when they are over", () => {
    const { waits, over, begin } = told();
    waits.begin(() => {
      waits.end(second);
      begin("third");
    });
    const second = begin("second");
    vi.advanceTimersByTime(1_000);
    expect(over).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(over).toEqual(["third"]);
  });
});
