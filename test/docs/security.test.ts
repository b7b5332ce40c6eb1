import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hasTest, PROJECT } from "./pages.ts";

it("each promise of docs/security.md names a test that is there", () => {
  const page = readFileSync(join(PROJECT, "docs/security.md"), "utf8");
  const rows = [...page.matchAll(/^\| ([^|]+) \| `(test\/\S+|src\/\S+)`: ([^|]+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(25);
  for (const [, promise, file = "", title = ""] of rows) {
    expect(hasTest(file, title), `${promise}: no test "${title}" in ${file}`).toBe(true);
  }
});
