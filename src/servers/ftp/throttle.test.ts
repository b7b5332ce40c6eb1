import { describe, expect, it } from "vitest";
import { Throttle } from "./throttle.ts";

describe("a throttle", () => {
  it("lets a short burst through, then its rate and no more", () => {
    const throttle = new Throttle(1_000);
    let nowMs = 5_000;
    let moved = 0;
    const start = nowMs;
    while (moved < 20_000) {
      moved += 100;
      nowMs += throttle.count(100, nowMs);
    }
    expect(nowMs - start).toBeGreaterThanOrEqual(19_700);
    expect(nowMs - start).toBeLessThanOrEqual(20_000);
  });

  it("shares its rate among all who ask", () => {
    const throttle = new Throttle(1_000);
    expect(throttle.count(1_000, 0)).toBe(750);
    expect(throttle.count(1_000, 0)).toBe(1_750);
  });

  it("saves nothing up over a rest", () => {
    const throttle = new Throttle(1_000);
    throttle.count(1_000, 0);
    expect(throttle.count(1_000, 3_600_000)).toBe(750);
  });
});
