import { expect, it } from "vitest";
import { isLoopback, listeningHost } from "./protected-mode.ts";

const known = { user: "micro", password: "python" };

it.each([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "127.0.0.1"],
  ["192.0.2.1", "127.0.0.1"],
  ["gateway.example", "127.0.0.1"],
  ["2001:db8::1", "::1"],
  ["127.0.0.2", "127.0.0.2"],
  ["::1", "::1"],
  ["localhost", "localhost"],
])("with the default user and password %s becomes %s", (host, listened) => {
  expect(listeningHost({ ...known, host })).toBe(listened);
});

it("an own password, an own check or the program's word opens the host", () => {
  const host = "0.0.0.0";
  expect(listeningHost({ ...known, host, password: "other" })).toBe(host);
  expect(listeningHost({ ...known, host, user: "other" })).toBe(host);
  expect(listeningHost({ ...known, host, ownAuthentication: true })).toBe(host);
  expect(listeningHost({ ...known, host, allowDefaultPassword: true })).toBe(host);
});

it("knows loopback addresses", () => {
  for (const host of ["127.0.0.1", "127.255.0.9", "::1", "localhost", "::ffff:127.0.0.1"])
    expect(isLoopback(host)).toBe(true);
  for (const host of ["0.0.0.0", "::", "127.0.0.1.example", "128.0.0.1", "::ffff:10.0.0.1"]) {
    expect(isLoopback(host)).toBe(false);
  }
});
