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
    guard.succeeded("192.0.2.1");
    expect(guard.check("192.0.2.1", "b", 0)).toEqual({ allowed: true, delayMs: 250 });
    guard.failed("192.0.2.1", "a", 0);
    guard.failed("192.0.2.1", "a", 0);
    expect(guard.check("192.0.2.1", "b", 61 * MINUTE)).toEqual({ allowed: true, delayMs: 250 });
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
