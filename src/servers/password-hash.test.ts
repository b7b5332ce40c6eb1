import { describe, expect, it } from "vitest";
import { hashPassword, parsePasswordHash, verifyPassword } from "./password-hash.ts";

describe("password hashes", () => {
  it("know their password, and no other", async () => {
    const hash = parsePasswordHash(await hashPassword("pässword"));
    expect(await verifyPassword("pässword", hash)).toBe(true);
    expect(await verifyPassword("pa\u0308ssword", hash)).toBe(true);
    expect(await verifyPassword("password", hash)).toBe(false);
    expect(await verifyPassword("", hash)).toBe(false);
  });

  it("differ for the same password", async () => {
    expect(await hashPassword("x")).not.toBe(await hashPassword("x"));
  });

  it.each([
    "",
    "plain",
    "scrypt$32768$8$1$c2FsdHNhbHRzYWx0c2FsdA",
    "scrypt$32767$8$1$c2FsdHNhbHRzYWx0c2FsdA$a2V5a2V5a2V5a2V5a2V5a2V5",
    "scrypt$4194304$99$1$c2FsdHNhbHRzYWx0c2FsdA$a2V5a2V5a2V5a2V5a2V5a2V5",
    "scrypt$32768$8$99$c2FsdHNhbHRzYWx0c2FsdA$a2V5a2V5a2V5a2V5a2V5a2V5",
  ])("refuses %j and does not repeat it", (text) => {
    expect(() => parsePasswordHash(text)).toThrow(expect.objectContaining({ code: "PORTHOLE_ERR_ARGUMENT" }));
    if (text !== "") expect(() => parsePasswordHash(text)).not.toThrow(text);
  });
});
