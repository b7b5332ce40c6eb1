/**
 * docs/api/ is what typedoc makes of the doc comments, and no exported thing is without one. typedoc is a dependency of
 * the pages only; where it is not installed this is a skip at home and a failure in CI.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT } from "./pages.ts";

function typedocIsThere(): boolean {
  try {
    const typedoc = createRequire(join(PROJECT, "docs/package.json")).resolve("typedoc/package.json");
    createRequire(typedoc).resolve("markdown-it");
    return true;
  } catch {
    return false;
  }
}

const wanted = process.env["PORTHOLE_REQUIRE_CLIENTS"] !== undefined;

it.skipIf(!wanted && !typedocIsThere())(
  "the API pages are those of the code",
  () => {
    const run = spawnSync(process.execPath, ["scripts/make-api-pages.mjs", "--check"], {
      cwd: PROJECT,
      encoding: "utf8",
    });
    expect(`${run.stdout}${run.stderr}`).toBe("");
    expect(run.status).toBe(0);
  },
  120_000,
);
