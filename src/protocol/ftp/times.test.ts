import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarDay, formatTimestamp, parseTimestamp, timeOfDay } from "./times.ts";

describe("times", () => {
  it("are read as they are written", () => {
    const seconds = fc.integer({ min: -30_610_224_000, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, (s) => {
        expect(parseTimestamp(formatTimestamp(s * 1000) ?? "")).toBe(s * 1000);
      }),
    );
  });

  it("know the calendar as Date does", () => {
    const check = (days: number) => {
      const date = new Date(days * 86_400_000);
      const wanted = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      expect(calendarDay(days), String(days)).toEqual(wanted);
    };
    for (let days = -1; days < 146_097; days += 13) check(days);
    for (const year of [-1, 0, 1600, 1900, 1970, 2000, 2024, 2100, 9999]) {
      const newYear = Date.UTC(2000, 0, 1) + (Date.UTC(year + 10_000, 0, 1) - Date.UTC(12_000, 0, 1));
      for (const day of [-1, 0, 30, 31, 57, 58, 59, 60, 364, 365]) check(newYear / 86_400_000 + day);
    }
    fc.assert(fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), check));
    expect([0, 59, 60, 1439].map((minutes) => timeOfDay(minutes, ":"))).toEqual(["00:00", "00:59", "01:00", "23:59"]);
  });

  it("are left out when four digits of a year cannot tell them", () => {
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, -1e300, 1e300, -62_167_219_200_001, 253_402_300_800_000]) {
      expect(formatTimestamp(ms), String(ms)).toBeUndefined();
    }
    expect(formatTimestamp(-62_167_219_200_000)).toBe("00000101000000");
    expect(formatTimestamp(-1)).toBe("19691231235959");
  });

  it.each([
    ["20240229123456", Date.UTC(2024, 1, 29, 12, 34, 56)],
    ["20240229123456.789", Date.UTC(2024, 1, 29, 12, 34, 56, 789)],
    ["202402291234", Date.UTC(2024, 1, 29, 12, 34)],
    ["20161231235960", Date.UTC(2017, 0, 1)],
    ["20230229000000", undefined],
    ["20241301000000", undefined],
    ["20240001000000", undefined],
    ["20240100000000", undefined],
    ["20240101240000", undefined],
    ["20240101006000", undefined],
    ["2024010100000", undefined],
    ["", undefined],
    ["00010101000000", undefined],
  ])("reads %j as %j", (text, ms) => {
    expect(parseTimestamp(text)).toBe(ms);
  });

  it("that four digits of a year cannot tell are not written", () => {
    for (const ms of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 9e15, Date.UTC(10_000, 0)]) {
      expect(formatTimestamp(ms)).toBeUndefined();
    }
  });
});
