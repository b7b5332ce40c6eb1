/** Every `*.telnet` talk of this folder, replayed whole, byte by byte and in random cuts. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectedOf, readTranscript, replay } from "./telnet-transcript.ts";

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".telnet"));

it("finds the talks", () => {
  expect(files.length).toBeGreaterThan(20);
});

describe.each(files)("%s", (name) => {
  const transcript = readTranscript(join(import.meta.dirname, name));
  const expected = expectedOf(transcript);

  it("goes as written when each block comes whole", () => {
    expect(expected.length).toBeGreaterThan(0);
    expect(replay(transcript, (left) => left)).toEqual(expected);
  });

  it("goes the same byte by byte", () => {
    expect(replay(transcript, () => 1)).toEqual(expected);
  });

  it("goes the same in random cuts", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (lengths) => {
        const next = lengths[Symbol.iterator]();
        expect(replay(transcript, (left) => Math.min(left, next.next().value as number))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});
