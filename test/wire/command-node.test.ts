/**
 * `porthole node`, as its user meets it: a terminal for the program, another one with a real telnet client.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { clientIt } from "./clients.ts";
import { loggedEvent, PORTHOLE, startPorthole } from "./porthole-command.ts";
import { spawnTerminal, type TestTerminal } from "./terminal.ts";

const APP = resolve(import.meta.dirname, "fixtures/sensor-app.ts");
const endings: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "porthole-command-"));
  endings.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function terminal(command: string, args: readonly string[]): TestTerminal {
  const made = spawnTerminal(command, args);
  endings.push(() => made.kill());
  return made;
}

/** Starts the program on a terminal; its log, with the port, goes to a file. */
async function startLocal(...args: string[]): Promise<{ local: TestTerminal; port: string }> {
  const log = join(folder(), "log");
  const words = [
    process.execPath,
    PORTHOLE,
    "node",
    APP,
    ...args,
    "--telnet",
    "127.0.0.1:0",
    "--json",
    "--log-level",
    "info",
  ];
  const local = terminal("/bin/sh", ["-c", 'exec "$@" 2>"$0"', log, ...words]);
  await local.waitForScreen("> ");
  const { port } = await loggedEvent(log, "listening", "telnet");
  return { local, port: String(port) };
}

async function login(client: string, port: string): Promise<TestTerminal> {
  const remote = terminal(client, ["127.0.0.1", port]);
  await remote.waitForScreen("Login as:");
  remote.type("micro\r");
  await remote.waitForScreen("Password:");
  remote.type("python\r");
  await remote.waitForScreen('Type "help()" for more information.');
  await remote.waitForScreen(/^> $/m);
  return remote;
}

describe("porthole node on a terminal", () => {
  clientIt(
    "pauses while a telnet user is in, and comes back with the half-typed line",
    "inetutils-telnet",
    async (client) => {
      const { local, port } = await startLocal("one", "two");
      local.type("sensor.read()\r");
      await local.waitForScreen(/^42$/m);
      local.type("args.join()\r");
      await local.waitForScreen("one,two");
      local.type("sensor.rea");

      const remote = await login(client, port);
      await local.waitForScreen("[Telnet] User logged in, REPL paused.");
      await local.waitForScreen("Ctrl-T to terminate connection");
      remote.type("const n: number = await Promise.resolve(sensor.reading += 1)\r");
      remote.type("sensor.read()\r");
      await remote.waitForScreen(/^43$/m);
      local.type("dropped");
      remote.type("help()\r");
      await remote.waitForScreen("Sensor");
      expect(remote.history()).not.toContain("dropped");

      remote.type(".exit\r");
      await remote.waitForScreen("Connection closed");
      await local.waitForScreen(/> sensor\.rea$/);
      expect(local.screen()).not.toContain("dropped");
      local.type("d()\r");
      await local.waitForScreen(/^43$/m);
    },
  );

  clientIt("Ctrl-T sends the telnet user away, also out of a loop", "inetutils-telnet", async (client) => {
    const { local, port } = await startLocal();
    const remote = await login(client, port);
    remote.type("for (;;);\r");
    await remote.waitForScreen("for (;;);");
    local.type("\x14");
    await remote.waitForScreen("Connection closed");
    await local.waitForScreen("[Telnet] Connection terminated from REPL");
    local.type("6 * 7\r");
    await local.waitForScreen(/^42$/m);
  });

  it("Ctrl-C at the terminal stops a loop, Ctrl-] leaves", async () => {
    const { local } = await startLocal();
    local.type("for (;;);\r");
    await local.waitForScreen("for (;;);");
    local.type("\x03");
    await local.waitForScreen("KeyboardInterrupt");
    local.type("6 * 7\r");
    await local.waitForScreen(/^42$/m);
    local.type("\x1d");
    expect((await local.exited()).exitCode).toBe(0);
  });

  it("leaves at .exit", async () => {
    const { local } = await startLocal();
    local.type(".exit\r");
    expect((await local.exited()).exitCode).toBe(0);
  });

  it("puts the names of a module's own repl() at its prompt", async () => {
    const example = resolve(import.meta.dirname, "../../examples/busy-loop.js");
    const local = terminal("/usr/bin/env", ["PORT=0", process.execPath, PORTHOLE, "node", example, "--telnet", "off"]);
    await local.waitForScreen(/^> $/m);
    const port = /telnet on 127\.0\.0\.1:(\d+)/.exec(local.screen())?.[1] ?? "";
    local.type("settings.step = 25\r");
    await local.waitForScreen(/^25$/m);
    const socket = connect(Number(port), "127.0.0.1");
    endings.push(() => void socket.destroy());
    let seen = "";
    socket.on("data", (bytes) => {
      seen += bytes;
    });
    socket.write("micro\r\npython\r\n");
    await local.waitForScreen("Ctrl-T to terminate connection");
    socket.write("report()\r\n");
    while (!seen.includes("'ticks 0, 25, 50, 75'")) await new Promise((more) => socket.once("data", more));
    local.type("\x14report() + '!'\r");
    await local.waitForScreen("'ticks 0, 25, 50, 75!'");
  });

  it("shows why a module fails, and stays at the prompt", async () => {
    const file = join(folder(), "broken.mjs");
    writeFileSync(file, "throw new Error('no such sensor');\n");
    const local = terminal(process.execPath, [PORTHOLE, "node", file, "--telnet", "off"]);
    await local.waitForScreen("no such sensor");
    await local.waitForScreen(/^> $/m);
  });
});

