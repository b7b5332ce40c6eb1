// A board under load for minutes, with real clients on it: `npm run soak`, `npm run soak -- --help`.
import { spawn } from "node:child_process";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { spawn as spawnTerminal } from "@lydell/node-pty";
import { Client } from "basic-ftp";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    transfers: { type: "string", default: "3" },
    memory: { type: "string", default: "16M" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (flags.help) {
  console.log(`usage: npm run soak -- [options]

  --minutes N      how long (10)
  --transfers N    FTP clients at once (3)
  --memory SIZE    the board's --memory (16M)
  --json FILE      the figures as JSON too

Runs \`porthole board\` on a terminal. A telnet client logs in again and again: it runs a loop that allocates, interrupts
it, imports a module that it has just sent by FTP, resets the board, and leaves in different ways; between its visits the
terminal itself runs such a loop. FTP clients (curl and basic-ftp) send files, read them again and compare them. Ends
with 1 when anything was not as it should be. Needs telnet and curl, and Linux for the figures from /proc.`);
  process.exit(0);
}

const PORTHOLE = join(import.meta.dirname, "../dist/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "porthole-soak-"));
const flash = join(folder, "flash");
mkdirSync(flash);
mkdirSync(join(folder, "sd"));
writeFileSync(
  join(flash, "load.py"),
  `rounds = 0
def allocate():
    global rounds
    while True:
        block = bytearray(20000)
        words = [str(n) for n in range(200)]
        rounds += 1
`,
);
const BYTES_A_ROUND = 20_000;

const errors = [];
const problem = (what) => {
  errors.push(`${Math.round((Date.now() - begun) / 1000)} s: ${what}`);
  console.error(`! ${errors.at(-1)}`);
};

/** A terminal that is read as text: `until` waits for the next match and drops everything up to it. */
function terminal(command, args) {
  const child = spawnTerminal(command, args, { cols: 100, rows: 30 });
  let text = "";
  let look = () => {};
  let over = false;
  child.onData((piece) => {
    text += piece;
    look();
  });
  child.onExit(() => {
    over = true;
    look();
  });
  return {
    child,
    type: (keys) => {
      if (!over) child.write(keys);
    },
    until(pattern, milliseconds = 20_000) {
      return new Promise((found, failed) => {
        const timer = setTimeout(() => {
          failed(new Error(`${command} never showed ${pattern}, but ${JSON.stringify(text.slice(-300))}`));
        }, milliseconds);
        look = () => {
          const match = pattern.exec(text);
          if (match !== null) {
            text = text.slice(match.index + match[0].length);
            clearTimeout(timer);
            look = () => {};
            found(match);
          } else if (over) {
            clearTimeout(timer);
            failed(new Error(`${command} ended before ${pattern}: ${JSON.stringify(text.slice(-300))}`));
          } else if (text.length > 4 << 20) text = text.slice(-(1 << 20));
        };
        look();
      });
    },
    kill() {
      if (!over) child.kill("SIGKILL");
    },
  };
}

const run = (command, args) =>
  new Promise((ended, failed) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (bytes) => {
      complaint += bytes;
    });
    child.on("error", failed);
    child.on("close", (code) => (code === 0 ? ended() : failed(new Error(`${command}: ${code} ${complaint.trim()}`))));
  });

const quantile = (values, part) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0;

// The board.
const logFile = join(folder, "log");
const boardFlags = [
  "--flash",
  flash,
  "--sd",
  join(folder, "sd"),
  "--memory",
  flags.memory,
  "--json",
  "--log-level=info",
];
const ports = ["--telnet", "127.0.0.1:0", "--ftp", "127.0.0.1:0"];
const words = [process.execPath, PORTHOLE, "board", ...ports, ...boardFlags];
const begun = Date.now();
const local = terminal("/bin/sh", ["-c", 'exec "$@" 2>"$0"', logFile, ...words]);
await local.until(/>>> $/);
const pid = local.child.pid;
const log = () =>
  readFileSync(logFile, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
const portOf = (service) => log().find((event) => event.event === "listening" && event.service === service).port;
const telnetPort = String(portOf("telnet"));
const ftpPort = portOf("ftp");

// What the process holds.
const samples = [];
function sample() {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  samples.push({
    seconds: Math.round((Date.now() - begun) / 1000),
    residentMB: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    threads: Number(/Threads:\s+(\d+)/.exec(status)[1]),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
  });
  return samples.at(-1);
}
const kindsOfDescriptors = () => {
  const kinds = {};
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const kind = readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:?\[.*|\/.*\//, "");
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    } catch {
      // Closed meanwhile.
    }
  }
  return kinds;
};

