// The load itself; `bench/soak.mjs` starts it and watches over it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openBoard } from "./board.mjs";
import { openProgram } from "./program.mjs";
import { report } from "./report.mjs";
import { createChance, createTally } from "./tally.mjs";

const SAMPLE_MS = 5_000;
const PROBE_MS = 5 * 60_000;
const SETTLE_MS = 8_000;

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    transfers: { type: "string", default: "2" },
    rest: { type: "string", default: "0.5" },
    memory: { type: "string", default: "16M" },
    only: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    json: { type: "string" },
  },
});

const tally = createTally();
const folder = mkdtempSync(join(tmpdir(), "porthole-soak-"));
const deadline = tally.begun + Number(flags.minutes) * 60_000;
const goOn = () => !tally.ending && Date.now() < deadline;
const chance = createChance(Number(flags.seed));
const rest = async (times = 1) => {
  if (goOn()) await sleep(chance.between(0.5, 1.5) * Number(flags.rest) * 1_000 * times);
};

for (const kind of ["uncaughtException", "unhandledRejection"]) {
  process.on(kind, (error) => tally.problem(`${kind}: ${error?.stack ?? error}`));
}
process.on("exit", (code) => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  if (code > 1) console.error(`the load ends with ${code}`);
});
function end() {
  if (tally.ending) process.exit(1);
  tally.ending = true;
  console.error("ending; once more to end at once");
}
process.on("SIGINT", end);
process.on("disconnect", () => {
  if (!tally.ending) end();
});

console.error(`seed ${flags.seed}`);
const given = { folder, flags, tally, chance, goOn, rest };
const hosts = [];
if (flags.only !== "program") hosts.push(await openBoard(given));
if (flags.only !== "board") hosts.push(await openProgram(given));

await sleep(2_000);
for (const { watched } of hosts) {
  watched.sample();
  watched.atStart = { ...(await watched.probe()), kinds: watched.kindsOfDescriptors() };
}
let lastMinute = 0;
const sampler = setInterval(() => {
  for (const { watched } of hosts) {
    try {
      watched.sample();
    } catch (error) {
      tally.problem(`the ${watched.name} is gone: ${error.message}`);
      tally.ending = true;
    }
  }
  const minute = Math.floor((Date.now() - tally.begun) / 60_000);
  if (minute === lastMinute) return;
  lastMinute = minute;
  const held = hosts.map(({ watched: { name, samples } }) => {
    const { residentMB, descriptors, threads } = samples.at(-1);
    return `${name} ${residentMB.toFixed(0)} MB, ${descriptors} descriptors, ${threads} threads`;
  });
  console.error(`${minute} min: ${tally.total()} done, ${tally.errorCount} errors; ${held.join("; ")}`);
}, SAMPLE_MS);
const prober = setInterval(() => {
  for (const { watched } of hosts) watched.probe().catch(() => {});
}, PROBE_MS);

await Promise.all(hosts.flatMap((host) => host.work()));
clearInterval(sampler);
clearInterval(prober);
const workedSeconds = (Date.now() - tally.begun) / 1_000;
tally.ending = true;

// Everybody has left: it should hold what it held at the start.
await sleep(SETTLE_MS);
for (const { watched } of hosts) {
  try {
    watched.atEnd = { ...(await watched.probe()), ...watched.sample(), kinds: watched.kindsOfDescriptors() };
  } catch (error) {
    tally.problem(`the ${watched.name} is gone: ${error.message}`);
  }
}
for (const host of hosts) await host.close();
const { text, figures } = report({ hosts, tally, workedSeconds });
console.log(text);
if (flags.json !== undefined) {
  const watched = hosts.map(({ watched: { name, samples, heaps } }) => ({ name, samples, heaps }));
  writeFileSync(flags.json, `${JSON.stringify({ figures, errors: tally.errors, watched }, null, 1)}\n`);
}
process.exit(tally.errorCount === 0 ? 0 : 1);
