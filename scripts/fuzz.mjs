// Attacks the engines and the servers for as long as it is told: `npm run fuzz -- --help`.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const HELP = `usage: npm run fuzz -- [options] [part of a target's name]

  --minutes N   for each target (10)
  --runs N      instead: so many runs of each target
  --seed N      where to begin; the same seed gives the same runs
  --found DIR   where what is found is written (fuzz-found)
  -h, --help

The targets are the tests in test/fuzz/: the TELNET engine, the FTP engine, what reads headers, paths and lines, and whole
servers under bytes and connections that no client would make. Inputs are mutations of what recorded clients sent
(test/transcripts/), and those that run a part of the code that had not run before are mutated further. A line a minute
tells how far it is.

What makes an engine fail is made as short as it gets and written to DIR as the beginning of a transcript, with its seed:
\`--seed S --runs 1\` shows it again. The exit code is 0 when nothing was found, else 1.`;

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  console.log(HELP);
  process.exit(0);
}
function option(name) {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? undefined : (args.splice(at, 2)[1] ?? "");
}
const number = (name) => {
  const value = option(name);
  if (value === undefined || /^\d+(\.\d+)?$/.test(value)) return value;
  console.error(`fuzz: --${name} needs a number`);
  process.exit(1);
};
const [minutes, runs, seed] = ["minutes", "runs", "seed"].map(number);
const found = option("found") ?? "fuzz-found";
const unknown = args.find((word) => word.startsWith("-"));
if (unknown !== undefined || found === "") {
  console.error(`fuzz: ${unknown ?? "--found"} is not understood; --help tells what is`);
  process.exit(1);
}

const vitest = spawn(
  process.execPath,
  [
    join(import.meta.dirname, "../node_modules/vitest/vitest.mjs"),
    ...["run", "test/fuzz", "--disable-console-intercept"],
    ...(args.length === 0 ? [] : ["-t", args.join(" ")]),
  ],
  {
    cwd: join(import.meta.dirname, ".."),
    stdio: "inherit",
    env: {
      ...process.env,
      FUZZ_SEED: seed ?? String(Date.now() % 2 ** 31),
      FUZZ_FOUND: found,
      ...(runs === undefined ? { FUZZ_MINUTES: minutes ?? "10" } : { FUZZ_RUNS: runs }),
    },
  },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => vitest.kill(signal));
vitest.on("exit", (code, signal) => {
  if (signal !== null) console.error(`fuzz: ended by ${signal}`);
  if (existsSync(found)) for (const name of readdirSync(found)) console.error(`fuzz: ${join(found, name)}`);
  process.exit(code === 0 ? 0 : 1);
});