const counts = {
  "telnet sessions": 0,
  "of them cut off without a goodbye": 0,
  "of them sent away from the terminal": 0,
  interrupts: 0,
  "soft resets": 0,
  "machine.reset()": 0,
  "modules sent and imported": 0,
  "files sent and read again": 0,
};
let allocatedBytes = 0;
let transferredBytes = 0;
const interruptTimes = [];
const resetTimes = [];
const pythonHeaps = [];

let ending = false;
const deadline = begun + Number(flags.minutes) * 60_000;
const goOn = () => !ending && Date.now() < deadline;

/** Types a line and gives what Python printed between two marks of its own. */
async function ask(term, expression) {
  term.type(`print('<'+'<', ${expression}, '>'+'>')\r`);
  return (await term.until(/<< (.*?) >>[\s\S]*?>>> $/))[1];
}

async function interrupt(term) {
  const at = performance.now();
  term.type("\x03");
  await term.until(/KeyboardInterrupt[\s\S]*?>>> $/);
  interruptTimes.push(performance.now() - at);
  counts.interrupts++;
}

async function reset(term, keys, count) {
  const at = performance.now();
  term.type(keys);
  await term.until(/MPY: soft reboot|MPY: hard reboot|MicroPython v1/);
  await term.until(/>>> $/);
  resetTimes.push(performance.now() - at);
  counts[count]++;
}

async function telnetVisit(number) {
  const remote = terminal("telnet", ["127.0.0.1", telnetPort]);
  try {
    await remote.until(/Login as:/);
    remote.type("micro\r");
    await remote.until(/Password:/);
    remote.type("python\r");
    await remote.until(/for more information/);
    counts["telnet sessions"]++;
    // The terminal's loop runs on in every second visit: whoever comes ends it.
    remote.type("\x03");
    await remote.until(/>>> $/);
    await remote.until(/>>> $/, 500).catch(() => {});
    const name = `m${number}`;
    const client = new Client();
    try {
      await client.access({ host: "127.0.0.1", port: ftpPort, user: "micro", password: "python" });
      writeFileSync(join(folder, "module.py"), `VALUE = ${number} * 7\n`);
      await client.uploadFrom(join(folder, "module.py"), `/flash/${name}.py`);
      if ((await ask(remote, `__import__('${name}').VALUE`)) !== String(number * 7))
        problem(`${name} was not imported`);
      await client.remove(`/flash/${name}.py`);
      counts["modules sent and imported"]++;
    } finally {
      client.close();
    }
    for (let time = 0; time < 2; time++) {
      remote.type("import load; load.allocate()\r");
      await remote.until(/allocate\(\)\r?\n/);
      await sleep(randomInt(200, 1500));
      await interrupt(remote);
    }
    allocatedBytes += Number(await ask(remote, "load.rounds")) * BYTES_A_ROUND;
    const heap = await ask(remote, "(__import__('gc').collect(), __import__('gc').mem_alloc())[1]");
    pythonHeaps.push(Number(heap));
    if (number % 10 === 9) await reset(remote, "import machine; machine.reset()\r", "machine.reset()");
    else await reset(remote, "\x04", "soft resets");
    if ((await ask(remote, "6 * 7")) !== "42") problem("6 * 7 is not 42 after a reset");
    const goodbye = number % 3;
    if (goodbye === 0) {
      remote.type("\x1d");
      await remote.until(/telnet> $/);
      remote.type("quit\r");
    } else if (goodbye === 1) {
      local.type("\x14");
      counts["of them sent away from the terminal"]++;
    } else {
      remote.kill();
      counts["of them cut off without a goodbye"]++;
    }
    await local.until(/(?:Telnet\][^\n]*\n[\s\S]*)>>> /);
  } finally {
    remote.kill();
  }
}

async function visits() {
  for (let number = 0; goOn(); number++) {
    try {
      if (number % 2 === 1) {
        local.type("import load; load.allocate()\r");
        await sleep(randomInt(200, 1500));
      }
      await telnetVisit(number);
    } catch (error) {
      problem(`telnet visit ${number}: ${error.message}`);
      await sleep(2000);
      local.type("\x14\x03");
      await sleep(1000);
    }
  }
}

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function transfers(worker) {
  const sent = join(folder, `sent${worker}`);
  const got = join(folder, `got${worker}`);
  const directory = ["flash", "sd"][worker % 2];
  const url = `ftp://micro:python@127.0.0.1:${ftpPort}/${directory}/t${worker}.bin`;
  for (let number = 0; goOn(); number++) {
    const bytes = randomBytes([0, 1, 1000, 65_536, 300_000, 4_000_000][randomInt(6)]);
    writeFileSync(sent, bytes);
    try {
      if (worker % 2 === 0) {
        await run("curl", ["-sS", "-T", sent, url]);
        await run("curl", ["-sS", "-o", got, ...(bytes.length === 0 ? ["--create-file-mode", "0644"] : []), url]);
        await run("curl", ["-sS", "-o", "/dev/null", "-Q", `-DELE /${directory}/t${worker}.bin`, url]);
      } else {
        const client = new Client();
        try {
          await client.access({ host: "127.0.0.1", port: ftpPort, user: "micro", password: "python" });
          for (let time = 0; time < 4; time++) {
            await client.uploadFrom(sent, `/${directory}/t${worker}.bin`);
            await client.list(`/${directory}`);
            await client.downloadTo(got, `/${directory}/t${worker}.bin`);
          }
          transferredBytes += 6 * bytes.length;
          counts["files sent and read again"] += 3;
          await client.remove(`/${directory}/t${worker}.bin`);
        } finally {
          client.close();
        }
      }
      if (bytes.length > 0 && hash(readFileSync(got)) !== hash(bytes)) problem(`t${worker}.bin came back different`);
      transferredBytes += (worker % 2 === 0 ? 3 : 2) * bytes.length;
      counts["files sent and read again"]++;
    } catch (error) {
      problem(`transfer ${number} of client ${worker}: ${error.message}`);
      await sleep(1000);
    }
    await sleep(randomInt(20, 200));
  }
}

