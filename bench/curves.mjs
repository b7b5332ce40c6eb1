/**
 * What Porthole costs as the work grows: `npm run build && node bench/curves.mjs --json FILE`. Linux only.
 *
 * Each curve is measured with a server of its own, in memory, the middle of three runs.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { client, idleMemory } from "./measure.mjs";
import { startPeer } from "./peers.mjs";

const { values: flags } = parseArgs({ options: { json: { type: "string" } } });
const RUNS = 3;
const root = mkdtempSync("/dev/shm/porthole-curves-");
const run = mkdtempSync("/tmp/porthole-curves-");
process.on("exit", () => {
  rmSync(root, { recursive: true, force: true });
  rmSync(run, { recursive: true, force: true });
});
spawnSync("prlimit", ["--pid", String(process.pid), "--nofile=16384:16384"]);

let port = 26_000 + (process.pid % 1000);

/** The middle of three: `measure` gets the server's port and process, and gives a number. */
async function middle(measure) {
  const values = [];
  for (let i = 0; i < RUNS; i++) {
    const server = await startPeer("porthole", { port: ++port, root, run });
    try {
      values.push(await measure(server.pid));
    } finally {
      await server.stop();
    }
  }
  return values.sort((a, b) => a - b)[1];
}

/** `each` prepares one size of the work and gives the measure and what takes it away again. */
async function curve(name, x, y, sizes, each) {
  const points = [];
  for (const size of sizes) {
    const { measure, clean } = await each(size);
    const value = await middle(measure);
    clean?.();
    points.push([size, value]);
    process.stderr.write(`${name} ${size}: ${value.toPrecision(3)} ${y}\n`);
  }
  return { name, x, y, points };
}

const seconds = (args) => async () => {
  const told = await client(port, root, args);
  return (told.seconds / (told.operations ?? 1)) * 1000;
};

const curves = [
  await curve("sessions", "idle sessions", "MiB PSS", [1, 10, 100, 500, 1000, 2000], async (count) => ({
    measure: (pid) => idleMemory(port, root, pid, ["idle", `count=${count}`]),
  })),
  await curve("entries", "entries listed (MLSD)", "ms", [10, 100, 1000, 10_000, 100_000], async (count) => {
    const directory = join(root, "entries");
    mkdirSync(directory);
    for (let i = 0; i < count; i++) writeFileSync(join(directory, `entry-${i}`), "");
    return {
      measure: seconds(["listing", "verb=MLSD", "dir=entries", `count=${count}`]),
      clean: () => rmSync(directory, { recursive: true }),
    };
  }),
  await curve("streams", "downloads of 128 MiB at once", "ms", [1, 2, 4, 8, 16, 32], async (count) => {
    writeFileSync(join(root, "stream"), Buffer.alloc(128 << 20, "porthole"));
    return { measure: seconds(["retr", "file=stream", `streams=${count}`]) };
  }),
  await curve(
    "size",
    "bytes of one download",
    "ms",
    [1024, 65_536, 1_048_576, 16_777_216, 268_435_456, 4_294_967_296],
    async (size) => {
      writeFileSync(join(root, "sized"), "");
      truncateSync(join(root, "sized"), size);
      return { measure: seconds(["retr", "file=sized"]) };
    },
  ),
  await curve("depth", "directories on the way to a file of 4 KiB", "ms", [0, 2, 4, 8, 16, 32], async (depth) => {
    const at = join(root, "small", ...Array.from({ length: depth }, () => "d"));
    mkdirSync(at, { recursive: true });
    for (let i = 0; i < 500; i++) writeFileSync(join(at, `f${i}`), Buffer.alloc(4096));
    return { measure: seconds(["smallretr", "count=500", `dir=small${"/d".repeat(depth)}`]) };
  }),
];

for (const { name, x, y, points } of curves) {
  console.log(`\n${name}: ${x}, ${y}\n${points.map(([size, value]) => `${size}\t${value.toPrecision(3)}`).join("\n")}`);
}
if (flags.json !== undefined) {
  mkdirSync(dirname(flags.json), { recursive: true });
  writeFileSync(flags.json, `${JSON.stringify({ node: process.version, runs: RUNS, curves }, null, 1)}\n`);
}
