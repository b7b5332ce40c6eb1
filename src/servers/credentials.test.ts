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
    ["micro\0", "pythön"],
    ["micro", "pythön\0"],
  ] as const) {
    expect(await check(user, new Secret(password), peer)).toBeUndefined();
  }
});

it("looks at the whole of long texts", async () => {
  const long = "ä".repeat(3_000);
  const check = authenticateOne(long, `${long}x`);
  expect((await check(long, new Secret(`${long}x`), peer))?.user).toBe(long);
  expect(await check(`${long}x`, new Secret(`${long}x`), peer)).toBeUndefined();
  expect(await check(long, new Secret(`${long}y`), peer)).toBeUndefined();
  expect(await check(long, new Secret(`${long}x${"z".repeat(9_000)}`), peer)).toBeUndefined();
  expect(await check(long, new Secret(long), peer)).toBeUndefined();
});

it("a wrong name takes as long as a wrong password", async () => {
  const check = authenticateOne("micro", "python");
  const times: Record<string, number[]> = { name: [], password: [] };
  for (let round = 0; round < 3_000; round++) {
    for (const [wrong, user, password] of [
      ["name", "macro", "python"],
      ["password", "micro", "pythan"],
    ] as const) {
      const before = process.hrtime.bigint();
      await check(user, new Secret(password), peer);
      times[wrong]?.push(Number(process.hrtime.bigint() - before));
    }
  }
  const [name = 0, password = 0] = Object.values(times).map((all) => all.sort((left, right) => left - right)[1_500]);
  // A check that stops at the name would need half the time.
  expect(name / password).toBeGreaterThan(0.75);
  expect(name / password).toBeLessThan(1.33);
});
