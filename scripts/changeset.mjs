// Runs changesets, which takes a package with workspaces for a repository of many packages, and would not find this one
// among them. So it is shown package.json without them; what it changes there is the version.
//
//   npm run changeset          asks, and writes a file in .changeset/
//   npm run version            puts the files together in CHANGELOG.md, and steps the version
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const before = readFileSync("package.json", "utf8");
const { workspaces: _workspaces, ...shown } = JSON.parse(before);
process.on("SIGINT", () => {}); // Ctrl-C ends the question, and then this too
writeFileSync("package.json", `${JSON.stringify(shown, undefined, 2)}\n`);
try {
  const program = createRequire(import.meta.url).resolve("@changesets/cli/bin.js");
  const run = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  writeFileSync("package.json", before.replace(`"version": "${shown.version}"`, `"version": "${version}"`));
}
