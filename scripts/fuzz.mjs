// npm run fuzz -- [--minutes N] [--runs N] [--seed N] [part of a test's name]
// Each target in test/fuzz/ goes on for N minutes (default 10), or for N runs. A found case is told with its seed and
// bytes: with `--seed S --runs 1` it comes again, and then it becomes a transcript or a test.
import { spawnSync } from "node:child_process";

const args = process.argv.slice(2);
const option = (name) => {
  const at = args.indexOf(`--${name}`);
  if (at < 0) return undefined;
  const [, value] = args.splice(at, 2);
  if (!/^\d+(\.\d+)?$/.test(value ?? "")) {
    console.error(`fuzz: --${name} needs a number`);
    process.exit(1);
  }
  return value;
};
const [minutes, runs, seed] = ["minutes", "runs", "seed"].map(option);
const { status } = spawnSync(
  "npx",
  ["vitest", "run", "test/fuzz", "--disable-console-intercept", ...(args.length === 0 ? [] : ["-t", args.join(" ")])],
  {
    stdio: "inherit",
    env: {
      ...process.env,
      FUZZ_SEED: seed ?? String(Date.now() % 2 ** 31),
      ...(runs === undefined ? { FUZZ_MINUTES: minutes ?? "10" } : { FUZZ_RUNS: runs }),
    },
  },
);
process.exit(status ?? 1);
