import { describe, expect, it } from "vitest";
import { Pace } from "./pace.ts";

/** A disk whose calls take `takesMs`; tells which way each call went. */
class Disk {
  nowMs = 1_000;
  takesMs = 0.1;
  readonly pace: Pace = new Pace(() => this.nowMs);

  call(): "quick" | "waited" {
    const startMs = this.nowMs;
    const quick = this.pace.isQuick(startMs);
    this.nowMs += this.takesMs;
    if (quick) this.pace.tellQuick(startMs);
    else this.pace.tellWaited(startMs);
    return quick ? "quick" : "waited";
  }

  calls(count: number): string[] {
    return Array.from({ length: count }, () => this.call());
  }
}

describe("the pace of a disk", () => {
  it("waits for the first call, then calls synchronously while the disk is quick", () => {
    const disk = new Disk();
    expect(disk.calls(4)).toEqual(["waited", "quick", "quick", "quick"]);
  });

  it("never makes a synchronous call on a disk that is slow from the start", () => {
    const disk = new Disk();
    disk.takesMs = 500;
    expect(new Set(disk.calls(500))).toEqual(new Set(["waited"]));
  });

  it("stops at once after a very slow call, and at the second slow one", () => {
    const disk = new Disk();
    disk.calls(3);
    disk.takesMs = 200;
    expect(disk.calls(3)).toEqual(["quick", "waited", "waited"]);
    const other = new Disk();
    other.calls(3);
    other.takesMs = 6;
    expect(other.calls(4)).toEqual(["quick", "quick", "waited", "waited"]);
  });

  it("takes one slow call in a second for a hiccup", () => {
    const disk = new Disk();
    disk.calls(3);
    disk.takesMs = 10;
    disk.call();
    disk.takesMs = 0.1;
    disk.nowMs += 2_000;
    expect(disk.call()).toBe("quick");
    disk.takesMs = 10;
    disk.call();
    disk.takesMs = 0.1;
    expect(disk.call()).toBe("quick");
  });

  it("takes slow calls among many quick ones for a busy processor", () => {
    const disk = new Disk();
    disk.calls(3);
    for (let round = 0; round < 20; round++) {
      disk.takesMs = 10;
      expect(disk.call()).toBe("quick");
      disk.takesMs = 0.1;
      expect(new Set(disk.calls(20))).toEqual(new Set(["quick"]));
    }
    disk.takesMs = 10;
    disk.call();
    disk.takesMs = 0.1;
    disk.calls(10);
    disk.takesMs = 10;
    disk.call();
    expect(disk.call()).toBe("waited");
  });

  it("waits for the first call after half a minute", () => {
    const disk = new Disk();
    disk.calls(2);
    disk.nowMs += 31_000;
    expect(disk.calls(2)).toEqual(["waited", "quick"]);
  });

  it("tries again after a pause that doubles up to a minute", () => {
    const disk = new Disk();
    disk.calls(2);
    let stalls = 0;
    const pauses: number[] = [];
    for (let round = 0; round < 12; round++) {
      disk.takesMs = 150;
      expect(disk.call()).toBe("quick");
      stalls++;
      const fromMs = disk.nowMs;
      disk.takesMs = 0.1;
      while (disk.call() === "waited") disk.nowMs += 10;
      pauses.push(Math.round((disk.nowMs - fromMs) / 50) * 50);
    }
    expect(stalls).toBe(12);
    expect(pauses.slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_100);
  });

  it("begins anew with short pauses after the disk was quick for long", () => {
    const disk = new Disk();
    disk.calls(2);
    for (let round = 0; round < 5; round++) {
      disk.takesMs = 150;
      disk.call();
      disk.takesMs = 0.1;
      while (disk.call() === "waited") disk.nowMs += 10;
    }
    for (let second = 0; second < 120; second++) {
      disk.nowMs += 1_000;
      disk.call();
    }
    disk.takesMs = 150;
    disk.call();
    disk.takesMs = 0.1;
    const fromMs = disk.nowMs;
    while (disk.call() === "waited") disk.nowMs += 10;
    expect(disk.nowMs - fromMs).toBeLessThan(300);
  });
});
