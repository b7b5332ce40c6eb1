// Measures Porthole's FTP beside other servers, in one interleaved run: `npm run bench`, `npm run bench -- --help`.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { client, idleMemory, median } from "./measure.mjs";
import { installPeers, PASSWORD, PEERS, startPeer, USER } from "./peers.mjs";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    peers: { type: "string" },
    only: { type: "string" },
    json: { type: "string" },
    disk: { type: "string" },
    realtime: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    inside: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (flags.help) {
  console.log(`usage: npm run bench -- [options]

  --quick          small sizes, one round, only vsftpd and Porthole: under a minute
  --rounds N       interleaved rounds (3; --quick: 1)
  --peers a,b      which servers: ${Object.keys(PEERS).join(", ")}
  --only a,b       which measures: ${Object.keys(measures(true)).join(", ")}
  --json FILE      where the figures go (bench/results/latest.json)
  --disk DIR       a directory on a real disk, for stor-disk
  --realtime       scheduled before everything else (SCHED_RR): steadier ratios on a machine that does other work too
  --report         then the other measures, and docs/performance.md from all of them

Runs as root in a network and mount namespace of its own, where it can bind accounts and choose the congestion control;
elsewhere it says what it leaves out.`);
  process.exit(0);
}

/** What a report needs beside this, and how many minutes each takes. */
const FURTHER = [
  ["telnet-echo", 2],
  ["telnet-engine", 0.2],
  ["startup", 0.2],
  ["board", 0.2],
  ["curves", 5],
];

const here = import.meta.dirname;
const quick = flags.quick;

if (!flags.inside) {
  installPeers();
  execFileSync("npm", ["run", "-s", "build"], { cwd: join(here, ".."), stdio: "inherit" });
  if (process.getuid?.() !== 0) {
    console.error("needs root: it makes a network and mount namespace of its own, and an account in it");
    process.exit(1);
  }
  const program = [process.execPath, import.meta.filename, ...process.argv.slice(2), "--inside"];
  const scheduled = flags.realtime ? ["chrt", "--rr", "1", ...program] : program;
  const full = join(here, "results/full.json");
  if (flags.report) scheduled.push("--json", full);
  const { status } = spawnSync("unshare", ["-m", "-n", "--", ...scheduled], { stdio: "inherit" });
  if (flags.report && status === 0) {
    const prefix = flags.realtime ? ["chrt", "--rr", "1"] : [];
    for (const [place, [name, minutes]] of FURTHER.entries()) {
      console.error(`report ${place + 2}/${FURTHER.length + 1}: ${name}, about ${minutes} minutes`);
      const results = join(here, `results/${name}.json`);
      const [command, ...rest] = [...prefix, process.execPath, join(here, `${name}.mjs`), "--json", results];
      execFileSync(command, rest, { stdio: "inherit" });
    }
    execFileSync(process.execPath, [join(here, "report.mjs")], { stdio: "inherit" });
  }
  process.exit(status ?? 1);
}

/** name → what client.py is told, which figure it gives and what is better. */
function measures(small) {
  const size = small ? "64m" : "1g";
  const bytes = small ? 64 << 20 : 1 << 30;
  const count = small ? 200 : 1000;
  const entries = small ? 2000 : 10_000;
  return {
    retr: { args: ["retr", `file=${size}`], unit: "GiB/s" },
    retr8: { args: ["retr", "file=256m", "streams=8"], unit: "GiB/s" },
    stor: { args: ["stor", `size=${bytes}`], unit: "GiB/s" },
    stor8: { args: ["stor", `size=${256 << 20}`, "streams=8"], unit: "GiB/s" },
    "stor-disk": { args: ["stor", `size=${bytes}`], unit: "GiB/s", disk: true },
    smallretr: { args: ["smallretr", `count=${count}`], unit: "files/s" },
    smallstor: { args: ["smallstor", `count=${count}`], unit: "files/s" },
    "smallretr-first": { args: ["smallretr", `count=${count}`, "warm=0"], unit: "files/s" },
    "smallstor-first": { args: ["smallstor", `count=${count}`, "warm=0"], unit: "files/s" },
    list: { args: ["listing", "verb=LIST", "dir=many", `count=${entries}`], unit: "lists/s" },
    mlsd: { args: ["listing", "verb=MLSD", "dir=many", `count=${entries}`], unit: "lists/s" },
    login: { args: ["login", `count=${small ? 30 : 200}`], unit: "logins/s" },
    pipeline: { args: ["pipeline", `count=${small ? 5000 : 50_000}`], unit: "commands/s" },
    noop: { args: ["noop", `count=${small ? 1000 : 10_000}`], unit: "commands/s" },
    idle: { args: ["idle", `count=${small ? 100 : 1000}`], unit: "MiB PSS" },
    "tls-retr": { args: ["retr", "file=256m", "tls=1"], unit: "GiB/s", tls: true },
    "tls-retr8": { args: ["retr", "file=64m", "streams=8", "tls=1"], unit: "GiB/s", tls: true },
    "tls-stor": { args: ["stor", `size=${256 << 20}`, "tls=1"], unit: "GiB/s", tls: true },
  };
}

