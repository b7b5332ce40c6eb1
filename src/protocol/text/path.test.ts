import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { baseName, childPath, isPathPart, parentPath, parsePath, pathParts, ROOT_PATH } from "./path.ts";

const path = (text: string) => {
  const parsed = parsePath(text);
  if (parsed === undefined) throw new Error(`not a path: ${JSON.stringify(text)}`);
  return parsed;
};

describe("parsePath", () => {
  it.each([
    ["/", "/", "/"],
    ["", "/a", "/a"],
    ["b", "/a", "/a/b"],
    ["/b/", "/a", "/b"],
    ["..", "/a/b", "/a"],
    ["../../../etc", "/a", "/etc"],
    ["./x//y/.", "/", "/x/y"],
    ["-la", "/", "/-la"],
    ["...", "/", "/..."],
    ["a\\..\\b", "/", "/a\\..\\b"],
    ["~", "/", "/~"],
  ])("reads %j from %j as %j", (text, base, expected) => {
    expect(parsePath(text, path(base))).toBe(expected);
  });

  it.each(["a\0b", "a\rb", "a\nb", "x".repeat(256), "é".repeat(128), "a/".repeat(129)])("refuses %j", (text) => {
    expect(parsePath(text)).toBeUndefined();
  });

  it("keeps a name of 255 bytes", () => {
    expect(parsePath("x".repeat(255))).toBe(`/${"x".repeat(255)}`);
  });

  it("never leaves the root, whatever is asked for", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("..", ".", "", "a", "b", "\0", "..\n")), (parts) => {
        const parsed = parsePath(parts.join("/"));
        if (parsed === undefined) return;
        expect(parsed.startsWith("/")).toBe(true);
        for (const part of pathParts(parsed)) expect(isPathPart(part)).toBe(true);
      }),
    );
  });
});

describe("parts of a path", () => {
  it("takes one apart and puts it together again", () => {
    const deep = path("/a/b/c");
    expect(baseName(deep)).toBe("c");
    expect(parentPath(deep)).toBe("/a/b");
    expect(childPath(parentPath(deep), baseName(deep))).toBe(deep);
    expect(parentPath(path("/a"))).toBe(ROOT_PATH);
    expect(parentPath(ROOT_PATH)).toBe(ROOT_PATH);
    expect(baseName(ROOT_PATH)).toBe("");
    expect(pathParts(ROOT_PATH)).toEqual([]);
    expect(childPath(ROOT_PATH, "a")).toBe("/a");
  });
});
