import { constants, PerformanceObserver } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FtpState } from "../contracts/task.ts";
import { type Heap, ownHeap } from "./heap.ts";
import { IdleMemory } from "./idle-memory.ts";

const MB = 1_048_576;
const LONG_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that does what the test says, and a heap that tells what is asked of it. */
function watched() {
  let state: FtpState = 2;
  let commands = 0;
  let tell: () => void = () => {};
  const server = {
    get state() {
      return state;
    },
    on: (_type: "*", listener: () => void) => {
      tell = listener;
    },
    counters: () => ({ commands }),
  };
  const heap = { youngBytes: 8 * MB, grows: true, givenBack: 0, keeps: 0, trimmed: 0 };
  const given: Heap = {
    get youngBytes() {
      return heap.youngBytes;
    },
    setYoungGrows: (grows) => {
      heap.grows = grows;
    },
    giveBack: () => {
      heap.givenBack += 1;
      if (heap.givenBack > heap.keeps) heap.youngBytes = MB;
    },
    trim: () => {
      heap.trimmed += 1;
    },
  };
  void new IdleMemory(server, given);
  return {
    heap,
    event: () => tell(),
    command: () => {
      commands += 1;
    },
    go: (next: FtpState) => {
      state = next;
      tell();
    },
  };
}

describe("an idle server", () => {
  it("gives memory back once, and is not woken any more", () => {
    const { heap } = watched();
    expect(heap.grows).toBe(false);
    vi.advanceTimersByTime(LONG_MS);
    expect(heap.givenBack).toBe(1);
    expect(heap.trimmed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives back again after the next crowd, when there is something to give", () => {
    const { heap, event } = watched();
    vi.advanceTimersByTime(LONG_MS);
    event();
    vi.advanceTimersByTime(LONG_MS);
    expect(heap.givenBack).toBe(1);
    event();
    heap.youngBytes = 8 * MB;
    vi.advanceTimersByTime(LONG_MS);
    expect(heap.givenBack).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tries again, a few times, while V8 keeps the room", () => {
    const { heap, event } = watched();
    heap.keeps = 1;
    vi.advanceTimersByTime(LONG_MS);
    expect(heap.givenBack).toBe(2);
    expect(heap.grows).toBe(true);
    heap.keeps = Number.POSITIVE_INFINITY;
    heap.youngBytes = 8 * MB;
    event();
    vi.advanceTimersByTime(LONG_MS);
    expect(heap.givenBack).toBe(5);
    expect(heap.grows).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets the room grow again afterwards, up to where it was", () => {
    const { heap, event } = watched();
    vi.advanceTimersByTime(LONG_MS);
    expect(heap.grows).toBe(true);
    event();
    heap.youngBytes = 4 * MB;
    vi.advanceTimersByTime(1_000);
    expect(heap.grows).toBe(true);
    event();
    heap.youngBytes = 8 * MB;
    vi.advanceTimersByTime(1_000);
    expect(heap.grows).toBe(false);
  });
});

describe("a server that does something", () => {
  it.each([3, 4, 5, 6] as const)("gives nothing back in state %i, however long that takes", (state) => {
    const { heap, go } = watched();
    go(state);
    vi.advanceTimersByTime(LONG_MS);
    expect(heap.givenBack).toBe(0);
    go(7);
    vi.advanceTimersByTime(LONG_MS);
    expect(heap.givenBack).toBe(1);
  });

  it("gives nothing back while commands come that nothing else tells of", () => {
    const { heap, command } = watched();
    for (let second = 0; second < 60; second += 4) {
      command();
      vi.advanceTimersByTime(4_000);
    }
    expect(heap.givenBack).toBe(0);
  });
});

describe("the heap of this thread", () => {
  it("collects short-lived objects when it is told to, each time", async () => {
    vi.useRealTimers();
    let collections = 0;
    const observer = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries() as unknown as { readonly detail?: unknown }[]) {
        if ((detail as { readonly kind?: number }).kind === constants.NODE_PERFORMANCE_GC_MINOR) collections += 1;
      }
    });
    observer.observe({ entryTypes: ["gc"] });
    for (let call = 0; call < 50; call++) ownHeap.giveBack(); // more than would come by themselves
    await expect.poll(() => collections).toBeGreaterThanOrEqual(50);
    observer.disconnect();
    expect(ownHeap.youngBytes).toBeGreaterThan(0);
    expect((globalThis as { gc?: unknown }).gc).toBeUndefined();
  });

  it("gives back what was freed, or leaves it where the C library has no such call", () => {
    expect(() => ownHeap.trim()).not.toThrow();
  });

  it("stays as it is where V8's flags do nothing, as on Bun", async () => {
    vi.resetModules();
    vi.doMock("node:v8", () => ({ getHeapSpaceStatistics: () => [], setFlagsFromString: () => undefined }));
    try {
      const { ownHeap: another } = await import("./heap.ts");
      expect(another).not.toBe(ownHeap);
      expect(() => another.giveBack()).not.toThrow();
    } finally {
      vi.doUnmock("node:v8");
    }
  });
});
