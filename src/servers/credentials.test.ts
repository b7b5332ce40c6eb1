import { expect, it } from "vitest";
import { Secret } from "../contracts/credentials.ts";
import { authenticateOne } from "./credentials.ts";

const peer = { address: "127.0.0.1", service: "telnet" } as const;

it("lets the account in and nobody else", async () => {
  const check = authenticateOne("micro", "pythön");
  expect((await check("micro", new Secret("pyth\u00f6n"), peer))?.user).toBe("micro");
  expect((await check("micro", new Secret("pytho\u0308n"), peer))?.user).toBe("micro");
  for (const [user, password] of [
    ["micro", "python"],
    ["Micro", "pythön"],
    ["", ""],
    ["micro", "pythön "],
    ["micropythön", ""],
    ["x".repeat(10_000), "y"],
  ] as const) {
    expect(await check(user, new Secret(password), peer)).toBeUndefined();
  }
});
