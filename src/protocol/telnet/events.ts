/**
 * What the engine tells about what has arrived.
 *
 * @module
 */

import { viewOf } from "./bytes.ts";
import type { OptionResult, Side } from "./negotiation.ts";
import type { StreamRule } from "./parser.ts";

/** A rule that the peer broke; each is told once a connection, however often it is broken. */
export type ViolationRule =
  | StreamRule
  | "refusal-ignored" // DONT answered by WILL, or WONT by DO (RFC 1143)
  | "too-many-requests" // more than LIMITS.telnetOptionReplies; those beyond stay without an answer
  | "subnegotiation-without-option"
  | "subnegotiation-malformed";

/** Bytes of the NVT. Where they are is told, for a view of a few costs more than to find them. */
export class DataEvent {
  readonly type = "data";
  /** May be the chunk that was received: use or copy what is in it before it is reused. */
  readonly source: Uint8Array;
  readonly from: number;
  readonly to: number;

  constructor(source: Uint8Array, from: number, to: number) {
    this.source = source;
    this.from = from;
    this.to = to;
  }

  /** A view of {@link source}. */
  get bytes(): Uint8Array {
    return viewOf(this.source, this.from, this.to);
  }
}

export type TelnetEvent =
  | DataEvent
  /** A command of RFC 854 (NOP, DM, BRK, IP, AO, AYT, EC, EL, GA), RFC 885 or RFC 1184; see {@link Octet}. */
  | { readonly type: "command"; readonly command: number }
  /** An option has changed, or one that we asked for was refused. Refusals of the peer's wishes aren't told. */
  | { readonly type: "option"; readonly side: Side; readonly option: number; readonly result: OptionResult }
  /** NAWS, RFC 1073; each 1 to 65,535. */
  | { readonly type: "window"; readonly columns: number; readonly rows: number }
  /** RFC 1091, in lower case, at most 40 characters; `last`: the same as before, which ends the peer's list. */
  | { readonly type: "terminal-type"; readonly name: string; readonly last: boolean }
  /** RFC 1079, bits a second. */
  | { readonly type: "terminal-speed"; readonly transmit: number; readonly receive: number }
  /** RFC 1572: the allowed names only, values of printable ASCII. Never for a process environment. */
  | { readonly type: "environment"; readonly variables: ReadonlyMap<string, string> }
  /** RFC 2066: what both ends now use; undefined: the peer turned UTF-8 down. */
  | { readonly type: "charset"; readonly name: "utf-8" | undefined }
  /** RFC 1184: the mode that the client is in, a sum of LineMode bits. */
  | { readonly type: "line-mode"; readonly mask: number }
  /** RFC 860: the mark that we asked for; not `reached`: the peer gives none. */
  | { readonly type: "timing-mark"; readonly reached: boolean }
  /** For an option that is in force and has no event of its own. */
  | { readonly type: "subnegotiation"; readonly option: number; readonly bytes: Uint8Array }
  | { readonly type: "violation"; readonly rule: ViolationRule };
