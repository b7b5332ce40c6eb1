import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTranscript, playTranscript } from "./ftp-transcript.ts";

const directory = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(directory).filter((name) => name.endsWith(".ftp"));

describe.each(files)("%s", (file) => {
  const transcript = parseTranscript(readFileSync(`${directory}${file}`, "utf8"));

  it("goes as written, each message whole", () => {
    expect(playTranscript(transcript, [])).toBeUndefined();
  });

  it("goes as written, byte by byte", () => {
    expect(playTranscript(transcript, [1])).toBeUndefined();
  });

  it("goes as written in random cuts", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(cuts, (lengths) => {
        expect(playTranscript(transcript, lengths)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});
