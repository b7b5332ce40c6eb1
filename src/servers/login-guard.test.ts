import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLoginGuard } from "./login-guard.ts";

const MINUTE = 60_000;

describe("the login guard", () => {
  it("lets a first login through with the shortest delay", () => {
    expect(createLoginGuard().check("192.0.2.1", "micro", 0)).toEqual({ allowed: true, delayMs: 250 });
  });

  it("slows down with each wrong login, then locks the address out, longer each time", () => {
    const guard = createLoginGuard({ triesBeforeLock: 4 });
    const delays = [];
    for (let i = 0; i < 4; i++) {
      const verdict = guard.check("192.0.2.1", "micro", 0);
      delays.push(verdict.allowed && verdict.delayMs);
      guard.failed("192.0.2.1", "micro", 0);
    }
    expect(delays).toEqual([250, 500, 1000, 2000]);
    expect(guard.check("192.0.2.1", "micro", 0)).toEqual({ allowed: false, lockedUntilMs: MINUTE });
    expect(guard.check("192.0.2.1", "micro", MINUTE)).toMatchObject({ allowed: true });
    guard.failed("192.0.2.1", "micro", MINUTE);
    expect(guard.check("192.0.2.1", "other", MINUTE)).toEqual({ allowed: false, lockedUntilMs: 3 * MINUTE });
  });

  it("never locks an account: a right login from elsewhere goes through", () => {
    const guard = createLoginGuard({ triesBeforeLock: 3 });
    for (let i = 0; i < 1000; i++) guard.failed(`198.51.100.${i % 250}`, "micro", 0);
    expect(guard.check("192.0.2.1", "micro", 0)).toMatchObject({ allowed: true });
  });

  it("slows guesses at one account from many addresses", () => {
    const guard = createLoginGuard();
    for (let i = 0; i < 40; i++) guard.failed(`198.51.100.${i}`, "micro", 0);
    expect(guard.check("192.0.2.1", "micro", 0)).toEqual({ allowed: true, delayMs: 8000 });
    expect(guard.check("192.0.2.1", "anna", 0)).toEqual({ allowed: true, delayMs: 250 });
  });

  it("forgives after a right login and forgets after an hour", () => {
    const guard = createLoginGuard({ triesBeforeLock: 2 });
    guard.failed("192.0.2.1", "a", 0);
    guard.succeeded("192.0.2.1", "a");
    expect(guard.check("192.0.2.1", "b", 0)).toEqual({ allowed: true, delayMs: 250 });
    guard.failed("192.0.2.1", "a", 0);
    guard.failed("192.0.2.1", "a", 0);
    expect(guard.check("192.0.2.1", "b", 61 * MINUTE)).toEqual({ allowed: true, delayMs: 250 });
  });

  it("does not let a right login pay for guesses at other accounts", () => {
    const guard = createLoginGuard({ triesBeforeLock: 5 });
    for (let i = 0; i < 5; i++) {
      guard.failed("192.0.2.1", "anna", 0);
      guard.succeeded("192.0.2.1", "mallory");
    }
    expect(guard.check("192.0.2.1", "anna", 0)).toMatchObject({ allowed: false });
    // Nor may many names hide some: those are not forgiven.
    for (let i = 0; i < 4; i++) guard.failed("192.0.2.2", `user${i}`, 0);
    for (let i = 0; i < 100; i++) guard.succeeded("192.0.2.2", `other${i}`);
    guard.failed("192.0.2.2", "anna", 0);
    expect(guard.check("192.0.2.2", "anna", 0)).toMatchObject({ allowed: false });
    // One's own typing errors are forgiven, and then those of somebody else at the same address still count.
    for (let i = 0; i < 4; i++) guard.failed("192.0.2.3", "bert", 0);
    guard.succeeded("192.0.2.3", "bert");
    expect(guard.check("192.0.2.3", "bert", 0)).toEqual({ allowed: true, delayMs: 500 }); // the account's own count
    expect(guard.failed("192.0.2.3", "anna", 0)).toBeUndefined();
  });

  it("counts wrong logins that were under way when the address was locked out once", () => {
    const guard = createLoginGuard({ triesBeforeLock: 2 });
    guard.failed("192.0.2.1", "anna", 0);
    expect(guard.failed("192.0.2.1", "anna", 0)).toBe(MINUTE);
    for (let i = 0; i < 20; i++) expect(guard.failed("192.0.2.1", "anna", i)).toBeUndefined();
    expect(guard.check("192.0.2.1", "anna", MINUTE)).toMatchObject({ allowed: true });
    expect(guard.failed("192.0.2.1", "anna", MINUTE)).toBe(3 * MINUTE);
  });

  it("takes the addresses of one IPv6 network for one", () => {
    const guard = createLoginGuard({ triesBeforeLock: 2 });
    guard.failed("2001:db8:0:1::5", "a", 0);
    guard.failed("2001:db8::1:ffff:0:0:7", "a", 0);
    expect(guard.check("2001:0DB8:0:1:9::", "a", 0)).toMatchObject({ allowed: false });
    expect(guard.check("2001:db8:0:2::5", "b", 0)).toMatchObject({ allowed: true });
    guard.failed("::ffff:192.0.2.9", "c", 0);
    guard.failed("192.0.2.9", "c", 0);
    expect(guard.check("192.0.2.9", "c", 0)).toMatchObject({ allowed: false });
  });

  it("holds a bounded number of entries, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 200 }), (attempts) => {
        const guard = createLoginGuard({ maxEntries: 10 });
        for (const [address, user] of attempts) {
          guard.check(address, user, 0);
          guard.failed(address, user, 0);
        }
        expect(guard.size).toBeLessThanOrEqual(20);
      }),
    );
  });
});
