/**
 * `porthole serve [DIR]`: a directory over FTP, until Ctrl-C or SIGTERM.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { createNetwork } from "../network.ts";
import { CommandFailure } from "./failure.ts";
import { createInstance } from "./instance/publish.ts";
import { createLog, hostPort } from "./log.ts";
import { ftpOptions } from "./server-options.ts";
import type { CommonSettings } from "./settings.ts";
import { createTransferView } from "./transfer-view.ts";
import { untilSignal } from "./until-signal.ts";

/** Runs the command until it is told to end. */
export async function runServeCommand(dir: string, settings: CommonSettings): Promise<void> {
  const root = resolve(dir);
  const found = await stat(root).catch(() => undefined);
  if (!found?.isDirectory()) throw new CommandFailure(`${root} is not a directory; name one that is`);
  if (settings.ftp === "off") throw new CommandFailure("serve has nothing to do with --ftp off");

  const json = settings.json === true;
  const view = createTransferView(process.stderr);
  const log = createLog({ level: settings.logLevel ?? "info", json, print: (line) => view.print(line) });
  const told = untilSignal();
  const instance = createInstance(`serve ${root}`);
  let running = false;
  const network = createNetwork({
    onEvent(event) {
      // A server that does not start ends the command, which says why.
      if (running || event.type !== "error") log.event(event);
      if (event.service === "ftp" && !json) view.event(event);
      instance.event(event);
    },
  });
  const started = network.ftp.start({ ...(await ftpOptions(settings.ftp, settings)), root, keepAlive: true });
  if (!started) throw new CommandFailure(network.ftp.lastError?.message ?? "the FTP server did not start");

  running = true;
  instance.publish(network, (message) => log.logger.warn(message));
  if (!json) {
    const [, , , , addresses] = network.ftp.status();
    for (const url of addresses.flatMap(reachableAt)) process.stdout.write(`${url}/  user ${settings.user}\n`);
    process.stdout.write(`${root}${settings.readOnly === true ? " (read-only)" : ""}, Ctrl-C ends\n`);
  }
  const signal = await told;
  instance.close();
  network.ftp.stop({ force: true });
  await network.ftp.stopped;
  const summary = view.end();
  if (!json) process.stderr.write(`${signal === "SIGINT" ? "\n" : ""}${summary}\n`);
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