describe("porthole node without a terminal", () => {
  it("says so, and how to go on", async () => {
    const log = startPorthole(["node", "--telnet", "127.0.0.1:0"]);
    endings.push(() => log.stop());
    expect(await log.exited()).toBe(1);
    expect(await log.event("failed")).toMatchObject({ message: expect.stringContaining("--no-console") });
  });
});

describe("porthole node --no-console", () => {
  it("tells where it listens in one line of JSON, and runs until SIGTERM", async () => {
    const command = startPorthole(["node", APP, "--no-console", "--telnet", "127.0.0.1:0"]);
    endings.push(() => command.stop());
    const listening = await command.event("listening", "telnet");
    expect(listening).toMatchObject({ level: "info", service: "telnet", host: "127.0.0.1", port: expect.any(Number) });
    command.child.kill("SIGTERM");
    expect(await command.exited()).toBe(0);
  });

  clientIt("shows --files DIR over FTP", "curl", async (curl) => {
    const files = folder();
    writeFileSync(join(files, "there.txt"), "there");
    const command = startPorthole([
      "node",
      APP,
      "--no-console",
      "--telnet",
      "off",
      "--ftp",
      "127.0.0.1:0",
      "--files",
      files,
    ]);
    endings.push(() => command.stop());
    const url = `ftp://micro:python@127.0.0.1:${(await command.event("listening", "ftp"))["port"]}`;
    expect(execFileSync(curl, ["-sS", `${url}/there.txt`], { encoding: "utf8" })).toBe("there");
    execFileSync(curl, ["-sS", "-T", APP, `${url}/new.ts`]);
    expect(readFileSync(join(files, "new.ts"), "utf8")).toBe(readFileSync(APP, "utf8"));
    expect(await command.event("transfer-end", "ftp")).toMatchObject({ path: "/there.txt", result: "complete" });
  });

  it("takes user, password file and port from the environment, and no secret reaches the log", async () => {
    const secret = join(folder(), "secret");
    writeFileSync(secret, "s3cret-of-the-house\nsecond line\n");
    const command = startPorthole(["node", "--no-console"], {
      PORTHOLE_TELNET: "127.0.0.1:0",
      PORTHOLE_USER: "anna",
      PORTHOLE_PASSWORD_FILE: secret,
    });
    endings.push(() => command.stop());
    const { port } = await command.event("listening", "telnet");
    const socket = connect(Number(port), "127.0.0.1");
    endings.push(() => void socket.destroy());
    socket.write("anna\r\ns3cret-of-the-house\r\n");
    expect(await command.event("logged-in", "telnet")).toMatchObject({ user: "anna" });
    expect(JSON.stringify(command.events)).not.toContain("s3cret");
  });

  it("ends with 1 and the reason when the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => other.once("listening", listening));
    endings.push(() => void other.close());
    const { port } = other.address() as { port: number };
    const done = terminal(process.execPath, [PORTHOLE, "node", "--no-console", "--telnet", String(port)]);
    await done.waitForScreen(`cannot start telnet: 127.0.0.1:${port} is in use; pass another port`);
    expect((await done.exited()).exitCode).toBe(1);
    expect(done.screen().match(/cannot start/g)).toHaveLength(1);
  });
});
