/**
 * Writes docs/performance.md and its plots from the files of a full run: `npm run bench -- --report` makes those first.
 * No figure in that page comes from elsewhere.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "./measure.mjs";
import { plot } from "./plot.mjs";

const results = join(import.meta.dirname, "results");
const docs = join(import.meta.dirname, "../docs");
const read = (name) => JSON.parse(readFileSync(join(results, `${name}.json`), "utf8"));
const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

const WHAT = {
  retr: "RETR 1 GiB, one stream",
  retr8: "RETR, 8 streams of 256 MiB",
  stor: "STOR 1 GiB, one stream",
  stor8: "STOR, 8 streams of 256 MiB",
  "stor-disk": "STOR 1 GiB to a disk",
  smallretr: "1,000 files of 4 KiB, RETR",
  "smallretr-first": "the same, server just started",
  smallstor: "1,000 files of 4 KiB, STOR",
  "smallstor-first": "the same, server just started",
  list: "LIST of 10,000 entries",
  mlsd: "MLSD of 10,000 entries",
  login: "logins",
  pipeline: "NOOP, pipelined",
  noop: "NOOP, one at a time",
  idle: "memory at 1,000 idle sessions",
  "tls-retr": "TLS: RETR 256 MiB, one stream",
  "tls-retr8": "TLS: RETR, 8 streams of 64 MiB",
  "tls-stor": "TLS: STOR 256 MiB, one stream",
};

const servers = read("full");
const peers = [...new Set(Object.values(servers.results).flatMap((entry) => Object.keys(entry)))];

/** `0.63 (1.20x)`; x is against vsftpd, and more is better, for memory and CPU time too. */
function cell(entry, reference, pick, lessIsBetter) {
  if (entry === undefined || pick(entry).length === 0) return "-";
  const value = median(pick(entry));
  const other = reference === undefined || pick(reference).length === 0 ? undefined : median(pick(reference));
  const ratio = other === undefined ? "" : ` (${(lessIsBetter ? other / value : value / other).toFixed(2)}x)`;
  return `${Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 6 })}${ratio}`;
}

function serverRows(pick, unitOf, { lessIsBetter = () => false, scale = (value) => value } = {}) {
  return Object.entries(servers.results)
    .filter(([, entry]) => Object.values(entry).some((one) => pick(one).length > 0))
    .map(([name, entry]) => {
      const scaled = (one) => pick(one).map((value) => scale(value, name));
      const cells = peers.map((peer) => cell(entry[peer], entry.vsftpd, scaled, lessIsBetter(name)));
      return [WHAT[name] ?? name, unitOf(name), ...cells];
    });
}

const unit = (name) => servers.units[name];
const spread = (name, peer) => {
  const values = servers.results[name]?.[peer]?.values ?? [];
  return values.length === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / median(values);
};
const spreads = Object.keys(servers.results).flatMap((name) => peers.map((peer) => spread(name, peer)));
const worst = Math.round(Math.max(...spreads) * 100);
const usual = Math.round(median(spreads) * 100);

const speed = table(
  ["measure", "unit", ...peers],
  serverRows((one) => one.values, unit, { lessIsBetter: (name) => name === "idle" }),
);
const cpu = table(
  ["measure", "unit", ...peers],
  serverRows(
    (one) => one.cpus,
    (name) => (unit(name) === "GiB/s" ? "s/GiB" : "ms/operation"),
    { lessIsBetter: () => true, scale: (value, name) => (unit(name) === "GiB/s" ? value : value * 1000) },
  ),
);

const echo = read("telnet-echo").table;
const echoRows = Object.entries(echo).map(([name, { p50, p99 }]) => [name, p50, p99]);

const engineRows = Object.entries(read("telnet-engine").table).map(([name, speed]) => [name, speed.toFixed(2)]);

const startup = read("startup");
const startupRows = Object.entries(startup.table).map(([name, { ms, more }]) => [name, ms, more]);

const board = read("board");
const boardRows = Object.entries(board.table).map(([name, { middle, least, most }]) => [
  name,
  middle,
  `${least} to ${most}`,
]);

