import { afterEach, describe, expect, it, vi } from "vitest";
import { BufferPool, LEAST_BUFFER_BYTES } from "./buffers.ts";

const LARGE = 4 * LEAST_BUFFER_BYTES;

describe("the buffer pool", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("gives a buffer again that was given back", () => {
    const pool = new BufferPool();
    const buffer = pool.take(LARGE)!;
    pool.give(buffer);
    expect(pool.take(LARGE)).toBe(buffer);
    expect(pool.reservedBytes).toBe(LARGE);
  });

  it("has what sixteen transfers need, two buffers for each, but no more", () => {
    const pool = new BufferPool();
    const pieceBytes = 524_288;
    const taken = Array.from({ length: 33 }, () => pool.take(pieceBytes)!);
    for (const buffer of taken) pool.give(buffer);
    const again = Array.from({ length: 33 }, () => pool.take(pieceBytes)!);
    expect(again.filter((buffer) => taken.includes(buffer))).toHaveLength(32);
  });

  it("keeps none when nobody has taken one for five seconds", () => {
    vi.useFakeTimers();
    const pool = new BufferPool();
    const kept = pool.take(LARGE)!;
    pool.give(kept);
    vi.advanceTimersByTime(2000);
    expect(pool.take(LARGE)).toBe(kept);
    pool.give(kept);
    vi.advanceTimersByTime(2500);
    expect(pool.take(LARGE)).toBe(kept);
    pool.give(kept);
    vi.advanceTimersByTime(5000);
    expect(pool.take(LARGE)).not.toBe(kept);
  });

  it("gives no large buffer over the cap, but always a small one", () => {
    const pool = new BufferPool(2 * LARGE);
    const taken = [pool.take(LARGE), pool.take(LARGE)];
    expect(pool.take(LARGE)).toBeUndefined();
    expect(pool.take(LEAST_BUFFER_BYTES)?.length).toBe(LEAST_BUFFER_BYTES);
    pool.give(taken[0]!);
    pool.give(taken[1]!);
    expect(pool.take(LARGE)?.length).toBe(LARGE);
  });

  it("sets aside what is left, and at least the least", () => {
    const pool = new BufferPool(LARGE);
    expect(pool.reserve(2 * LARGE)).toBe(LARGE);
    expect(pool.reserve(LARGE)).toBe(LEAST_BUFFER_BYTES);
    pool.release(LARGE + LEAST_BUFFER_BYTES);
    expect(pool.reservedBytes).toBe(0);
  });
});
