/**
 * `porthole serve [DIR]`: a directory over FTP, until Ctrl-C or SIGTERM.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import type { ServerCounters } from "../contracts/counters.ts";
import type { PortholeError } from "../contracts/errors.ts";
import type { FtpServer } from "../servers/ftp/ftp-server.ts";
import { createFtpServerFrom } from "../servers/ftp/server-core.ts";
import { createDirectoryStore } from "../stores/directory.ts";
import { CommandFailure } from "./failure.ts";
import { IdleMemory } from "./idle-memory.ts";
import { createOwnInstance } from "./instance/own.ts";
import { createLiveView } from "./live-view.ts";
import { createLog } from "./log.ts";
import { formatBytes, hostPort } from "./readable.ts";
import { ftpServerSettings, metricsPlace } from "./server-options.ts";
import type { CommonSettings } from "./settings.ts";
import { statusText } from "./status-text.ts";
import { SteadyOutput } from "./steady-output.ts";
import { untilSignal } from "./until-signal.ts";

/** What clients have to read that they are sent away, and what the store has to give up uploads. */
const CLOSE_MS = 1_000;
const SHOW_EVERY_MS = 250;

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
  const view = createLiveView(output);
  const write = (line: string): void => void (json ? output.write(line) : view.print(line));
  const log = createLog({ level: settings.logLevel ?? "info", json, write });
  const told = untilSignal();
  const store = createDirectoryStore({ root, readOnly: settings.readOnly === true });
  const server = createFtpServerFrom(await ftpServerSettings(store, settings));
  server.on("*", (event) => {
    if (log.isTold(event.type)) log.event({ service: "ftp", ...event });
  });
  const instance = createOwnInstance(`serve ${root}`, server);
  const { addresses } = await listen(server, settings.ftp);
  void new IdleMemory(server);
  await instance.publish(metricsPlace(settings), log);
  if (!json) {
    for (const url of addresses.flatMap(reachableAt)) process.stdout.write(`${url}/  ${whoMayCome(settings)}\n`);
    process.stdout.write(`${root}${settings.readOnly === true ? " (read-only)" : ""}, Ctrl-C ends\n`);
  }
  const shown = !json && output.isTTY;
  const showing = shown ? setInterval(() => view.show(statusText(instance.look(), true)), SHOW_EVERY_MS) : undefined;
  const signal = await told;
  clearInterval(showing);
  instance.close();
  await within(CLOSE_MS, server.close({ graceSeconds: 0 }));
  await within(CLOSE_MS, store.close());
  view.end();
  if (!json) output.write(`${signal === "SIGINT" ? "\n" : ""}${summary(server.counters())}\n`);
  await within(CLOSE_MS, output.left()); // nor a terminal that takes nothing
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

/** `3 files: 1.2 MiB received, 0 B sent`. */
function summary({ transfers, transferBytes }: ServerCounters): string {
  const { download, upload } = transfers;
  const files = download.complete + upload.complete;
  const broken = [download, upload].reduce((sum, { aborted, failed, refused }) => sum + aborted + failed + refused, 0);
  const moved = `${formatBytes(transferBytes.upload)} received, ${formatBytes(transferBytes.download)} sent`;
  return `${files === 1 ? "1 file" : `${files} files`}: ${moved}${broken === 0 ? "" : `, ${broken} broken off`}`;
}

/** Whose passwords are asked for. */
function whoMayCome({ users, user, anonymous = false }: CommonSettings): string {
  return `${users === undefined ? `user ${user}` : `users of ${users}`}${anonymous ? ", and guests as anonymous" : ""}`;
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
