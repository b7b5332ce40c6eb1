import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTimestamp, parseTimestamp } from "./times.ts";

describe("times", () => {
  it("are read as they are written", () => {
    const seconds = fc.integer({ min: -30_610_224_000, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, (s) => {
        expect(parseTimestamp(formatTimestamp(s * 1000) ?? "")).toBe(s * 1000);
      }),
    );
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
