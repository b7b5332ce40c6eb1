import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FromNetworkLines, ToNetworkLines } from "./ascii.ts";

/** Text of the letters that matter, and where it is cut. */
const text = fc.string({ unit: fc.constantFrom("\r", "\n", "a"), maxLength: 60 });
const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 6 });

function pieces(whole: string, at: readonly number[]): Buffer[] {
  const ends = [...at.filter((cut) => cut < whole.length), whole.length].sort((a, b) => a - b);
  return ends.map((end, index) => Buffer.from(whole.slice(ends[index - 1] ?? 0, end), "latin1"));
}

function toNetwork(chunks: readonly Buffer[]): string {
  const lines = new ToNetworkLines();
  return chunks
    .map((chunk) => {
      const target = Buffer.alloc(chunk.length * 2);
      return target.toString("latin1", 0, lines.convert(chunk, target));
    })
    .join("");
}

function fromNetwork(chunks: readonly Buffer[]): string {
  const lines = new FromNetworkLines();
  return [...chunks.map((chunk) => lines.convert(chunk).toString("latin1")), lines.end().toString("latin1")].join("");
}

describe("TYPE A", () => {
  it("sends CR LF for LF and leaves CR LF and CR alone, however the text is cut", () => {
    fc.assert(
      fc.property(text, cuts, (whole, at) => {
        expect(toNetwork(pieces(whole, at))).toBe(whole.replace(/(?<!\r)\n/g, "\r\n"));
      }),
    );
  });

  it("stores LF for CR LF and leaves other CRs alone, however the text is cut", () => {
    fc.assert(
      fc.property(text, cuts, (whole, at) => {
        expect(fromNetwork(pieces(whole, at))).toBe(whole.replaceAll("\r\n", "\n"));
      }),
    );
  });

  it("gives a text without CR back as it was", () => {
    fc.assert(
      fc.property(text, cuts, (whole, at) => {
        const unix = whole.replaceAll("\r", "b");
        expect(fromNetwork([Buffer.from(toNetwork(pieces(unix, at)), "latin1")])).toBe(unix);
      }),
    );
  });
});
