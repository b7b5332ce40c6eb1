// A board and a program under load for minutes or hours, with real clients on them: `npm run soak -- --help`.
//
// This process only watches: the load runs in a child, so that its end is told whatever ends it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const HELP = `usage: npm run soak -- [options]

  --minutes N      how long (10)
  --transfers N    FTP clients at once on each of the two (2)
  --rest SECONDS   how long a client rests between two visits, on average (0.5)
  --memory SIZE    the board's --memory (16M)
  --only NAME      board or program; else both
  --seed N         of what is chosen by chance
  --json FILE      figures, errors and all samples
  -h, --help

Starts two hosts. A board (\`porthole board\` on a terminal): telnet users log in, run loops that allocate, interrupt them,
import a module just sent by FTP, reset the board, and leave in different ways; curl and basic-ftp send and read files. A
Node program with four servers in threads, Telnet and FTP, each plain and with TLS: inetutils telnet, plink, nc,
telnet-client, telnet-ssl and openssl s_client log in, evaluate, run endless loops and interrupt them, leave, are cut off
or kicked; curl, lftp, tnftp, ncftp, wget and basic-ftp send and read files, which are compared. Between them come clients
that break off in the middle, say nothing, or guess passwords, and every half minute a server is paused and resumed, or
stopped and started again, whoever is in.

A line each minute; at the end a table for docs/reliability.md: load held, errors, and memory, descriptors and threads at
start and end. Ctrl-C ends it early, with the table of what has been; a second one at once. The exit code is 0 when
nothing was wrong, 1 when something was, 2 when the load itself did not end by itself. Clients that are not installed are
told and left out. Needs Linux.`;

try {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      transfers: { type: "string", default: "2" },
      rest: { type: "string", default: "0.5" },
      memory: { type: "string", default: "16M" },
      only: { type: "string" },
      seed: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  for (const name of ["minutes", "transfers", "rest", "seed"]) {
    if (values[name] !== undefined && !/^\d+(\.\d+)?$/.test(values[name])) throw new Error(`--${name} needs a number`);
  }
  if (![undefined, "board", "program"].includes(values.only)) throw new Error("--only is board or program");
  if (!existsSync(join(import.meta.dirname, "../dist/index.js"))) throw new Error("npm run build comes first");
} catch (error) {
  console.error(`soak: ${error.message}`);
  process.exit(2);
}

// In a process group of its own: Ctrl-C here is no Ctrl-C for the clients.
const load = spawn(process.execPath, [join(import.meta.dirname, "soak/load.mjs"), ...process.argv.slice(2)], {
  stdio: ["ignore", "inherit", "inherit", "ipc"],
  detached: true,
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => load.kill("SIGINT"));
const begun = Date.now();
load.on("error", (error) => {
  console.error(`soak: the load did not start: ${error.message}`);
  process.exit(2);
});
load.on("exit", (code, signal) => {
  if (code === 0 || code === 1) process.exit(code);
  const seconds = Math.round((Date.now() - begun) / 1000);
  console.error(
    `soak: the load ended after ${seconds} s with ${signal === null ? `code ${code}` : `signal ${signal}`}`,
  );
  process.exit(2);
});
