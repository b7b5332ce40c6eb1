import fc from "fast-check";
import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import { compileGlob, isGlob } from "./glob.ts";

describe("patterns", () => {
  it.each([
    ["*", "", true],
    ["*", "a.b", true],
    ["*.py", "main.py", true],
    ["*.py", "main.pyc", false],
    ["?.txt", "a.txt", true],
    ["?.txt", "ab.txt", false],
    ["?", "😀", true],
    ["[a-c]x", "bx", true],
    ["[a-c]x", "dx", false],
    ["[!a-c]x", "dx", true],
    ["[^a-c]x", "ax", false],
    ["[]]", "]", true],
    ["[a-]", "-", true],
    ["[abc", "[abc", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["a\\", "a\\", true],
    ["*a*b*c*", "xxaxxbxxcxx", true],
    ["*a*b*c*", "xxaxxcxxbxx", false],
    ["", "", true],
    ["", "a", false],
    ["(a|b)+", "(a|b)+", true],
  ])("%j on %j: %j", (pattern, name, expected) => {
    expect(compileGlob(pattern)(name)).toBe(expected);
  });

  it("agree with another matcher about stars, question marks and sets", () => {
    const pattern = fc.array(fc.constantFrom("a", "b", "*", "?", "[ab]", "[!a]"), { minLength: 1, maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pattern, name, (parts, text) => {
        const glob = parts.join("").replaceAll(/\*+/g, "*");
        const other = picomatch(glob.replaceAll("[!", "[^"), { dot: true, noextglob: true, nobrace: true, bash: true });
        expect(compileGlob(glob)(text)).toBe(other(text));
      }),
    );
  });

  it("that are hostile cost no more than pattern times name", () => {
    const matches = compileGlob("*a".repeat(2000));
    expect(matches("a".repeat(255))).toBe(false);
    expect(compileGlob(`${"a*".repeat(120)}b`)("a".repeat(255))).toBe(false);
  });

  it("are told from names", () => {
    expect(["*", "a?", "[a]", "a"].map(isGlob)).toEqual([true, true, true, false]);
  });
});
