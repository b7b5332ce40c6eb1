// The table at the end, as Markdown for docs/reliability.md.
import { cpus } from "node:os";
import { slopeAnHour } from "./watched.mjs";

const EACH_SECONDS = 300;

const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const megabytes = (value) => (value === undefined ? "not told" : `${value.toFixed(1)} MB`);

function held({ name, samples, heaps, atStart, atEnd }) {
  const start = samples[0];
  const end = samples.at(-1);
  const largest = (field) => Math.max(...samples.map((one) => one[field]));
  const half = end.seconds / 2;
  const slope = (list, field) => {
    const value = slopeAnHour(list, field, half);
    return value === undefined ? "too short to say" : `${value.toFixed(1)} MB an hour`;
  };
  const nowAndThen = samples
    .filter(
      ({ seconds }, at) =>
        at > 0 && Math.floor(seconds / EACH_SECONDS) > Math.floor(samples[at - 1].seconds / EACH_SECONDS),
    )
    .map(({ residentMB }) => residentMB.toFixed(0));
  const cpu = ((end.cpuSeconds - start.cpuSeconds) / (end.seconds - start.seconds)) * 100;
  const rows = {
    "processor load": `${cpu.toFixed(0)} % of a core`,
    "resident memory": `start ${start.residentMB.toFixed(0)} MB, largest ${largest("residentMB").toFixed(0)} MB, end ${end.residentMB.toFixed(0)} MB`,
    "resident memory every five minutes": nowAndThen.join(", ") || "too short to say",
    "resident memory, slope of the second half": slope(samples, "residentMB"),
    "heaps of all threads after garbage collection": `start ${megabytes(atStart?.heapMB)}, end ${megabytes(atEnd?.heapMB)}`,
    "heaps, slope of the second half": slope(heaps, "heapMB"),
    "memory outside of the heaps": `start ${megabytes(atStart?.externalMB)}, end ${megabytes(atEnd?.externalMB)}`,
    descriptors: `start ${start.descriptors}, largest ${largest("descriptors")}, end ${end.descriptors}`,
    threads: `start ${start.threads}, largest ${largest("threads")}, end ${end.threads}`,
  };
  return {
    name,
    rows,
    more: end.descriptors > start.descriptors ? { start: atStart?.kinds, end: atEnd?.kinds } : undefined,
  };
}

export function report({ hosts, tally, workedSeconds }) {
  const all = {
    machine: `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}`,
    minutes: (workedSeconds / 60).toFixed(1),
    "things done": `${tally.total()}, ${(tally.total() / workedSeconds).toFixed(1)} a second`,
    "carried by FTP": `${(tally.bytes() / 1e9).toFixed(2)} GB, every file compared`,
    errors: tally.errorCount,
  };
  const parts = hosts.map((host) => {
    const one = held(host.watched);
    return { ...one, rows: { ...one.rows, ...host.figures?.() } };
  });
  const text = [
    table(["measure", "figure"], Object.entries(all)),
    table(
      ["what was done", "times", "cut off by a restart", "a second", "MB", "ms on average", "ms at most"],
      tally.rows(workedSeconds),
    ),
    table(["how long it took", "times", "median ms", "99 % ms", "most ms"], tally.timeRows()),
    ...parts.map(({ name, rows }) => table([`the ${name}`, "figure"], Object.entries(rows))),
    ...parts.filter(({ more }) => more !== undefined).map(({ name, more }) => `${name}: ${JSON.stringify(more)}`),
    ...tally.errors.map((error) => `- ${error}`),
  ].join("\n\n");
  const figures = { ...all, done: tally.rows(workedSeconds), times: tally.timeRows(), hosts: parts };
  return { text, figures };
}
