import { expect, it } from "vitest";
import { formatXferlog } from "./xferlog.ts";

const entry = {
  endMs: Date.UTC(2026, 0, 5, 3, 4, 9),
  seconds: 2.6,
  address: "192.0.2.7",
  bytes: 1234,
  path: "/flash/main.py",
  ascii: false,
  direction: "in",
  anonymous: false,
  user: "micro",
  complete: true,
} as const;

it("writes the eighteen fields of xferlog(5)", () => {
  const line = formatXferlog(entry);
  expect(line).toBe("Mon Jan  5 03:04:09 2026 3 192.0.2.7 1234 /flash/main.py b _ i r micro ftp 0 * c");
});

it("tells an incomplete download in ASCII by anonymous", () => {
  expect(formatXferlog({ ...entry, direction: "out", complete: false, ascii: true, anonymous: true, seconds: 0 })).toBe(
    "Mon Jan  5 03:04:09 2026 1 192.0.2.7 1234 /flash/main.py a _ o a micro ftp 0 * i",
  );
});

it("keeps each name one field of one line", () => {
  const line = formatXferlog({ ...entry, path: "/a b\n\u001b[2Jc", user: "" });
  expect(line).toContain(" /a_b__[2Jc b _ i r _ ftp ");
});