await sleep(1000);
const start = sample();
const startKinds = kindsOfDescriptors();
const sampler = setInterval(() => {
  try {
    const { seconds, residentMB, descriptors } = sample();
    if (seconds % 60 < 5) console.error(`${seconds} s: ${residentMB.toFixed(0)} MB, ${descriptors} descriptors`);
  } catch (error) {
    ending = true;
    problem(`the board is gone: ${error.message}`);
  }
}, 5000);
await Promise.all([visits(), ...Array.from({ length: Number(flags.transfers) }, (_, worker) => transfers(worker))]);
clearInterval(sampler);

// Everybody has left: it should hold what it held at the start.
await sleep(5000);
let end = start;
let endKinds = {};
try {
  end = sample();
  endKinds = kindsOfDescriptors();
} catch (error) {
  problem(`the board is gone: ${error.message}`);
}
for (const event of log()) if (event.level === "error" || event.level >= 50) problem(`log: ${JSON.stringify(event)}`);
const gone = new Promise((done) => local.child.onExit(({ exitCode }) => done(exitCode)));
local.type("\x1d");
const exitCode = await Promise.race([gone, sleep(10_000, "none")]);
if (exitCode !== 0) problem(`the command ended with ${exitCode}`);
local.kill();
rmSync(folder, { recursive: true, force: true });

const minute = samples.find(({ seconds }) => seconds >= 60) ?? end;
const largest = (field) => Math.max(...samples.map((one) => one[field]));
const spanSeconds = end.seconds - start.seconds;
const milliseconds = (values, part) => Math.round(quantile(values, part));
const figures = {
  machine: `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}`,
  minutes: +(spanSeconds / 60).toFixed(1),
  "processor load": `${(((end.cpuSeconds - start.cpuSeconds) / spanSeconds) * 100).toFixed(0)} % of a core`,
  ...counts,
  "allocated by Python": `${(allocatedBytes / 1e9).toFixed(1)} GB`,
  "sent and read by FTP": `${(transferredBytes / 1e9).toFixed(2)} GB`,
  "Ctrl-C to prompt": `median ${milliseconds(interruptTimes, 0.5)} ms, largest ${milliseconds(interruptTimes, 1)} ms`,
  "reset to prompt": `median ${milliseconds(resetTimes, 0.5)} ms, largest ${milliseconds(resetTimes, 1)} ms`,
  "Python's heap in use after gc.collect()": `first ${pythonHeaps[0]} bytes, last ${pythonHeaps.at(-1)} bytes`,
  "resident memory": `start ${start.residentMB.toFixed(0)} MB, after a minute ${minute.residentMB.toFixed(0)} MB, largest ${largest("residentMB").toFixed(0)} MB, end ${end.residentMB.toFixed(0)} MB`,
  "resident memory each minute": samples
    .filter(({ seconds }, index) => index > 0 && Math.floor(seconds / 60) > Math.floor(samples[index - 1].seconds / 60))
    .map(({ residentMB }) => residentMB.toFixed(0))
    .join(", "),
  descriptors: `start ${start.descriptors}, largest ${largest("descriptors")}, end ${end.descriptors}`,
  threads: `start ${start.threads}, largest ${largest("threads")}, end ${end.threads}`,
  errors: errors.length,
};
for (const [name, value] of Object.entries(figures)) console.log(`| ${name} | ${value} |`);
for (const error of errors) console.log(`- ${error}`);
if (end.descriptors > start.descriptors) console.log(JSON.stringify({ startKinds, endKinds }));
if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify({ figures, errors, samples }, null, 2)}\n`);
process.exit(errors.length === 0 ? 0 : 1);
