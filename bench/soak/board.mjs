// The board under load: `porthole board` on a terminal, a telnet user who comes again and again, and FTP clients.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "basic-ftp";
import { terminal } from "./children.mjs";
import { FTP_CLIENTS, forget } from "./ftp-visits.mjs";
import { watchProcess } from "./watched.mjs";

const BYTES_A_ROUND = 20_000;
const LOAD = `rounds = 0
def allocate():
    global rounds
    while True:
        block = bytearray(${BYTES_A_ROUND})
        words = [str(n) for n in range(200)]
        rounds += 1
`;
const SIZES = [1, 1_000, 65_536, 300_000, 2_000_000];

export async function openBoard({ folder, flags, tally, chance, goOn, rest }) {
  const flash = join(folder, "flash");
  const sd = join(folder, "sd");
  const local = join(folder, "board-local");
  for (const directory of [flash, sd, local]) mkdirSync(directory);
  writeFileSync(join(flash, "load.py"), LOAD);
  const logFile = join(folder, "board-log");
  const probeFile = join(folder, "board-probe");
  const words = [
    process.execPath,
    ...["--import", join(import.meta.dirname, "probe.mjs")],
    join(import.meta.dirname, "../../dist/cli/main.js"),
    ...["board", "--telnet", "127.0.0.1:0", "--ftp", "127.0.0.1:0", "--flash", flash, "--sd", sd],
    ...["--memory", flags.memory, "--json", "--log-level=info"],
  ];
  const screen = terminal("/bin/sh", [
    "-c",
    'export SOAK_PROBE="$1"; shift; exec "$@" 2>"$0"',
    logFile,
    probeFile,
    ...words,
  ]);
  await screen.until(/>>> $/);
  void screen.exited.then(({ exitCode, signal }) => {
    if (!tally.ending) tally.problem(`the board is gone: code ${exitCode}, signal ${signal}`);
  });
  const log = () =>
    readFileSync(logFile, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const portOf = (service) => log().find((event) => event.event === "listening" && event.service === service).port;
  const telnetPort = String(portOf("telnet"));
  const ftp = { name: "board ftp", port: portOf("ftp"), restarts: 0, isRestarting: false };
  const seat = { name: "board telnet", restarts: 0, isRestarting: false };
  const heaps = [];
  let allocated = 0;

  /** Types a line and gives what Python printed between two marks of its own. */
  async function ask(term, expression) {
    term.type(`print('<'+'<', ${expression}, '>'+'>')\r`);
    return (await term.until(/<< (.*?) >>[\s\S]*?>>> $/))[1];
  }

  async function interrupt(term) {
    const at = performance.now();
    term.type("\x03");
    await term.until(/KeyboardInterrupt[\s\S]*?>>> $/);
    tally.time("board: Ctrl-C to prompt", performance.now() - at);
  }

  async function reset(term, keys, name) {
    const at = performance.now();
    term.type(keys);
    await term.until(/MPY: soft reboot|MPY: hard reboot|MicroPython v1/);
    await term.until(/>>> $/);
    tally.time(`board: ${name} to prompt`, performance.now() - at);
  }

  async function sendAndImport(remote, number) {
    const client = new Client();
    const file = join(local, "module.py");
    try {
      await client.access({ host: "127.0.0.1", port: ftp.port, user: "micro", password: "python" });
      writeFileSync(file, `VALUE = ${number} * 7\n`);
      await client.uploadFrom(file, `/flash/m${number}.py`);
      const value = await ask(remote, `__import__('m${number}').VALUE`);
      if (value !== String(number * 7)) throw new Error(`the module had ${value}`);
      await client.remove(`/flash/m${number}.py`);
    } finally {
      client.close();
    }
  }

  async function restartFtp(remote) {
    ftp.isRestarting = true;
    try {
      for (const call of ["pause(force=True)", "resume()", "stop(force=True)", `start(port=${ftp.port})`]) {
        if ((await ask(remote, `__import__('network').ftp.${call}`)) !== "True")
          throw new Error(`ftp.${call} was not True`);
      }
      tally.count("board: FTP server paused, resumed, stopped and started from Python");
    } finally {
      ftp.restarts++;
      ftp.isRestarting = false;
    }
  }

  async function visit(number) {
    const remote = terminal("telnet", ["127.0.0.1", telnetPort]);
    try {
      await remote.until(/Login as:/);
      remote.type("micro\r");
      await remote.until(/Password:/);
      remote.type("python\r");
      await remote.until(/for more information/);
      // The terminal's loop runs on in every second visit: whoever comes ends it.
      remote.type("\x03");
      await remote.until(/>>> $/);
      await remote.until(/>>> $/, 500).catch(() => {});
      await tally.does("board: module sent by FTP and imported", ftp, () => sendAndImport(remote, number));
      for (let time = 0; time < 2; time++) {
        remote.type("import load; load.allocate()\r");
        await remote.until(/allocate\(\)\r?\n/);
        await sleep(chance.between(100, 600));
        await interrupt(remote);
      }
      allocated += Number(await ask(remote, "load.rounds")) * BYTES_A_ROUND;
      heaps.push(Number(await ask(remote, "(__import__('gc').collect(), __import__('gc').mem_alloc())[1]")));
      if (number % 12 === 5) await restartFtp(remote);
      if (number % 10 === 9) await reset(remote, "import machine; machine.reset()\r", "machine.reset()");
      else await reset(remote, "\x04", "Ctrl-D");
      if ((await ask(remote, "6 * 7")) !== "42") throw new Error("6 * 7 is not 42 after a reset");
      const goodbye = number % 3;
      if (goodbye === 0) {
        remote.type("\x1d");
        await remote.until(/telnet> $/);
        await sleep(100);
        remote.type("quit\r");
      } else if (goodbye === 1) {
        screen.type("\x14");
        tally.count("board: user sent away from the terminal");
      } else {
        remote.kill();
        tally.count("board: user cut off without a goodbye");
      }
      await screen.until(/(?:Telnet\][^\n]*\n[\s\S]*)>>> /);
    } finally {
      remote.kill();
    }
  }

  async function visits() {
    for (let number = 0; goOn(); number++) {
      if (number % 2 === 1) {
        screen.type("import load; load.allocate()\r");
        await sleep(chance.between(100, 600));
      }
      if (!(await tally.does("board: telnet visits", seat, () => visit(number)))) {
        await sleep(2_000);
        screen.type("\x14\x03");
        await sleep(1_000);
      }
      await rest();
    }
  }

  async function transfers(worker) {
    const clients = ["curl", "basic-ftp"];
    for (let number = 0; goOn(); number++) {
      const size = chance.pick(SIZES);
      const job = {
        sent: join(local, `sent${worker}`),
        got: join(local, `got${worker}`),
        name: `t${worker}.bin`,
        size,
      };
      writeFileSync(job.sent, randomBytes(size));
      const name = clients[(number + worker) % clients.length];
      const server = { port: ftp.port, user: "micro", password: "python", folder: ["/flash", "/sd"][worker % 2] };
      await tally.does(`board: FTP, ${name}`, ftp, () => FTP_CLIENTS[name].visit(job, server));
      forget(job);
      await rest();
    }
  }

  return {
    watched: watchProcess("board", screen.pid, probeFile, tally.begun),
    work: () => [visits(), ...Array.from({ length: Number(flags.transfers) }, (_, worker) => transfers(worker))],
    figures: () => ({
      "allocated by Python": `${(allocated / 1e9).toFixed(1)} GB`,
      "Python's heap in use after gc.collect()": `first ${heaps[0]} bytes, last ${heaps.at(-1)} bytes, largest ${Math.max(...heaps)} bytes`,
    }),
    async close() {
      for (const event of log()) {
        if (event.level === "error" || event.level >= 50) tally.problem(`the board's log: ${JSON.stringify(event)}`);
      }
      screen.type("\x1d");
      const { exitCode } = await Promise.race([screen.exited, sleep(15_000, { exitCode: "nothing" })]);
      if (exitCode !== 0) tally.problem(`the board ended with ${exitCode}`);
      screen.kill();
    },
  };
}
