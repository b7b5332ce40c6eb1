import { expect, it } from "vitest";
import { asciicastHeader, asciicastResize, createAsciicastTrack } from "./asciicast.ts";

it("begins with a header of version 2", () => {
  const line = asciicastHeader({
    columns: 80,
    rows: 24,
    startMs: 1_700_000_000_999,
    title: "micro",
    terminalType: "xterm",
  });
  expect(line.endsWith("\n")).toBe(true);
  expect(JSON.parse(line)).toEqual({
    version: 2,
    width: 80,
    height: 24,
    timestamp: 1_700_000_000,
    title: "micro",
    env: { TERM: "xterm" },
  });
});

it("keeps a character whole that comes in two pieces", () => {
  const track = createAsciicastTrack("o");
  expect(track.line(0.5, Uint8Array.of(0xc3))).toBeUndefined();
  expect(track.line(1.25, Uint8Array.of(0xa9, 0x0d, 0x0a))).toBe('[1.25,"o","é\\r\\n"]\n');
});

it("writes any bytes as one line of JSON", () => {
  const line =
    createAsciicastTrack("i").line(
      2,
      Uint8Array.from({ length: 256 }, (_, i) => i),
    ) ?? "";
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(JSON.parse(line)).toHaveLength(3);
  expect(asciicastResize(3, 100, 30)).toBe('[3,"r","100x30"]\n');
});
