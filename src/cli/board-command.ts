/**
 * `porthole board [SCRIPT]`: a MicroPython board with its prompt on this terminal, and Telnet and FTP beside it.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { openBoard, type ProgramBoard } from "../board.ts";
import type { LocalTerminal } from "../console/switch.ts";
import { openRawServer, type RawServer } from "../servers/raw/server.ts";
import type { FtpTaskOptions } from "../tasks/ftp-task.ts";
import type { TelnetTaskOptions } from "../tasks/telnet-task.ts";
import { CommandFailure } from "./failure.ts";
import { createInstance } from "./instance/publish.ts";
import { createLog, type Log } from "./log.ts";
import { hostPort } from "./readable.ts";
import { ftpOptions, metricsPlace, telnetOptions } from "./server-options.ts";
import type { CommonSettings } from "./settings.ts";
import { startServer } from "./start-server.ts";
import { untilSignal } from "./until-signal.ts";

const CTRL_CLOSING_BRACKET = 0x1d;
const CARRIAGE_RETURN = 0x0d;

/** Runs the command: until the user leaves, a script ends, or without a prompt until a signal. */
export async function runBoardCommand(
  script: string | undefined,
  args: readonly string[],
  settings: CommonSettings,
): Promise<void> {
  const interactive = settings.console && process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (script === undefined && settings.console && !interactive) {
    throw new CommandFailure("there is no terminal here for a prompt; say --no-console to run without one");
  }
  const local = script === undefined && interactive;
  const signal = script === undefined ? untilSignal() : undefined;
  const log = createLog({
    level: settings.logLevel ?? (local || script !== undefined ? "warn" : "info"),
    json: settings.json === true,
  });
  let leave: () => void = () => {};
  const left = new Promise<void>((done) => {
    leave = done;
  });
  let ready: () => void = () => {};
  let started = false;
  const servers = await serverOptions(settings);
  const program = openBoard({
    flash: await directory(settings.flash, "flash"),
    sd: await directory(settings.sd, "sd"),
    ...(settings.memory === undefined ? {} : { memoryBytes: settings.memory }),
    local: script === undefined ? local : SCRIPT_OUTPUT,
    leaveKey: CTRL_CLOSING_BRACKET,
    onExit: leave,
    ready: new Promise<void>((done) => {
      ready = done;
    }),
    ...servers,
    onEvent(event) {
      // A server that does not start ends the command, which says why.
      if (started || event.type !== "error") log.event(event);
    },
  });

  if (script !== undefined) {
    process.exitCode = await runScript(program, script, args);
    await program.close();
    return;
  }
  const instance = createInstance({ what: "board", network: program.network, metrics: metricsPlace(settings) });
  startServers(program, servers, settings);
  const raw = await startRaw(program, settings, log);
  started = true;
  await instance.publish(log);
  ready();
  void program.board.start();
  const ended = program.board.ended;
  await Promise.race(interactive ? [left, ended, signal] : [ended, signal]);
  instance.close();
  await raw?.close();
  await program.close();
  process.exit();
}

/** What a script prints, as a file or another program takes it: a line feed is a new line. */
const SCRIPT_OUTPUT: LocalTerminal = {
  type: "unknown",
  size: { columns: 80, rows: 24 },
  write(bytes) {
    const text = Buffer.from(bytes);
    const plain = process.stdout.isTTY ? text : text.filter((byte) => byte !== CARRIAGE_RETURN);
    if (process.stdout.write(plain)) return undefined;
    return new Promise((drained) => process.stdout.once("drain", () => drained()));
  },
  exit() {},
};

/** Runs one file; `-` is standard input. What is left of it is the script's own input. */
async function runScript({ board }: ProgramBoard, script: string, args: readonly string[]): Promise<number> {
  let source: string;
  try {
    source = readFileSync(script === "-" ? process.stdin.fd : resolve(script), "utf8");
  } catch (error) {
    throw new CommandFailure(`cannot read ${script}: ${(error as Error).message}`);
  }
  const name = script === "-" ? "<stdin>" : basename(script);
  const interrupt = (): void => board.interrupt();
  process.on("SIGINT", interrupt);
  if (script !== "-") {
    process.stdin.on("data", (bytes: Buffer) => {
      const taken = board.input(bytes);
      if (taken === undefined) return;
      process.stdin.pause();
      void taken.then(() => process.stdin.resume());
    });
  }
  try {
    return await board.runFile({ name, source, argv: [name, ...args] });
  } finally {
    process.off("SIGINT", interrupt);
    process.stdin.destroy();
  }
}

interface ServerOptions {
  readonly telnet: TelnetTaskOptions;
  readonly ftp: FtpTaskOptions;
}

/** What the flags say of both servers. One that is off has the usual port, for Python's `start()`. */
async function serverOptions(settings: CommonSettings): Promise<ServerOptions> {
  const { telnet, ftp } = settings;
  return {
    telnet: {
      ...(await telnetOptions(telnet === "off" ? { host: "127.0.0.1", port: 2323 } : telnet, settings)),
      keepAlive: true,
    },
    ftp: { ...(await ftpOptions(ftp === "off" ? { host: "127.0.0.1", port: 2121 } : ftp, settings)), keepAlive: true },
  };
}

/** Both servers are up before `boot.py` runs, as after a `network.telnet.start()` there. */
function startServers({ network }: ProgramBoard, options: ServerOptions, settings: CommonSettings): void {
  if (settings.telnet !== "off") startServer(network.telnet, options.telnet);
  if (settings.ftp !== "off") startServer(network.ftp, options.ftp);
}

async function startRaw(program: ProgramBoard, settings: CommonSettings, log: Log): Promise<RawServer | undefined> {
  const { raw = "off" } = settings;
  if (raw === "off") return undefined;
  try {
    const server = await openRawServer({
      repl: program.host,
      ...raw,
      onError: (error) => log.tell("error", `raw port: ${error.message}`),
    });
    const { host, port } = server;
    log.tell("info", `raw: listening on ${hostPort(host, port)}`, { event: "listening", service: "raw", host, port });
    return server;
  } catch (error) {
    throw new CommandFailure((error as Error).message);
  }
}

/** The directory that is asked for, else one of the user's own that keeps its files between runs; made when missing. */
async function directory(asked: string | undefined, name: string): Promise<string> {
  const data = process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share");
  const path = resolve(asked ?? join(data, "porthole", name));
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new CommandFailure(`cannot make the directory ${path} for /${name}: ${(error as Error).message}`);
  }
  return path;
}
