/**
 * A program's own prompt: the Node REPL with one owner at a time, this terminal or a remote user.
 *
 * @module
 */

import type { ReplHost } from "./contracts/repl.ts";
import { type ConsoleOptions, openConsole, type ProgramConsole } from "./program-console.ts";
import { createNodeRepl, type NodeReplOptions } from "./repls/node/index.ts";

/** What the prompt knows and looks like; see also `help()` at the prompt. */
export interface ReplOptions extends NodeReplOptions, ConsoleOptions {}

/** What {@link repl} gives. */
export interface ProgramRepl extends ProgramConsole {
  /** Puts more names at the prompt; getters stay getters. */
  define(names: object): void;
}

/** The REPL of the last `repl()`, for `network`. */
let latest: ProgramRepl | undefined;

/** The prompt of the command that runs this program. */
let commandPrompt: ProgramRepl | undefined;

/**
 * For a command whose module may ask for a prompt of its own: from now on each `repl()` that does not say where its
 * prompt is puts its names at `prompt`, which stays the command's to close.
 */
export function shareRepl(prompt: ProgramRepl): void {
  commandPrompt = prompt;
}

/** Where remote users sit when nobody said otherwise: at the last `repl()`, or at one that is made now. */
export function defaultReplHost(): ReplHost {
  latest ??= repl({ local: false });
  return latest.host;
}

/**
 * Gives the program a prompt: on this terminal, if there is one, and for whoever logs in over Telnet.
 *
 * @throws {@link PortholeError} `PORTHOLE_ERR_STATE` when `local: true` wants the terminal and another prompt has it.
 * @example
 * import { network, repl } from "porthole";
 *
 * const app = { started: Date.now() };
 * repl({ context: { app } });
 * network.telnet.start();
 */
export function repl(options: ReplOptions = {}): ProgramRepl {
  if (commandPrompt !== undefined && options.local === undefined) {
    const shared = commandPrompt;
    shared.define(options.context ?? {});
    return {
      host: shared.host,
      get owner() {
        return shared.owner;
      },
      evict: () => shared.evict(),
      define: (names) => shared.define(names),
      close: async () => undefined,
    };
  }
  const names = Object.defineProperties({}, Object.getOwnPropertyDescriptors(options.context ?? {}));
  const nodeRepl = createNodeRepl({ ...options, context: names });
  const opened = openConsole(nodeRepl, options);
  const made: ProgramRepl = {
    host: opened.host,
    get owner() {
      return opened.owner;
    },
    evict: () => opened.evict(),
    define(more) {
      const descriptors = Object.getOwnPropertyDescriptors(more);
      Object.defineProperties(names, descriptors);
      Object.defineProperties(nodeRepl.server.context, descriptors);
    },
    async close() {
      if (latest === made) latest = undefined;
      const closed = opened.close();
      nodeRepl.close();
      await closed;
    },
  };
  latest = made;
  return made;
}
