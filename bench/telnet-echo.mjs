/**
 * How long a key takes to come back, beside a bare Node socket in the same run: `npm run build && node bench/telnet-echo.mjs`.
 *
 * Two programs, each idle and with its thread busy for 10 ms of every 20: one echoes bytes with `net`, one has a prompt
 * over Telnet. A client of its own process sends one key at a time. Prints microseconds; with --json FILE writes them.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    json: { type: "string" },
    keys: { type: "string", default: "2000" },
    rounds: { type: "string", default: "3" },
  },
});
const index = new URL("../dist/index.js", import.meta.url).href;
const busy = `
  setInterval(() => {}, 60_000);
  const spin = () => { const end = performance.now() + 10; while (performance.now() < end); };
  if (process.env.BUSY === "1") setInterval(spin, 20);
`;
const programs = {
  bare: `
    import { createServer } from "node:net";
    const server = createServer({ noDelay: true }, (socket) => socket.on("data", (bytes) => socket.write(bytes)));
    server.listen(0, "127.0.0.1", () => console.log(server.address().port));
    ${busy}`,
  porthole: `
    import { network, repl } from ${JSON.stringify(index)};
    repl({ context: {} });
    network.telnet.start({ port: 0, user: "bench", password: "bench" });
    console.log(/:(\\d+)$/.exec(network.telnet.status()[2][0])[1]);
    ${busy}`,
};

async function start(name, isBusy) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", programs[name]], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, BUSY: isBusy ? "1" : "0" },
  });
  let said = "";
  let port;
  while (port === undefined) {
    const [bytes] = await once(child.stdout, "data");
    said += bytes;
    port = /(\d{4,5})\s/.exec(said)?.[1];
  }
  child.stdout.resume();
  return { child, port: Number(port) };
}

/** Waits until nothing more has come for a while. */
async function quiet(socket, ms = 300) {
  for (;;) {
    const came = await Promise.race([
      once(socket, "data").then(() => true),
      new Promise((resolve) => setTimeout(resolve, ms, false)),
    ]);
    if (!came) return;
  }
}

async function measure(name, isBusy, keys) {
  const { child, port } = await start(name, isBusy);
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  if (name === "porthole") {
    for (const line of ["bench", "bench"]) {
      await quiet(socket);
      socket.write(`${line}\r\n`);
    }
    await quiet(socket);
  }
  const times = [];
  for (let count = -100; count < keys; count++) {
    await new Promise((resolve) => setTimeout(resolve, (count * 7) % 5)); // keys come at any moment of the busy cycle
    const from = process.hrtime.bigint();
    socket.write(count % 2 === 0 ? "a" : "\x7f");
    await once(socket, "data");
    if (count >= 0) times.push(Number(process.hrtime.bigint() - from) / 1000);
  }
  socket.destroy();
  child.kill("SIGKILL");
  await once(child, "exit");
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  return { p50: at(0.5), p99: at(0.99) };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const results = {};
for (let round = 0; round < Number(flags.rounds); round++) {
  for (const isBusy of [false, true]) {
    for (const name of Object.keys(programs)) {
      const key = `${name}, ${isBusy ? "half busy" : "idle"}`;
      results[key] ??= { p50: [], p99: [] };
      const { p50, p99 } = await measure(name, isBusy, Number(flags.keys));
      results[key].p50.push(p50);
      results[key].p99.push(p99);
    }
  }
}
const table = Object.fromEntries(
  Object.entries(results).map(([name, { p50, p99 }]) => [
    name,
    { p50: Math.round(median(p50)), p99: Math.round(median(p99)) },
  ]),
);
console.table(table);
if (flags.json !== undefined) {
  mkdirSync(dirname(flags.json), { recursive: true });
  writeFileSync(flags.json, `${JSON.stringify({ node: process.version, table }, null, 1)}\n`);
}
