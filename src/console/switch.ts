/**
 * One REPL, one owner: the local terminal or one remote user.
 *
 * @module
 */

import { PortholeError } from "../contracts/errors.ts";
import type {
  ConsoleOwner,
  LeaveReason,
  RemoteTerminal,
  ReplHost,
  ReplSession,
  WindowSize,
} from "../contracts/repl.ts";
import { createOutlet, type Outlet } from "./outlet.ts";
import type { Draft, SwitchedRepl } from "./switched-repl.ts";

/** The key of the local terminal that ends a remote session: Ctrl-T. */
export const EVICT_KEY = 0x14;

const LOGGED_IN = "\r\n[Telnet] User logged in, REPL paused.\r\nCtrl-T to terminate connection\r\n";

const GOODBYES: Readonly<Record<LeaveReason, string>> = {
  left: "[Telnet] User logged out",
  evicted: "[Telnet] Connection terminated from REPL",
  "taken-over": "[Telnet] Connection taken over by another user",
  timeout: "[Telnet] Connection timeout, terminated",
  stopped: "[Telnet] Connection terminated, server stopped",
  exited: "[Telnet] User left the REPL",
};

/** The terminal that the program was started on. */
export interface LocalTerminal {
  /** Terminal type in lower case, or `unknown`. */
  readonly type: string;
  /** Its size at this moment. */
  readonly size: WindowSize;
  /**
   * Shows bytes as a raw terminal takes them, synchronously where the platform can.
   *
   * @returns undefined when more may come at once, else a promise to wait for.
   */
  write(bytes: Uint8Array): undefined | Promise<void>;
  /** The REPL has ended at the local prompt: what that means is the program's to say. */
  exit(): void;
}

/** What else the program prints (`process.stdout`): goes to the remote user while there is one. */
export interface ProgramOutput {
  /**
   * Sends the output to `write` instead, with bare line feeds, in order.
   *
   * @returns a function that gives it back as it was.
   */
  redirect(write: (bytes: Uint8Array) => undefined | Promise<void>): () => void;
}

export interface ConsoleSwitchOptions {
  readonly repl: SwitchedRepl;
  /** Undefined for a service: then the REPL exists for remote users only. */
  readonly local?: LocalTerminal;
  /** Undefined: what the program prints beside the REPL is left where it goes. */
  readonly programOutput?: ProgramOutput;
  /** Called after each change. */
  readonly onOwner?: (owner: ConsoleOwner) => void;
}

export interface ConsoleSwitch {
  /** `local` also when there is no local terminal and nobody is in. */
  readonly owner: ConsoleOwner;
  /** Given to a server: seats its users. */
  readonly host: ReplHost;
  /**
   * Keys of the local terminal. While a remote user is in they are dropped, but for Ctrl-T, which ends the remote
   * session.
   *
   * @returns undefined when more may come at once, else a promise to wait for.
   */
  localInput(bytes: Uint8Array): undefined | Promise<void>;
  localResize(size: WindowSize): void;
  /** Ctrl-C of the local terminal that was told apart from the keys; dropped while a remote user is in. */
  localInterrupt(): void;
  /**
   * Sends the remote user home, as Ctrl-T does, and interrupts what they run.
   *
   * @returns false when nobody is in.
   */
  evict(): boolean;
  /** Sends the remote user home with reason `stopped`, and takes the prompt from the local terminal. */
  close(): void;
}

interface Guest {
  readonly terminal: RemoteTerminal;
  readonly outlet: Outlet;
  readonly restoreProgramOutput: (() => void) | undefined;
  /** The server has closed the session. */
  gone: boolean;
}

