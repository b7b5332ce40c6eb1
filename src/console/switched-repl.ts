/**
 * What a REPL must be able to do to have one owner at a time: the seam between the switch and a concrete REPL.
 *
 * A REPL is a stream of bytes in both directions. Everything that could differ between the terminals it is shown on
 * comes with the seat.
 *
 * @module
 */

import type { KeyEcho, WindowSize } from "../contracts/repl.ts";

/** The terminal that the REPL is shown on from now on. */
export interface Seat {
  readonly who: "local" | "remote";
  /** Terminal type in lower case (`xterm-256color`), or `unknown`. */
  readonly type: string;
  readonly size: WindowSize;
}

/** What stands half typed at the prompt. Opaque to the switch, which only keeps it; undefined when nothing does. */
export type Draft = object | undefined;

/** Given to the REPL once; whose terminal is behind it is the switch's business. */
export interface ReplScreen {
  /**
   * Shows what the REPL prints. Synchronous, so that a busy program's output is seen while it runs; the bytes may be
   * reused after the call. A line feed without a carriage return is given one, unless {@link SwitchedRepl.rawOutput}.
   *
   * @returns undefined when more may come at once, else a promise to wait for (more may still come; it is queued).
   */
  write(bytes: Uint8Array): undefined | Promise<void>;
  /** Counted up when something else than the REPL has written to the same terminal. Default: nothing ever does. */
  readonly besides?: number;
  /** The REPL has ended itself (`.exit`): a remote user is sent home, the local one gets what the program decides. */
  exit(): void;
}

/** A REPL as the switch sees it. */
export interface SwitchedRepl {
  /** As of `ReplHost.name`. */
  readonly name: string;
  /** As of `ReplHost.version`. */
  readonly version: string;
  /** True: its output already is what a raw terminal takes. False: a bare line feed is a new line. */
  readonly rawOutput: boolean;
  /** True: what is typed runs in a thread of the REPL's own and never blocks the program. Default false. */
  readonly runsElsewhere?: boolean;
  /** True while something typed at the prompt runs, as seen between two turns of the event loop. */
  readonly busy: boolean;
  /**
   * Called once, before everything else. Nothing is shown before the first {@link resume}.
   *
   * @internal for the switch only
   */
  connect(screen: ReplScreen): void;
  /**
   * Takes keys in order, a byte 3 (Ctrl-C) among them.
   *
   * @returns undefined when more may come at once, else a promise: that is the back-pressure for a paste.
   */
  input(bytes: Uint8Array): undefined | Promise<void>;
  /** As of `ReplSession`. */
  echo?(): KeyEcho | undefined;
  /** As of `ReplSession`. */
  inputShown?(bytes: Uint8Array): undefined | Promise<void>;
  /** The terminal has another size now. */
  resize(size: WindowSize): void;
  /** Stops what runs; at an idle prompt it is an ordinary Ctrl-C key. */
  interrupt(): void;
  /**
   * Takes the prompt away from the terminal that has it. What was typed ahead and not yet taken goes with the draft; a
   * line that runs goes on, and its output still goes to the screen.
   *
   * @internal for the switch only
   */
  suspend(): Draft;
  /**
   * Draws the prompt on another terminal, with the draft as it was; while a line runs, when that is done.
   *
   * @internal for the switch only
   */
  resume(seat: Seat, draft: Draft): void;
}