const { curves, runs } = read("curves");
mkdirSync(join(docs, "images"), { recursive: true });
const sections = curves.map((curve) => {
  const file = `images/performance-${curve.name}.svg`;
  writeFileSync(join(docs, file), plot(curve));
  const points = curve.points.map(([size, value]) => [size.toLocaleString("en-US"), value.toPrecision(3)]);
  return `### ${curve.name[0].toUpperCase()}${curve.name.slice(1)}

![${curve.y} by ${curve.x}](${file})

${table([curve.x, curve.y], points)}`;
});

writeFileSync(
  join(docs, "performance.md"),
  `# Performance

What a full run of \`npm run bench -- --report\` measured; this page and its plots are written by \`bench/report.mjs\` from
the run's own files. ${servers.cpus.length} x ${servers.cpus[0]}, ${servers.memoryGiB} GiB, Linux ${servers.kernel}, Node ${servers.node}.
${servers.note ?? ""}

## Beside other servers

The middle of ${servers.rounds} interleaved rounds; in brackets the ratio to vsftpd in the same run, where more is better
for memory and CPU time too. Between the best and the worst round of a measure lie usually ${usual} %, at the most ${worst} %.
Every server has one account, one root, files in memory, and its content is checked before it is timed; the client copies
what it receives. Porthole runs as \`porthole serve\` with its defaults: uploads whole or not at all, the jail, limits and
logging on. \`porthole-plain\` is without the [accelerator](#the-accelerator). Servers are warm: up to
6,000 operations, or 6 s of them, are not counted; large files go six times, of which the middle of the last three
counts; "just started" counts from the first operation on, when Node has compiled little of the program yet.

${speed}

Processor time of the server, all its processes and threads, also those that have ended:

${cpu}
${servers.problems.length === 0 ? "" : `\nNot measured:\n\n${[...new Set(servers.problems)].map((text) => `- ${text}`).join("\n")}\n`}
## The accelerator

Where the optional package koffi is installed, on Linux for x64 and arm64, downloads go by sendfile(2), directories are
looked through by statx(2), files are looked up and renamed in their open directory instead of by way of /proc, and
replies and small files are sent past Node's streams. \`porthole --version --verbose\` and \`server.accelerator\` tell whether it is on;
\`PORTHOLE_ACCELERATOR=off\` in the environment, or \`accelerator: false\` in the options, turns it off. The bytes are the
same with and without it.

- What is not in the page cache is read in another thread: a slow disk holds no other client up.
- What is left of a larger file goes out from another thread when the client is quick, as a C server sends it: the thread
  waits for the client, and nobody is woken for each piece. Two threads at most, by turns of a tenth of a second; others
  go on in the server's own.
- Large uploads of quick clients go by splice(2), which copies a byte once instead of twice, in threads of their own, by
  turns of a twentieth of a second: one for each processor, four at most. Uploads at the end of a file (APPE) go so only
  when there are several, and by a buffer.
- Downloads by TLS, in TYPE A, of files under 256 KiB and from stores without a file descriptor go the ordinary way: what
  is in the page cache is read at once, and what the system takes at once leaves its buffer to whoever reads next, so that
  many downloads go through the same memory, which stays in the processor's cache. While several are quick, one of them at
  a time has its next piece read in another thread.
- A file of up to 64 KiB whose data connection has come before the command goes by one send(2), without a socket of Node's.
  One that is uploaded is received so too.
- A private upload is decrypted by Node's own OpenSSL without Node's streams around it, in the server's thread.
- TLS of several transfers at once is done on several processors, where there are more than two: the option \`dataWorkers\` says by how
  many threads.

## Telnet

A key's round trip in microseconds, beside a bare Node socket in the same run; half busy is a program that computes for
10 ms of every 20. The prompt is the program's own, so a key goes to the program's thread and back.

${table(["", "p50", "p99"], echoRows)}

What the engine carries, in GB/s, in chunks of 64 KiB:

${table(["", "GB/s"], engineRows)}

## Start-up

Milliseconds from the start of the process to its end, or to the line that is named; the middle of ${startup.runs} runs, and how
much more that is than a bare Node's.

${table(["", "ms", "more than Node"], startupRows)}

## Board

The middle and the range of ${board.runs} boards, over the raw port.

${table(["", "middle", "range"], boardRows)}

## As the work grows

The middle of ${runs} runs. Both axes are logarithmic; the dashed line is linear growth through the last point.

${sections.join("\n\n")}
`,
);
console.error("wrote docs/performance.md");