/** Makes the switch and, when there is a local terminal, draws the prompt there. */
export function createConsoleSwitch(options: ConsoleSwitchOptions): ConsoleSwitch {
  const { repl, local, programOutput, onOwner } = options;
  const localOutlet = local === undefined ? undefined : createOutlet((bytes) => local.write(bytes));
  let localSize: WindowSize | undefined = local?.size;
  let localDraft: Draft;
  let guest: Guest | undefined;
  let owner: ConsoleOwner = { who: "local" };
  let closed = false;
  let besides = 0;

  function say(text: string): void {
    void localOutlet?.write(new TextEncoder().encode(text));
  }

  function setOwner(next: ConsoleOwner): void {
    owner = next;
    onOwner?.(next);
  }

  function seatLocal(): void {
    if (local === undefined || localSize === undefined) return;
    const draft = localDraft;
    localDraft = undefined;
    repl.resume({ who: "local", type: local.type, size: localSize }, draft);
  }

  /** Gives the prompt back to the local terminal. */
  function unseat(leaving: Guest, reason: LeaveReason): void {
    repl.suspend();
    guest = undefined;
    leaving.restoreProgramOutput?.();
    // First, so that no key is dropped that somebody types at what they see next.
    setOwner({ who: "local" });
    say(`${GOODBYES[reason]}\r\n`);
    if (!closed) seatLocal();
  }

  /** Ends a session from this side. */
  function sendHome(leaving: Guest, reason: LeaveReason): void {
    unseat(leaving, reason);
    const end = (): void => {
      leaving.outlet.close();
      if (!leaving.gone) leaving.terminal.end(reason);
    };
    const farewell = reason === "exited" ? leaving.outlet.drained() : undefined;
    if (farewell === undefined) end();
    else void farewell.then(end);
  }

  function evict(): boolean {
    if (guest === undefined) return false;
    const busy = repl.busy;
    sendHome(guest, "evicted");
    if (busy) repl.interrupt();
    return true;
  }

  repl.connect({
    write(bytes) {
      if (guest !== undefined) return guest.outlet.write(bytes, repl.rawOutput);
      return localOutlet?.write(bytes, repl.rawOutput);
    },
    get besides() {
      return besides;
    },
    exit() {
      if (guest !== undefined) sendHome(guest, "exited");
      else local?.exit();
    },
  });
  seatLocal();

  const host: ReplHost = {
    name: repl.name,
    version: repl.version,
    open(terminal): ReplSession {
      if (closed) throw new PortholeError("PORTHOLE_ERR_STATE", "cannot seat a user: the console is closed");
      if (guest !== undefined) {
        throw new PortholeError(
          "PORTHOLE_ERR_CONSOLE_BUSY",
          `cannot seat ${terminal.user}: ${guest.terminal.user} is at the prompt; close that session first`,
        );
      }
      if (local !== undefined) localDraft = repl.suspend();
      say(LOGGED_IN);
      const outlet = createOutlet((bytes) => terminal.write(bytes));
      const arrived: Guest = {
        terminal,
        outlet,
        restoreProgramOutput: programOutput?.redirect((bytes) => {
          besides++;
          return outlet.write(bytes);
        }),
        gone: false,
      };
      guest = arrived;
      repl.resume({ who: "remote", type: terminal.type, size: terminal.size }, undefined);
      setOwner({ who: "remote", peer: terminal.peer, user: terminal.user });
      const seated = (): boolean => guest === arrived;
      return {
        input: (bytes) => (seated() ? repl.input(bytes) : undefined),
        echo: () => (seated() && repl.inputShown !== undefined ? repl.echo?.() : undefined),
        inputShown: (bytes) => (seated() ? (repl.inputShown ?? repl.input).call(repl, bytes) : undefined),
        resize(size) {
          if (seated()) repl.resize(size);
        },
        interrupt() {
          if (seated()) repl.interrupt();
        },
        close(reason) {
          arrived.gone = true;
          outlet.close();
          if (seated()) unseat(arrived, reason);
        },
      };
    },
  };

  return {
    get owner() {
      return owner;
    },
    host,
    localInput(bytes) {
      if (closed || local === undefined) return undefined;
      if (guest === undefined) return repl.input(bytes);
      const key = bytes.indexOf(EVICT_KEY);
      if (key < 0) return undefined;
      evict();
      const rest = bytes.subarray(key + 1);
      return rest.length > 0 ? repl.input(rest) : undefined;
    },
    localResize(size) {
      if (closed || local === undefined) return;
      localSize = size;
      if (guest === undefined) repl.resize(size);
    },
    localInterrupt() {
      if (!closed && local !== undefined && guest === undefined) repl.interrupt();
    },
    evict,
    close() {
      if (closed) return;
      closed = true;
      if (guest !== undefined) sendHome(guest, "stopped");
      else if (local !== undefined) repl.suspend();
    },
  };
}
