/**
 * A program's console: one REPL, shown on this terminal or to a remote user, and the thread that reads the terminal.
 *
 * @module
 */

import { createProcessTerminal } from "./console/process-terminal.ts";
import { createProgramOutput } from "./console/stdout.ts";
import { createConsoleSwitch, type LocalTerminal } from "./console/switch.ts";
import type { SwitchedRepl } from "./console/switched-repl.ts";
import { isTerminalClaimed, setTerminalClaimed } from "./console/terminal-claim.ts";
import { PortholeError } from "./contracts/errors.ts";
import type { ConsoleOwner, ReplHost } from "./contracts/repl.ts";
import { type ConsoleThread, startConsoleThread } from "./tasks/console-thread.ts";
import { ConsoleWords } from "./tasks/console-words.ts";

export interface ConsoleOptions {
  /**
   * Whether there is a prompt on this terminal too. Default: when `process.stdin` and `process.stdout` are one that no
   * other prompt of this program has; to want one that is taken is an error, `PORTHOLE_ERR_STATE`. Without
   * it the REPL exists for remote users only. A terminal of one's own is shown what a local one is; its keys are given to
   * the REPL by whoever made it.
   */
  readonly local?: boolean | LocalTerminal;
  /** The user has left the prompt on this terminal (`.exit`, Ctrl-D). Default: the prompt ends, the program goes on. */
  readonly onExit?: () => void;
  /** A byte that leaves the prompt on this terminal at any time, such as 0x1d for Ctrl-]. Default none. */
  readonly leaveKey?: number;
  /** The prompt appears on this terminal when this has settled: what is to be there by then. Default: at once. */
  readonly ready?: Promise<unknown>;
  /** Told after each change of the owner. */
  readonly onOwner?: (owner: ConsoleOwner) => void;
}

export interface ProgramConsole {
  /** For `network.telnet` and `createTelnetServer`: seats remote users. */
  readonly host: ReplHost;
  /** Who has the prompt at this moment. */
  readonly owner: ConsoleOwner;
  /** Sends the remote user home; false when nobody is in. */
  evict(): boolean;
  /** Ends the prompt and gives the terminal back; settles when that is done. */
  close(): Promise<void>;
}

/** What each console shares with the threads of its servers and its terminal. */
const wordsOfHosts = new WeakMap<ReplHost, ConsoleWords>();

/** The words of a host that {@link openConsole} made; undefined for any other. */
export function consoleWordsOf(host: ReplHost): ConsoleWords | undefined {
  return wordsOfHosts.get(host);
}

/** Seats `repl` at this terminal, if there is one, and makes it ready for remote users. */
export function openConsole(repl: SwitchedRepl, options: ConsoleOptions): ProgramConsole {
  const { local = isTerminal() && !isTerminalClaimed(), onExit, onOwner, leaveKey, ready } = options;
  if (local === true && isTerminalClaimed()) {
    throw new PortholeError(
      "PORTHOLE_ERR_STATE",
      "cannot open a prompt on this terminal: another prompt of this program has it; close that one first",
    );
  }
  const words = new ConsoleWords();
  words.runsElsewhere = repl.runsElsewhere === true;
  const terminal = local === true ? createProcessTerminal({ exit: () => leave() }) : undefined;
  const screen = terminal === undefined ? undefined : showLater(terminal.terminal);
  const shownOn = screen?.terminal ?? (typeof local === "object" ? local : undefined);
  const owner = createConsoleSwitch({
    repl,
    programOutput: createProgramOutput(),
    ...(shownOn === undefined ? {} : { local: shownOn }),
    onOwner(next) {
      words.remoteOwns = next.who === "remote";
      onOwner?.(next);
    },
  });

  const unwatch = terminal?.watchSize(owner);
  const thread = terminal === undefined ? undefined : readKeys();
  if (thread !== undefined) setTerminalClaimed(true);
  // A key that comes before the terminal is in raw mode would not be ours; a name that comes late would be missed.
  const shown: Promise<unknown> | undefined = thread && Promise.allSettled([thread.ready, ready]);
  void shown?.then(() => screen?.show());

  function readKeys(): ConsoleThread {
    return startConsoleThread({
      words,
      leaveKey,
      onKeys: (bytes) =>
        screen?.visible === true ? owner.localInput(bytes) : shown?.then(() => owner.localInput(bytes)),
      onInterrupt: () => owner.localInterrupt(),
      onLeave: leave,
      onFailure: (error) => process.emitWarning(`this terminal's keys are read no longer: ${error.message}`),
    });
  }

  let closed = false;
  async function close(): Promise<void> {
    owner.close();
    unwatch?.();
    if (thread === undefined || closed) return thread?.close();
    closed = true;
    await thread.close();
    setTerminalClaimed(false);
  }

  function leave(): void {
    if (onExit === undefined) void close();
    else onExit();
  }

  wordsOfHosts.set(owner.host, words);
  return {
    host: owner.host,
    get owner() {
      return owner.owner;
    },
    evict: () => owner.evict(),
    close,
  };
}

function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Keeps what is to be shown until `show()`. */
function showLater(terminal: LocalTerminal): { terminal: LocalTerminal; show(): void; readonly visible: boolean } {
  let kept: Uint8Array[] | undefined = [];
  return {
    get visible() {
      return kept === undefined;
    },
    show() {
      const owed = kept ?? [];
      kept = undefined;
      for (const bytes of owed) void terminal.write(bytes);
    },
    terminal: {
      type: terminal.type,
      get size() {
        return terminal.size;
      },
      write(bytes) {
        if (kept === undefined) return terminal.write(bytes);
        kept.push(Uint8Array.from(bytes));
        return undefined;
      },
      exit: () => terminal.exit(),
    },
  };
}
