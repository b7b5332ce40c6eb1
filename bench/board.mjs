/**
 * What a MicroPython board does in which time: `npm run build && node bench/board.mjs`.
 *
 * Prints the middle and the range of several runs; with --json FILE writes them.
 */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { openBoard } from "../dist/index.js";
import { openRawServer } from "../dist/servers/raw/server.js";

const { values: flags } = parseArgs({ options: { json: { type: "string" }, runs: { type: "string", default: "7" } } });
const RUNS = Number(flags.runs);
const PRINTED_MB = 8;
const EXECS = 300;
const flash = realpathSync(mkdtempSync(join(tmpdir(), "porthole-board-bench-")));
process.on("exit", () => rmSync(flash, { recursive: true, force: true }));

/** Calls `act` and gives the milliseconds until the client has been sent `wanted` after it. */
async function until(socket, wanted, act) {
  let kept = "";
  const from = performance.now();
  const seen = new Promise((resolve) => {
    const hear = (bytes) => {
      kept = kept.slice(-wanted.length) + bytes.toString("latin1");
      if (!kept.includes(wanted)) return;
      socket.off("data", hear);
      resolve(performance.now() - from);
    };
    socket.on("data", hear);
  });
  act();
  return seen;
}

const figures = { start: [], printing: [], reset: [], exec: [] };
for (let run = 0; run < RUNS; run++) {
  const from = performance.now();
  const { board, host, close } = openBoard({ flash, local: false });
  await board.start();
  figures.start.push(performance.now() - from);
  const server = await openRawServer({ repl: host, port: 0 });
  const socket = connect({ port: server.port, host: server.host, noDelay: true });
  await once(socket, "connect");
  await until(socket, ">>> ", () => socket.write("\r"));

  const lines = (PRINTED_MB * 1_000_000) / 80;
  const ms = await until(socket, "printed\r\n>>> ", () =>
    socket.write(`for i in range(${lines}): print("x" * 78)\r\rprint("print" + "ed")\r`),
  );
  figures.printing.push((PRINTED_MB * 1000) / ms);

  figures.reset.push(await until(socket, ">>> ", () => socket.write("\x04")));

  await until(socket, "exit\r\n>", () => socket.write("\x01"));
  const execs = [];
  for (let exec = 0; exec < EXECS; exec++) {
    execs.push(await until(socket, "\x04\x04>", () => socket.write("1\x04")));
  }
  figures.exec.push(execs.sort((a, b) => a - b)[EXECS / 2]);
  socket.destroy();
  await server.close();
  await close();
}

const told = {
  "prompt after start, ms": figures.start,
  "printing, MB/s": figures.printing,
  "soft reset, ms": figures.reset,
  "raw exec over TCP, ms": figures.exec,
};
const short = (value) => Number(value.toPrecision(3));
const table = Object.fromEntries(
  Object.entries(told).map(([name, list]) => {
    const sorted = [...list].sort((a, b) => a - b);
    const [middle, least, most] = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)].map(short);
    return [name, { middle, least, most }];
  }),
);
console.table(table);
if (flags.json !== undefined) {
  mkdirSync(dirname(flags.json), { recursive: true });
  writeFileSync(flags.json, `${JSON.stringify({ node: process.version, runs: RUNS, table }, null, 1)}\n`);
}
