import { expect, it } from "vitest";
import { LIMITS } from "../../contracts/limits.ts";
import { formatOccupied, parseChoice, parseWatcherKey, Seat } from "./seat.ts";

const member = (user: string, sinceMs = 0) => ({ user, peer: "192.0.2.7:50312", sinceMs });

it("has one occupant at a time", () => {
  const seat = new Seat();
  const [first, second] = [member("a"), member("b")];
  seat.take(first);
  expect(seat.occupant).toBe(first);
  expect(() => seat.take(second)).toThrow(/bug/);
  expect(seat.leave(second)).toBe(false);
  expect(seat.leave(first)).toBe(true);
  seat.take(second);
  expect(seat.occupant).toBe(second);
});

it("a watcher who takes the seat watches no more", () => {
  const seat = new Seat();
  const watcher = member("w");
  expect(seat.watch(watcher)).toBe(true);
  seat.take(watcher);
  expect(seat.watchers.size).toBe(0);
});

it("has a bounded number of watchers", () => {
  const seat = new Seat();
  const first = member("first");
  seat.watch(first);
  for (let count = 1; count < LIMITS.telnetWatchers.value; count++) expect(seat.watch(member("w"))).toBe(true);
  expect(seat.watch(member("late"))).toBe(false);
  seat.leave(first);
  expect(seat.watch(member("late"))).toBe(true);
});

it("tells who is in, from where and since when", () => {
  const since = Date.UTC(2026, 0, 2, 3, 4, 5);
  const text = (afterMs: number) => formatOccupied(member("micro", since), since + afterMs);
  expect(text(61_000)).toBe(
    "\r\nmicro is logged in from 192.0.2.7:50312 since 2026-01-02 03:04:05 UTC (61 s).\r\n" +
      "[w]atch, [t]ake over or [l]eave? ",
  );
  expect(text(12 * 60_000)).toContain("(12 min)");
  expect(text(50 * 3_600_000)).toContain("(50 h)");
  expect(text(-5_000)).toContain("(0 s)");
});

it("keys of who is asked, and of who watches", () => {
  const choices = [..."wWtTlLqx\r"].map((key) => parseChoice(key.charCodeAt(0)));
  expect(choices).toEqual([
    "watch",
    "watch",
    "take-over",
    "take-over",
    "leave",
    "leave",
    "leave",
    undefined,
    undefined,
  ]);
  expect([3, 4, 20, 0x77, 0xff].map(parseChoice)).toEqual(["leave", "leave", undefined, "watch", undefined]);
  expect([3, 4, 20, 0x74, 13].map(parseWatcherKey)).toEqual(["leave", "leave", "take-over", undefined, undefined]);
});
