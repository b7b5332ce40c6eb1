/**
 * What the TELNET engine carries, in GB/s, both ways: `npm run build && node bench/telnet-engine.mjs`.
 *
 * Chunks of 64 KiB, as a socket gives them; each case runs for about half a second in a process of its own, as a server
 * does nothing else either, and the best of five counts. With --json FILE writes them.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Option } from "../dist/protocol/telnet/codes.js";
import { createTelnetEngine } from "../dist/protocol/telnet/engine.js";

const CHUNK = 65_536;
const RUN_MS = 100;
const RUNS = 5;

const plain = Buffer.alloc(CHUNK, 0x61);
const lines = plain.map((octet, at) => (at % 80 === 78 ? 13 : at % 80 === 79 ? 10 : octet));
const utf8Lines = lines.map((octet, at) => (at % 80 === 40 ? 0xc3 : at % 80 === 41 ? 0xa4 : octet));
const every16 = plain.map((octet, at) => (at % 16 === 7 ? 255 : octet));
const doubled16 = plain.map((octet, at) => (at % 16 === 7 || at % 16 === 8 ? 255 : octet));
const command16 = plain.map((octet, at) => (at % 16 === 7 ? 255 : at % 16 === 8 ? 241 : octet));

function binaryEngine() {
  const engine = createTelnetEngine({ us: [Option.BINARY], him: [Option.BINARY] });
  engine.receive(Uint8Array.of(255, 253, Option.BINARY, 255, 251, Option.BINARY));
  engine.takeOutput();
  return engine;
}

const receive = (engine, chunk) => {
  let bytes = 0;
  const events = engine.receive(chunk);
  // V8 does not always make a loop of "for … of"; where it does not, that takes a third of the time of short events.
  for (let at = 0; at < events.length; at += 1) {
    const event = events[at];
    if (event.type === "data") bytes += event.to - event.from;
  }
  return bytes;
};
const send = (engine, chunk) => {
  engine.send(chunk);
  return engine.takeOutput().length;
};

const cases = [
  ["keys in, no Return", receive, createTelnetEngine(), plain],
  ["keys in, CR LF every 80", receive, createTelnetEngine(), lines],
  ["keys in, 255 255 every 16", receive, createTelnetEngine(), doubled16],
  ["keys in, IAC NOP every 16", receive, createTelnetEngine(), command16],
  ["text in, CR LF every 80", receive, createTelnetEngine({ data: "text" }), lines],
  ["text out, no new line", send, createTelnetEngine(), plain],
  ["text out, CR LF every 80", send, createTelnetEngine(), utf8Lines],
  ["text out, CR LF every 80, BINARY", send, binaryEngine(), utf8Lines],
  ["text out, 255 every 16", send, createTelnetEngine(), every16],
];

const { values: flags } = parseArgs({ options: { json: { type: "string" }, case: { type: "string" } } });

/** In GB/s. */
function measure([, act, engine, chunk]) {
  let best = 0;
  let used = 0; // keeps the work from being optimised away
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    let bytes = 0;
    let ms = 0;
    while (ms < RUN_MS) {
      for (let turn = 0; turn < 16; turn += 1) used += act(engine, chunk);
      bytes += 16 * chunk.length;
      ms = performance.now() - start;
    }
    best = Math.max(best, bytes / ms / 1e6);
  }
  if (used < 0) throw new Error("bug: a negative length");
  return best;
}

if (flags.case !== undefined) {
  console.log(measure(cases[Number(flags.case)]));
} else {
  const table = {};
  for (const [place, [name]] of cases.entries()) {
    const figure = execFileSync(process.execPath, [fileURLToPath(import.meta.url), "--case", String(place)]);
    table[name] = Number(figure);
    console.log(`${table[name].toFixed(2).padStart(8)} GB/s  ${name}`);
  }
  if (flags.json !== undefined) {
    mkdirSync(dirname(flags.json), { recursive: true });
    writeFileSync(flags.json, `${JSON.stringify({ node: process.version, table }, null, 1)}\n`);
  }
}
