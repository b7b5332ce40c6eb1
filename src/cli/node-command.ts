/**
 * `porthole node [MODULE]`: a module with a prompt on this terminal and the servers beside it.
 *
 * @module
 */

import { register } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createNetwork, type Network } from "../network.ts";
import { type ProgramRepl, repl, shareRepl } from "../repl.ts";
import { CommandFailure } from "./failure.ts";
import { createInstance } from "./instance/publish.ts";
import { createLog } from "./log.ts";
import { ftpOptions, metricsPlace, telnetOptions } from "./server-options.ts";
import type { CommonSettings } from "./settings.ts";
import { startServer } from "./start-server.ts";
import { untilSignal } from "./until-signal.ts";

const CTRL_CLOSING_BRACKET = 0x1d;

/** Runs the command: until the user leaves the prompt, or without one until a signal. */
export async function runNodeCommand(
  module: string | undefined,
  args: readonly string[],
  settings: CommonSettings,
): Promise<void> {
  const { stdin, stdout } = process;
  const interactive = settings.console && stdin.isTTY === true && stdout.isTTY === true;
  if (settings.console && !interactive) {
    throw new CommandFailure("there is no terminal here for a prompt; say --no-console to run without one");
  }
  const log = createLog({
    level: settings.logLevel ?? (interactive ? "warn" : "info"),
    json: settings.json === true,
  });

  const signal = untilSignal();
  let leave: () => void = () => {};
  const left = new Promise<void>((done) => {
    leave = done;
  });
  // Servers come first, so that one gets in also when the module never returns; the prompt here waits for its names.
  let loaded: () => void = () => {};
  const ready = new Promise<void>((done) => {
    loaded = done;
  });
  const prompt = repl({ local: interactive, useGlobal: true, onExit: leave, leaveKey: CTRL_CLOSING_BRACKET, ready });
  shareRepl(prompt);
  let started = false;
  const network = createNetwork({
    repl: () => prompt.host,
    onEvent(event) {
      // A server that does not start ends the command, which says why.
      if (started || event.type !== "error") log.event(event);
    },
  });
  const what = ["node", ...(module === undefined ? [] : [module])].join(" ");
  const instance = createInstance({ what, network, metrics: metricsPlace(settings) });
  prompt.define({ network });
  await startServers(network, settings);
  started = true;
  await instance.publish(log);

  process.argv.splice(1, process.argv.length, ...(module === undefined ? [] : [resolve(module)]), ...args);
  if (module !== undefined) await runModule(module, prompt, interactive);
  loaded();

  await (interactive ? Promise.race([left, signal]) : signal);
  instance.close();
  await prompt.close();
  network.telnet.stop({ force: true });
  network.ftp.stop({ force: true });
  await Promise.all([network.telnet.stopped, network.ftp.stopped]);
  process.exit();
}

async function startServers(network: Network, settings: CommonSettings): Promise<void> {
  const { telnet, ftp, files } = settings;
  if (telnet !== "off") startServer(network.telnet, { ...(await telnetOptions(telnet, settings)), keepAlive: true });
  if (files === undefined || ftp === "off") return;
  startServer(network.ftp, { ...(await ftpOptions(ftp, settings)), root: files, keepAlive: true });
}

/** Imports the module and puts its exports at the prompt. */
async function runModule(module: string, prompt: ProgramRepl, interactive: boolean): Promise<void> {
  const path = resolve(module);
  if (/\.[cm]?ts$/.test(path)) register(new URL("./typescript-hooks.js", import.meta.url));
  try {
    prompt.define(await import(pathToFileURL(path).href));
  } catch (error) {
    // At a prompt one can look what went wrong; without one there is nothing left to do.
    if (!interactive) throw error;
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  }
}
