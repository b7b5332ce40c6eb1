import { expect, it } from "vitest";
import { printable } from "./readable.ts";

it("a peer's name moves no cursor, begins no line and turns no text around", () => {
  expect(printable("a\x1b[2J\r\n\x9b31m\u2028b")).toBe("a?[2J???31m?b");
  expect(printable("\u202egpj.exe\u202c \u2066x\u2069\u200f")).toBe("?gpj.exe? ?x??");
  expect(printable("ümlaut ☃ 日本 עברית")).toBe("ümlaut ☃ 日本 עברית");
});
