import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EditableLine } from "./editable-line.ts";

function type(line: EditableLine, text: string | Uint8Array) {
  let echo = "";
  let ended: string | undefined;
  let tooLong = false;
  for (const octet of typeof text === "string" ? new TextEncoder().encode(text) : text) {
    const event = line.key(octet);
    if (event?.type === "echo") echo += event.text;
    else if (event?.type === "line") ({ text: ended, tooLong } = event);
    else if (event?.type === "end") ended = "<end>";
  }
  return { echo, ended, tooLong };
}

const typed = (text: string | Uint8Array) => type(new EditableLine(256), text);

describe("one line", () => {
  it.each([
    ["micro\r", "micro"],
    ["micor\b\bro\r", "micro"],
    ["micro\x7fo\r", "micro"],
    ["\x7f\x7fmicro\r", "micro"],
    ["rubbish\x15micro\r", "micro"],
    ["rubbish\x03micro\r", "micro"],
    ["mi\x1b[Acr\x1bOHo\x1b[1;5D\r", "micro"],
    ["mi\x1bxcro\r", "micro"],
    ["mi\x1b\rcro", "mi"],
    ["\tmi\x01cro\x00\r", "micro"],
    ["Grüße 世界 🙂\r", "Grüße 世界 🙂"],
    ["ü\x7fu\r", "u"],
    ["世界\x7f\r", "世"],
    ["e\u0301\x7f\x7fx\r", "x"],
    ["ae\u0301\x7fx\r", "ax"],
    ["ab\x04c\r", "abc"],
    ["\x04", "<end>"],
    ["ab\x15\x04", "<end>"],
    ["\r", ""],
  ])("%j", (keys, line) => {
    expect(typed(keys).ended).toBe(line);
  });

  it("erases as many columns as a character has", () => {
    expect(typed("a\x7f").echo).toBe("a\b \b");
    expect(typed("世\x7f").echo).toBe("世\b \b\b \b");
    expect(typed("e\u0301\x7f").echo).toBe("e\u0301\b \b");
    expect(typed("ab世\x15").echo).toBe(`ab世${"\b \b".repeat(4)}`);
  });

  it("drops what is not UTF-8", () => {
    expect(typed(Uint8Array.of(0xff, 0x61, 0xf2, 0x62, 0xc3, 0x63, 0x80, 0xed, 0xa0, 0x80, 0xc2, 0x9b, 13)).ended).toBe(
      "abc",
    );
  });
});

describe("its bound", () => {
  it("256 bytes are kept, one more is not", () => {
    expect(typed(`${"x".repeat(256)}\r`)).toMatchObject({ ended: "x".repeat(256), tooLong: false });
    expect(typed(`${"x".repeat(257)}\r`)).toMatchObject({ ended: "x".repeat(256), tooLong: true });
    expect(typed(`${"ü".repeat(128)}\r`)).toMatchObject({ ended: "ü".repeat(128), tooLong: false });
    expect(typed(`x${"ü".repeat(128)}\r`)).toMatchObject({ ended: `x${"ü".repeat(127)}`, tooLong: true });
  });

  it("Backspace takes back what was too much", () => {
    expect(typed(`${"x".repeat(258)}\x7f\x7f\r`)).toMatchObject({ ended: "x".repeat(256), tooLong: false });
    expect(typed(`${"x".repeat(300)}\x15y\r`)).toMatchObject({ ended: "y", tooLong: false });
  });

  it("a megabyte is dropped", () => {
    const { echo, ended, tooLong } = typed(`${"x".repeat(2 ** 20)}\r`);
    expect([echo.length, ended?.length, tooLong]).toEqual([256, 256, true]);
  });
});

it("any bytes, cut anywhere: no throw, and never more than the limit", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      const { ended = "" } = typed(Uint8Array.of(...bytes, 0x1b, 0x5b, 0x41, 13));
      expect(Buffer.byteLength(ended)).toBeLessThanOrEqual(256);
      expect(ended).not.toMatch(/\p{Cc}/u);
    }),
  );
});
