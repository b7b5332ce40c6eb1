/**
 * What the thread that reads the local terminal and the program say to each other.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";

/** What the console thread is given. */
export interface ConsoleThreadData {
  readonly port: MessagePort;
  readonly words: SharedArrayBuffer;
  /** See `KeySender`. */
  readonly staleMark: SharedArrayBuffer;
  readonly interruptUnavailable: string | undefined;
  /** A byte that leaves the prompt; undefined: none does. */
  readonly leaveKey: number | undefined;
}

/** From the console thread. */
export type ConsoleReport =
  /** The terminal is in raw mode: from now on every key comes here. */
  | { readonly type: "ready" }
  | { readonly type: "keys"; readonly bytes: Uint8Array; readonly number: number }
  /** Ctrl-C; `request` is a number of the console words. */
  | { readonly type: "interrupt"; readonly request: number }
  /** Nothing but a request to be taken. */
  | { readonly type: "ping"; readonly request: number }
  | { readonly type: "leave" }
  /** The terminal is gone: its window was closed. */
  | { readonly type: "ended" };

/** From the program. */
export type ConsoleOrder =
  /** So many bytes of keys are with the REPL, or were stale. */
  | { readonly type: "taken"; readonly bytes: number }
  /** Give the terminal back and end. */
  | { readonly type: "close" };
