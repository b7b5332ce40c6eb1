/**
 * One REPL, one owner: the local terminal or one remote user.
 *
 * @module
 */

import type { ConsoleOwner, ReplHost, WindowSize } from "../contracts/repl.ts";
import type { SwitchedRepl } from "./switched-repl.ts";

/** The terminal that the program was started on. */
export interface LocalTerminal {
  /** Terminal type in lower case, or `unknown`. */
  readonly type: string;
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
