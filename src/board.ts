/**
 * A MicroPython board of this program: its prompt on this terminal and over Telnet, its files over FTP, and the servers
 * in its own hands as `network.telnet` and `network.ftp` of Python.
 *
 * @module
 */

import type { ReplHost } from "./contracts/repl.ts";
import { createNetwork, type Network, type NetworkEvent } from "./network.ts";
import { type ConsoleOptions, openConsole, type ProgramConsole } from "./program-console.ts";
import { type Board, type BoardOptions, createBoard } from "./repls/micropython/board.ts";
import type { HostMethods } from "./repls/micropython/host-methods.ts";
import type { FtpTaskOptions } from "./tasks/ftp-task.ts";
import type { TelnetTaskOptions } from "./tasks/telnet-task.ts";

/** Where the board has its files, how much memory it may use, and what its servers and its console are like. */
export interface ProgramBoardOptions extends Omit<BoardOptions, "hostMethods">, ConsoleOptions {
  /** What Python's `network.telnet.start()` does not say: host, port, TLS. */
  readonly telnet?: TelnetTaskOptions;
  /** What Python's `network.ftp.start()` does not say. */
  readonly ftp?: FtpTaskOptions;
  /** Told what both servers tell, in order. */
  readonly onEvent?: (event: NetworkEvent) => void;
}

/** What {@link openBoard} gives: the board with its console and its servers. */
export interface ProgramBoard extends ProgramConsole {
  /** The board itself: start it, run a file, reset it. */
  readonly board: Board;
  /** The servers; what Python starts and stops too. */
  readonly network: Network;
}

/**
 * Makes a MicroPython board with its console and its servers. `board.start()` switches it on; no server runs before it
 * is told to, by `network.telnet.start()` here or in Python.
 *
 * @throws {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` for a wrong option, such as a `flash` that is no directory;
 * `PORTHOLE_ERR_STATE` when the terminal is wanted and another prompt of the program has it.
 * @example
 * import { openBoard } from "porthole";
 *
 * const { board, network } = openBoard({ flash: "./flash" });
 * network.telnet.start({ port: 2323 });
 * await board.start();
 */
export function openBoard(options: ProgramBoardOptions): ProgramBoard {
  const { flash, sd, telnet = {}, ftp = {}, onEvent } = options;
  let host: ReplHost | undefined;
  const network = createNetwork({
    repl() {
      if (host === undefined) throw new Error("bug: the board's servers were asked before its console");
      return host;
    },
    // The FTP root shows the two directories that Python sees.
    files: () => ({ "/flash": flash, ...(sd === undefined ? {} : { "/sd": sd }) }),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  const board = createBoard({ ...options, hostMethods: hostMethods(network, telnet, ftp) });
  const opened = openConsole(board, options);
  host = opened.host;
  return {
    board,
    network,
    host: opened.host,
    get owner() {
      return opened.owner;
    },
    evict: () => opened.evict(),
    async close() {
      network.telnet.stop({ force: true });
      network.ftp.stop({ force: true });
      await opened.close();
      await Promise.all([board.close(), network.telnet.stopped, network.ftp.stopped]);
    },
  };
}

type Options = Readonly<Record<string, unknown>>;

/** What Python's `network.telnet` and `network.ftp` call. */
function hostMethods(network: Network, telnet: TelnetTaskOptions, ftp: FtpTaskOptions): HostMethods {
  const force = (options: Options = {}): { force: boolean } => ({ force: options["force"] === true });
  const tasks = { telnet: network.telnet, ftp: network.ftp };
  const methods: Record<string, (options?: Options) => unknown> = {
    "telnet.start": (options = {}) => network.telnet.start({ ...telnet, ...inOurWords(options) }),
    "ftp.start": (options = {}) => network.ftp.start({ ...ftp, ...inOurWords(options) }),
  };
  for (const [name, task] of Object.entries(tasks)) {
    methods[`${name}.pause`] = (options) => task.pause(force(options));
    methods[`${name}.resume`] = () => task.resume();
    methods[`${name}.stop`] = (options) => task.stop(force(options));
    methods[`${name}.status`] = () => task.status();
    methods[`${name}.stack`] = () => task.stack();
  }
  return methods;
}

const OUR_WORDS: Readonly<Record<string, string>> = {
  allow_default_password: "allowDefaultPassword",
  login_msg: "loginMessage",
};

function inOurWords(options: Options): Options {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [OUR_WORDS[name] ?? name, value]));
}
