// The program that is under load: a prompt, and four servers in threads. Driven by messages from the load.
import { createNetwork, repl } from "../../dist/index.js";

const [, , root, certificates] = process.argv;
const program = repl({ local: false, context: { kept: 41, held: [] } });
const seats = new Map();
const make = (name) =>
  createNetwork({
    repl: () => program.host,
    onEvent(event) {
      if (event.service === "telnet") {
        if (event.type === "logged-in") seats.set(`${name} ${event.sessionId}`, event.sessionId);
        if (event.type === "left") seats.delete(`${name} ${event.sessionId}`);
      }
      if (event.type === "error" || (event.type === "left" && event.reason === "internal error")) {
        process.send({ event: `${name} ${event.service}: ${event.message ?? event.reason}` });
      }
    },
  });
const networks = { plain: make("plain"), secure: make("secure") };
const shared = { timeout: 60, keepAlive: true };
const options = {
  plain: { telnet: { ...shared }, ftp: { ...shared, root, maxClients: 30 } },
  secure: {
    telnet: { ...shared, tls: { selfSigned: certificates } },
    ftp: { ...shared, root, maxClients: 30, tls: { selfSigned: certificates, required: true } },
  },
};
const READY = 2;
const ports = {};

function start(name, service) {
  const task = networks[name][service];
  const key = `${name} ${service}`;
  if (!task.start({ ...options[name][service], port: ports[key] ?? 0 })) {
    throw new Error(`${key} did not start: ${task.lastError?.message}`);
  }
  const addresses = task.status().at(-1);
  ports[key] = Number(/:(\d+)$/.exec(addresses[0])[1]);
}

const until = async (condition, what) => {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 15_000) throw new Error(`${what} did not come`);
    await new Promise((done) => setTimeout(done, 20));
  }
};

const requests = {
  async start() {
    for (const name of ["plain", "secure"]) for (const service of ["telnet", "ftp"]) start(name, service);
    return ports;
  },
  async pause({ name, service }) {
    const task = networks[name][service];
    if (!task.pause({ force: true })) throw new Error(`pause: ${task.lastError?.message}`);
    if (task.status()[0] !== 0) throw new Error(`paused, but status() is ${task.status()}`);
    await new Promise((done) => setTimeout(done, 300));
    if (!task.resume()) throw new Error(`resume: ${task.lastError?.message}`);
    await until(() => task.status()[0] >= READY, "resumed");
  },
  async stop({ name, service }) {
    const task = networks[name][service];
    if (!task.stop({ force: true })) throw new Error(`stop: ${task.lastError?.message}`);
    await task.stopped;
    if (task.status()[0] > 0) throw new Error(`stopped, but status() is ${task.status()}`);
    start(name, service);
    await until(() => task.status()[0] >= READY, "started");
  },
  async "polite-stop"({ name, service }) {
    const task = networks[name][service];
    const isIn = service === "telnet" && [...seats.keys()].some((key) => key.startsWith(name));
    if (!task.stop()) {
      if (task.status()[0] < READY) throw new Error(`refused to stop, but status() is ${task.status()}`);
      return "refused";
    }
    if (isIn) throw new Error("stopped politely with a user in");
    await task.stopped;
    start(name, service);
    return "stopped";
  },
  async kick({ name }) {
    for (const [key, sessionId] of seats) if (key.startsWith(name)) return networks[name].telnet.kick(sessionId);
    return false;
  },
  /** Who was at the prompt has left it. */
  async free() {
    await until(() => program.owner.who === "local", "a free prompt");
    await until(
      () => Object.values(networks).every(({ telnet }) => telnet.status()[0] !== 4),
      "a status without somebody logged in",
    );
  },
  async end() {
    for (const { telnet, ftp } of Object.values(networks)) {
      telnet.stop({ force: true });
      ftp.stop({ force: true });
      await Promise.all([telnet.stopped, ftp.stopped]);
    }
    await program.close();
    setTimeout(() => process.disconnect(), 100);
  },
};

process.on("message", async ({ id, request, ...given }) => {
  try {
    process.send({ id, answer: (await requests[request](given)) ?? null });
  } catch (error) {
    process.send({ id, error: error.message });
  }
});
process.on("disconnect", () => process.exit(0));
