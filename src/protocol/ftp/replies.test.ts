import { describe, expect, it } from "vitest";
import { FAILURES, formatLongReply, formatReply, quotePath } from "./replies.ts";

describe("replies", () => {
  it("are one line, whatever the text holds, with a blank behind the code", () => {
    expect(formatReply(200, "a\r\n550 b\0c")).toBe("200 a 550 b c\r\n");
    expect(formatReply(200, "")).toBe("200 -\r\n");
    expect(formatReply(550, "x".repeat(100_000)).length).toBeLessThan(5000);
  });

  it("of several lines hold none that looks like their end", () => {
    expect(formatLongReply(213, "Begin", ["213 End", "a\r\nb", " c"], "End")).toBe(
      "213-Begin\r\n 213 End\r\na b\r\n c\r\n213 End\r\n",
    );
  });

  it("double the quotes of a path", () => {
    expect(quotePath('/a "b"')).toBe('"/a ""b"""');
  });

  it("have a code of RFC 959 or RFC 4217 for each failure", () => {
    for (const [kind, { code, text }] of Object.entries(FAILURES)) {
      expect([421, 425, 426, 450, 451, 452, 504, 522, 530, 550, 552, 553], kind).toContain(code);
      expect(formatReply(code, text), kind).toBe(`${code} ${text}\r\n`);
    }
    expect(FAILURES["no-space"].code).toBe(452);
    expect(FAILURES["over-quota"].code).toBe(552);
    expect(FAILURES.denied.code).toBe(550);
    expect(FAILURES["not-found"].code).toBe(550);
  });
});