function chosen(text, all, fallback) {
  if (text === undefined) return fallback;
  const names = text.split(",");
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(", ")}; there are ${all.join(", ")}`);
    process.exit(2);
  }
  return names;
}

const table = measures(quick);
const peers = chosen(flags.peers, Object.keys(PEERS), quick ? ["vsftpd", "porthole"] : Object.keys(PEERS));
const wanted = chosen(
  flags.only,
  Object.keys(table),
  Object.keys(table).filter((name) => !table[name].tls && (name !== "stor-disk" || flags.disk !== undefined)),
);
const rounds = Number(flags.rounds ?? (quick ? 1 : 3));

// --- the stage: loopback alone, an account that exists only here, files in memory
execFileSync("ip", ["link", "set", "lo", "up"]);
try {
  execFileSync("sysctl", ["-q", "-w", "net.ipv4.tcp_congestion_control=reno"], { stdio: "ignore" });
} catch {
  console.error("congestion control stays as it is");
}
const stage = mkdtempSync("/dev/shm/porthole-bench-");
const run = mkdtempSync("/tmp/porthole-bench-");
process.on("exit", () => {
  rmSync(stage, { recursive: true, force: true });
  rmSync(run, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

bindAccount();
prepareFiles(stage);

/** Gives this mount namespace an account `bench` and PAM services that know it. */
function bindAccount() {
  const hash = execFileSync("openssl", ["passwd", "-1", "-salt", "porthole", PASSWORD], { encoding: "utf8" }).trim();
  const files = {
    passwd: `${readFileSync("/etc/passwd", "utf8")}${USER}:x:0:0::${stage}:/bin/sh\n`,
    shadow: `${readFileSync("/etc/shadow", "utf8")}${USER}:${hash}:19000:0:99999:7:::\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(run, name), text, { mode: 0o600 });
    execFileSync("mount", ["--bind", join(run, name), `/etc/${name}`]);
  }
  const pam = join(run, "pam.d");
  cpSync("/etc/pam.d", pam, { recursive: true });
  for (const service of ["vsftpd", "ftp", "pure-ftpd"]) {
    writeFileSync(join(pam, service), "auth required pam_unix.so\naccount required pam_unix.so\n");
  }
  execFileSync("mount", ["--bind", pam, "/etc/pam.d"]);
}

function prepareFiles(root) {
  const block = execFileSync("head", ["-c", String(1 << 20), "/dev/urandom"], { maxBuffer: 2 << 20 });
  const sizes = quick ? { "64m": 64, "256m": 256 } : { "64m": 64, "256m": 256, "1g": 1024 };
  for (const [name, mebibytes] of Object.entries(sizes)) {
    for (let i = 0; i < mebibytes; i++) writeFileSync(join(root, name), block, { flag: "a" });
  }
  mkdirSync(join(root, "small"));
  for (let i = 0; i < 1000; i++) writeFileSync(join(root, "small", `f${i}`), block.subarray(0, 4096));
  mkdirSync(join(root, "many"));
  const entries = quick ? 2000 : 10_000;
  for (let i = 0; i < entries; i++) writeFileSync(join(root, "many", `entry-${i}.txt`), "");
}

function certificate() {
  const file = join(run, "certificate.pem");
  execFileSync(
    "sh",
    [
      "-c",
      `openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=localhost && cat k.pem c.pem > ${file}`,
    ],
    { cwd: run, stdio: "ignore" },
  );
  return file;
}

/** One measure of one peer: `{ value, cpu }`, higher is better but for memory. */
async function measureOnce(name, port, root, server) {
  const { args, unit } = table[name];
  if (args[0] === "idle") {
    return { value: await idleMemory(port, root, server.pid, args, quick ? 500 : undefined), cpu: undefined };
  }
  const [kind, ...options] = args;
  let before = 0;
  const begins = () => {
    before = server.cpuSeconds();
  };
  const warmth = quick ? [kind, "warm=1", ...options] : args;
  const { seconds, bytes, operations, times = 1 } = await client(port, root, warmth, begins);
  const spent = server.cpuSeconds() - before;
  const amount = unit === "GiB/s" ? bytes / (1 << 30) : operations;
  return { value: amount / seconds, cpu: spent / times / amount };
}

