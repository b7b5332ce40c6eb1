// The Node program under load: four servers in threads, their clients, and their restarts.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isInstalled } from "./children.mjs";
import { BROKEN_CLIENTS, FTP_CLIENTS, FTPS_CLIENTS, forget } from "./ftp-visits.mjs";
import { TELNET_CLIENTS, TELNETS_CLIENTS } from "./telnet-visits.mjs";
import { watchProcess } from "./watched.mjs";

const SIZES = [0, 1, 1_000, 65_536, 300_000, 2_000_000];
const ANSWER_MS = 60_000;

export async function openProgram({ folder, flags, tally, chance, goOn, rest }) {
  const root = join(folder, "files");
  const certificates = join(folder, "certificates");
  const local = join(folder, "local");
  for (const directory of [root, certificates, local]) mkdirSync(directory);
  const probeFile = join(folder, "program-probe");
  const here = import.meta.dirname;
  const host = spawn(
    process.execPath,
    ["--import", join(here, "probe.mjs"), join(here, "host-program.mjs"), root, certificates],
    { stdio: ["ignore", "inherit", "inherit", "ipc"], env: { ...process.env, SOAK_PROBE: probeFile } },
  );
  const exited = new Promise((done) => host.on("exit", (code, signal) => done(signal ?? code)));
  let over = false;
  void exited.then((how) => {
    over = true;
    if (!tally.ending) tally.problem(`the program is gone: ${how}`);
  });
  const waiting = new Map();
  host.on("message", ({ id, answer, error, event }) => {
    if (event !== undefined) tally.problem(`the program told: ${event}`);
    else if (error === undefined) waiting.get(id)?.resolve(answer);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  let lastId = 0;
  const ask = (request, given = {}) =>
    new Promise((resolve, reject) => {
      if (over) return reject(new Error("the program is gone"));
      lastId++;
      const timer = setTimeout(() => reject(new Error(`the program did not answer ${request}`)), ANSWER_MS);
      const settle = (how) => (value) => {
        clearTimeout(timer);
        how(value);
      };
      waiting.set(lastId, { resolve: settle(resolve), reject: settle(reject) });
      host.send({ id: lastId, request, ...given });
    });
  const ports = await ask("start");
  const services = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, { name, port, restarts: 0, isRestarting: false }]),
  );

  const usable = (clients) =>
    Object.entries(clients).filter(([name, { needs }]) => {
      if (needs === undefined || isInstalled(needs)) return true;
      console.error(`${name} is left out: ${needs} is not installed`);
      return false;
    });
  const ftpClients = [
    ...usable(FTP_CLIENTS).map(([name, { visit }]) => ({ name, visit, service: services["plain ftp"] })),
    ...usable(FTPS_CLIENTS).map(([name, { visit }]) => ({ name, visit, service: services["secure ftp"] })),
  ];
  const telnetClients = [
    ...usable(TELNET_CLIENTS).map(([name, { visit }]) => ({ name, visit, service: services["plain telnet"] })),
    ...usable(TELNETS_CLIENTS).map(([name, { visit }]) => ({ name, visit, service: services["secure telnet"] })),
  ];
  const server = (service, folderThere) => ({
    port: service.port,
    user: "micro",
    password: "python",
    folder: folderThere,
  });

  async function transfers(worker) {
    mkdirSync(join(root, `w${worker}`));
    for (let number = 0; goOn(); number++) {
      const { name, visit, service } = chance.pick(ftpClients);
      // Over TLS basic-ftp ends an empty file before the handshake, so that it can't be told from one cut off.
      const size = chance.pick(name === "basic-ftp with TLS" ? SIZES.slice(1) : SIZES);
      const job = {
        sent: join(local, `sent${worker}-${number}`),
        got: join(local, `got${worker}-${number}`),
        name: `f${number}.bin`,
        size,
      };
      writeFileSync(job.sent, randomBytes(size));
      await tally.does(`FTP, ${name}`, service, () => visit(job, server(service, `/w${worker}`)));
      forget(job);
      await rest();
    }
  }

  async function prompts() {
    for (let number = 0; goOn(); number++) {
      const { name, visit, service } = telnetClients[number % telnetClients.length];
      const kick = () => ask("kick", { name: service.name.split(" ")[0] });
      await tally.does(`Telnet, ${name}`, service, () => visit({ tally, chance, number, kick }, service.port));
      await tally.does("program: prompt free again", service, () => ask("free").then(() => 0));
      await rest();
    }
  }

  async function broken() {
    const kinds = Object.entries(BROKEN_CLIENTS);
    for (let number = 0; goOn(); number++) {
      const [name, attack] = kinds[number % kinds.length];
      const service = services["plain ftp"];
      await tally.does(`broken: ${name}`, service, () => attack(server(service, ""), { name: `broken${number}` }));
      await rest(4);
    }
  }

  async function restarts() {
    for (let number = 0; goOn(); number++) {
      await sleep(chance.between(15_000, 45_000));
      if (!goOn()) return;
      const service = chance.pick(Object.values(services));
      const [name, kind] = service.name.split(" ");
      const way = ["pause", "stop", "polite-stop"][number % 3];
      service.isRestarting = true;
      try {
        const answer = await ask(way, { name, service: kind });
        tally.count(`restarts: ${way}${answer === null ? "" : `, ${answer}`}`);
      } catch (error) {
        tally.problem(`${way} of ${service.name}: ${error.message}`);
      }
      service.restarts++;
      service.isRestarting = false;
    }
  }

  return {
    watched: watchProcess("program", host.pid, probeFile, tally.begun),
    work: () => [
      prompts(),
      broken(),
      restarts(),
      ...Array.from({ length: Number(flags.transfers) }, (_, worker) => transfers(worker)),
    ],
    async close() {
      // Of an upload that was broken off nothing is left, neither whole nor in part.
      const strange = readdirSync(root, { recursive: true }).filter(
        (name) => !/^w\d+(\/f\d+\.bin(\.moved)?)?$/.test(name),
      );
      if (strange.length > 0) tally.problem(`files that nobody sent: ${strange.join(", ")}`);
      await ask("end").catch((error) => tally.problem(`end: ${error.message}`));
      const how = await Promise.race([exited, sleep(15_000, "nothing")]);
      if (how !== 0) tally.problem(`the program ended with ${how}`);
      host.kill("SIGKILL");
    },
  };
}
