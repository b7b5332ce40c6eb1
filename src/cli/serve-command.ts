/**
 * `porthole serve [DIR]`: a directory over FTP, until Ctrl-C or SIGTERM.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import type { PortholeError } from "../contracts/errors.ts";
import { FTP_DATA_STATES, FTP_STATES, type FtpStatus } from "../contracts/task.ts";
import { createFtpServerFrom, type FtpServer } from "../servers/ftp/server-core.ts";
import { createDirectoryStore } from "../stores/directory.ts";
import { CommandFailure } from "./failure.ts";
import { createInstance } from "./instance/publish.ts";
import { createLog, hostPort } from "./log.ts";
import { ftpServerSettings } from "./server-options.ts";
import type { CommonSettings } from "./settings.ts";
import { SteadyOutput } from "./steady-output.ts";
import { createTransferView } from "./transfer-view.ts";
import { untilSignal } from "./until-signal.ts";

/** What clients have to read that they are sent away, and what the store has to give up uploads. */
const CLOSE_MS = 1_000;

/**
 * Runs the command until it is told to end. The server is in this thread: nothing else is done here, and a second
 * thread would take eight megabytes.
 */
export async function runServeCommand(dir: string, settings: CommonSettings): Promise<void> {
  const root = resolve(dir);
  const found = await stat(root).catch(() => undefined);
  if (!found?.isDirectory()) throw new CommandFailure(`${root} is not a directory; name one that is`);
  if (settings.ftp === "off") throw new CommandFailure("serve has nothing to do with --ftp off");

  const json = settings.json === true;
  const output = new SteadyOutput(2);
  const view = await createTransferView(output);
  const write = (line: string): void => void (json ? output.write(line) : view.print(line));
  const log = createLog({ level: settings.logLevel ?? "info", json, write });
  const told = untilSignal();
  const instance = createInstance(`serve ${root}`);
  const store = createDirectoryStore({ root, readOnly: settings.readOnly === true });
  const server = createFtpServerFrom(await ftpServerSettings(store, settings));
  server.on("*", (told) => {
    const event = { service: "ftp", ...told } as const;
    log.event(event);
    if (!json) view.event(event);
    instance.event(event);
  });
  const { addresses } = await listen(server, settings.ftp);
  const running = { ftp: { status: () => statusOf(server), kick: (sessionId: number) => server.kick(sessionId) } };
  instance.publish(running, (message) => log.tell("warn", message));
  if (!json) {
    for (const url of addresses.flatMap(reachableAt)) process.stdout.write(`${url}/  user ${settings.user}\n`);
    process.stdout.write(`${root}${settings.readOnly === true ? " (read-only)" : ""}, Ctrl-C ends\n`);
  }
  const signal = await told;
  instance.close();
  await within(CLOSE_MS, server.close({ graceSeconds: 0 }));
  await within(CLOSE_MS, store.close());
  const summary = view.end();
  if (!json) output.write(`${signal === "SIGINT" ? "\n" : ""}${summary}\n`);
  await output.left();
  process.exit(); // whoever has not closed yet is not waited for
}

async function listen(server: FtpServer, where: { readonly host: string; readonly port: number }): Promise<FtpServer> {
  try {
    await server.listen(where);
    return server;
  } catch (error) {
    throw new CommandFailure((error as PortholeError).message);
  }
}

function statusOf({ state, dataState, addresses }: FtpServer): FtpStatus {
  return [state, dataState, FTP_STATES[state], FTP_DATA_STATES[dataState], addresses];
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).catch(() => {});
  clearTimeout(timer);
}

/** The addresses to type for one that is listened on: a wildcard is told as each interface's own. */
function reachableAt(address: string): string[] {
  const match = /^(?:0\.0\.0\.0|\[::\]):(\d+)$/.exec(address);
  if (match === null) return [`ftp://${address}`];
  const port = Number(match[1]);
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address: own, family }) => family === "IPv4" || !own.startsWith("fe80:"))
    .map(({ address: own }) => `ftp://${hostPort(own, port)}`);
}