// --- the rounds
const results = {};
const problems = [];
let port = 21_000;
const total = rounds * wanted.length * peers.length;
const startedAt = performance.now();
let done = 0;

/** One line for each figure, with how far it is and how long the rest is going to take. */
function tellProgress(round, name, peer, what) {
  done++;
  const left = ((performance.now() - startedAt) / done) * (total - done);
  const rest = left < 90_000 ? `${Math.ceil(left / 1000)} s` : `${Math.ceil(left / 60_000)} min`;
  process.stderr.write(`[${done}/${total}, ${rest} left] round ${round + 1} ${name} ${peer}: ${what}\n`);
}

if (flags.report) {
  console.error(`report 1/${FURTHER.length + 1}: ${total} figures, about ${Math.ceil(total / 6)} minutes`);
}
for (let round = 0; round < rounds; round++) {
  for (const name of wanted) {
    for (const peer of peers) {
      if (table[name].disk && peer === "pure-ftpd") {
        const why = "it serves the home of its account, which is in memory";
        problems.push(`${name} ${peer}: ${why}`);
        tellProgress(round, name, peer, why);
        continue;
      }
      const root = table[name].disk ? mkdtempSync(join(flags.disk ?? "/var/tmp", "porthole-bench-")) : stage;
      port++;
      let server;
      try {
        server = await startPeer(peer, { port, root, run, certificate: table[name].tls ? certificate() : undefined });
        const [kind] = table[name].args;
        // Other bytes would make the fastest server of the one that sends the fewest.
        if (round === 0 && (kind === "retr" || kind === "stor")) {
          const verify =
            kind === "retr" ? table[name].args : ["stor", `size=${32 << 20}`, ...(table[name].tls ? ["tls=1"] : [])];
          await client(port, root, [...verify, "verify=1"]);
        }
        const { value, cpu } = await measureOnce(name, port, root, server);
        results[name] ??= {};
        results[name][peer] ??= { values: [], cpus: [] };
        const entry = results[name][peer];
        entry.values.push(value);
        if (cpu !== undefined) entry.cpus.push(cpu);
        tellProgress(round, name, peer, `${value.toFixed(2)} ${table[name].unit}`);
      } catch (error) {
        problems.push(`${name} ${peer}: ${error.message}`);
        tellProgress(round, name, peer, error.message);
      } finally {
        await server?.stop();
        if (root !== stage) rmSync(root, { recursive: true, force: true });
      }
    }
  }
}

// --- what it says
const lines = [`| measure | unit | ${peers.join(" | ")} |`, `| --- | --- | ${peers.map(() => "---").join(" | ")} |`];
for (const name of wanted) {
  const reference = results[name]?.vsftpd;
  const cells = peers.map((peer) => {
    const entry = results[name]?.[peer];
    if (entry === undefined) return "-";
    const value = median(entry.values);
    const spread = `${Math.min(...entry.values).toPrecision(3)}-${Math.max(...entry.values).toPrecision(3)}`;
    const ratio = reference === undefined ? "" : ` (${(value / median(reference.values)).toFixed(2)}x)`;
    const cpu = entry.cpus.length === 0 ? "" : `, cpu ${median(entry.cpus).toPrecision(2)}`;
    return `${value.toPrecision(3)}${ratio}${rounds > 1 ? ` [${spread}]` : ""}${cpu}`;
  });
  lines.push(`| ${name} | ${table[name].unit} | ${cells.join(" | ")} |`);
}
console.log(`${cpus().length} x ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${rounds} rounds
(medians; ratio to vsftpd in the same run; cpu: server CPU seconds a GiB or an operation)
`);
console.log(lines.join("\n"));
if (problems.length > 0) console.log(`\nnot measured:\n${[...new Set(problems)].join("\n")}`);

const file = flags.json ?? join(here, "results/latest.json");
mkdirSync(join(file, ".."), { recursive: true });
const units = Object.fromEntries(wanted.map((name) => [name, table[name].unit]));
const facts = {
  node: process.version,
  kernel: release(),
  cpus: cpus().map(({ model }) => model),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  note: flags.realtime
    ? "The machine did other work meanwhile; client and servers ran before it (SCHED_RR), which keeps the ratios steady, not the figures."
    : undefined,
  rounds,
  quick,
  units,
  results,
  problems,
};
writeFileSync(file, `${JSON.stringify(facts, null, 1)}\n`);
