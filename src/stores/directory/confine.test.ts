import { describe, expect, it } from "vitest";
import { isHostName } from "./confine.ts";

describe("names for the host", () => {
  it("takes any part of a virtual path on POSIX", () => {
    for (const name of ["a", "a b", "-la", "...", "a\\b", "con", "a:b", "x."])
      expect(isHostName(name, "linux")).toBe(true);
  });

  it("takes no path and nothing that stands for another name", () => {
    for (const name of ["", ".", "..", "a/b", "a\0"]) expect(isHostName(name, "linux")).toBe(false);
  });

  it("takes on Windows nothing that is a path, a stream, a device or another file's name there", () => {
    const refused = [
      "..\\x",
      "a\\b",
      "C:",
      "file:stream",
      "con",
      "NUL.txt",
      "Com1",
      "x.",
      "x ",
      "a*",
      "a?",
      'a"',
      "a\u0001",
    ];
    for (const name of refused) expect(isHostName(name, "win32"), name).toBe(false);
    for (const name of ["a", "console", "a b", "ä", ".hidden"]) expect(isHostName(name, "win32"), name).toBe(true);
  });
});
