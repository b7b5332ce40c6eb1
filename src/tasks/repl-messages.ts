/**
 * What a task's thread and the program say about a user at the prompt. Output goes through the ring instead.
 *
 * @module
 */

import type { LeaveReason, WindowSize } from "../contracts/repl.ts";
import type { BellEnd } from "../native/bell.ts";

/** From the thread that owns the socket. */
export type ReplRequest =
  | {
      readonly type: "open";
      readonly session: number;
      readonly peer: string;
      readonly user: string;
      readonly terminalType: string;
      readonly size: WindowSize;
      readonly ring: SharedArrayBuffer;
      /** See `KeySender`. */
      readonly staleMark: SharedArrayBuffer;
      /** See `KeySlot`. */
      readonly slot: SharedArrayBuffer;
      /** See `EchoPermit`. */
      readonly permit: SharedArrayBuffer;
      /** Tells of a key there; undefined: the slot does. */
      readonly bell: BellEnd | undefined;
    }
  | {
      readonly type: "input";
      readonly session: number;
      readonly bytes: Uint8Array;
      readonly number: number;
      /** See `KeySender`. */
      readonly shownAt: number | undefined;
    }
  | { readonly type: "resize"; readonly session: number; readonly size: WindowSize }
  /** `request` is a number of the console words. */
  | { readonly type: "interrupt"; readonly session: number; readonly request: number }
  /** Nothing but a request to be taken. */
  | { readonly type: "ping"; readonly request: number }
  | { readonly type: "close"; readonly session: number; readonly reason: LeaveReason };

/** From the program. */
export type ReplAnswer =
  | { readonly type: "seated"; readonly session: number }
  /** So many bytes of input are with the REPL, or were stale. */
  | { readonly type: "taken"; readonly session: number; readonly bytes: number };

/** Reasons as the ring's end code. */
export const LEAVE_REASONS: readonly LeaveReason[] = ["left", "evicted", "taken-over", "timeout", "stopped", "exited"];
