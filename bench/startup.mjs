/**
 * How long it takes to start, beside a bare Node in the same run: `npm run build && node bench/startup.mjs`.
 *
 * Each program runs 15 times, one after the other in turn; the middle counts. Prints milliseconds; with --json FILE
 * writes them.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({ options: { json: { type: "string" }, runs: { type: "string", default: "15" } } });
const file = (name) => fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
const index = new URL("../dist/index.js", import.meta.url).href;
const porthole = file("cli/main.js");
const files = mkdtempSync(join(tmpdir(), "porthole-startup-"));
process.on("exit", () => rmSync(files, { recursive: true, force: true }));

/** What is started, and what it prints once it is there; null: it ends. */
const programs = {
  "node -e 0": { args: ["-e", "0"], until: null },
  "porthole --version": { args: [porthole, "--version"], until: null },
  "porthole --help": { args: [porthole, "--help"], until: null },
  'import "porthole"': { args: ["--input-type=module", "-e", `import ${JSON.stringify(index)}`], until: null },
  "porthole serve, to its address": {
    args: [porthole, "serve", files, "--ftp", "0", "--password", "x"],
    until: "ftp://",
  },
};

/** Milliseconds from the start of the process. */
async function measure({ args, until }) {
  const from = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  if (until === null) {
    child.stdout.resume();
    child.stderr.resume();
    const [code] = await ended;
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
    return performance.now() - from;
  }
  let said = "";
  const shown = new Promise((resolve, reject) => {
    const hear = (bytes) => {
      said += bytes;
      if (said.includes(until)) resolve(performance.now() - from);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    void ended.then(() => reject(new Error(`${args.join(" ")} ended: ${said}`)));
  });
  const ms = await shown;
  child.kill("SIGKILL");
  await ended;
  return ms;
}

const times = {};
for (let run = 0; run < Number(flags.runs); run++) {
  for (const [name, program] of Object.entries(programs)) {
    times[name] ??= [];
    times[name].push(await measure(program));
  }
}
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const bare = median(times["node -e 0"]);
const table = Object.fromEntries(
  Object.entries(times).map(([name, list]) => [
    name,
    { ms: Math.round(median(list)), more: Math.round(median(list) - bare) },
  ]),
);
console.table(table);
if (flags.json !== undefined) {
  mkdirSync(dirname(flags.json), { recursive: true });
  writeFileSync(flags.json, `${JSON.stringify({ node: process.version, runs: Number(flags.runs), table }, null, 1)}\n`);
}
