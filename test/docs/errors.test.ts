import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ERROR_CODES } from "../../src/contracts/errors.ts";

it("docs/errors.md has a heading for every code, and no other", () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const headings = [...page.matchAll(/^## (\S+)$/gm)].map((match) => match[1]);
  expect(headings).toEqual([...ERROR_CODES]);
});
