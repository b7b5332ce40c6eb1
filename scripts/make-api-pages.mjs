// Writes docs/api/ from the doc comments of what the package gives, with typedoc. With --check: says which page is stale
// and exits with 1. typedoc knows no TypeScript 7, so it has a TypeScript of its own in docs/node_modules; where it is not
// installed nothing is written.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const docs = new URL("../docs/", import.meta.url).pathname;
const api = join(docs, "api");
const check = process.argv.includes("--check");

let typedoc;
try {
  const installed = createRequire(join(docs, "package.json"));
  typedoc = installed.resolve("typedoc/package.json");
  createRequire(typedoc).resolve("markdown-it");
} catch {
  console.error("docs/api/ is as it was: typedoc is not installed, npm ci does that");
  process.exit(check ? 1 : 0);
}

const made = mkdtempSync(join(tmpdir(), "porthole-api-"));
try {
  execFileSync(process.execPath, [join(typedoc, "../bin/typedoc"), "--out", made, "--logLevel", "Warn"], {
    cwd: docs,
    stdio: "inherit",
  });
  const stale = pagesOf(made).filter((page) => textOf(api, page) !== textOf(made, page));
  const gone = existsSync(api) ? pagesOf(api).filter((page) => textOf(made, page) === undefined) : [];
  if (check && stale.length + gone.length > 0) {
    console.error(`stale: ${[...stale, ...gone].map((page) => `docs/api/${page}`).join(", ")}; run npm run docs`);
    process.exitCode = 1;
  } else if (!check) {
    for (const page of gone) rmSync(join(api, page));
    for (const page of stale) {
      cpSync(join(made, page), join(api, page));
      console.log(`wrote docs/api/${page}`);
    }
  }
} catch (error) {
  if (error.status === undefined) throw error;
  process.exitCode = 1; // typedoc has said why
} finally {
  rmSync(made, { recursive: true });
}

function pagesOf(folder) {
  return readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".md"));
}

function textOf(folder, page) {
  return existsSync(join(folder, page)) ? readFileSync(join(folder, page), "utf8") : undefined;
}
