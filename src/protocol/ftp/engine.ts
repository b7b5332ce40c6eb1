/**
 * The FTP engine: what a client sends, finished work and time go in; replies and actions come out. It owns no socket,
 * timer or clock.
 *
 * @module
 */

import type { VirtualPath } from "../../contracts/store.ts";
import type { FtpAction, FtpOutcome, FtpTransfer } from "./actions.ts";

export interface FtpEngineOptions {
  /** Text of the 220 reply, one line each. Default `["Porthole FTP ready"]`. */
  readonly greeting?: readonly string[];
  /** Where the client is; `::ffff:a.b.c.d` counts as IPv4. PORT and EPRT may name this address only. */
  readonly peer: { readonly address: string; readonly port: number };
  /** Allow PORT and EPRT. Default false: both are answered 502. */
  readonly active?: boolean;
  /** `off`: AUTH is answered 502. `required`: no USER before TLS, no transfer without PROT P. Default `off`. */
  readonly tls?: "off" | "available" | "required";
  /** The control connection is private from the start (implicit TLS). Default false. */
  readonly secure?: boolean;
  /** What SYST says. Default `UNIX Type: L8`, which clients take for "listings look like ls -l". */
  readonly system?: string;
  /** Only what the device has for data connections: passive ones, asked for with PASV. Default false. */
  readonly deviceLimits?: boolean;
  /** Time at the start, in milliseconds; each later `nowMs` is of the same clock and never smaller. */
  readonly nowMs: number;
  /** Without a command for so long a session ends with 421; running transfers don't count. Default 300,000. */
  readonly idleMs?: number;
  /** From start (also REIN, a second USER, AUTH) to a right login. Default `LIMITS.ftpLoginSeconds`. */
  readonly loginMs?: number;
  /** Wrong logins before 421. Default `LIMITS.ftpLoginTries`. */
  readonly loginTries?: number;
}

export type FtpPhase =
  | { readonly name: "user" }
  | { readonly name: "password"; readonly user: string }
  /** PASS was sent, the `authenticate` action is under way. */
  | { readonly name: "authenticating"; readonly user: string }
  | { readonly name: "ready"; readonly user: string; readonly cwd: VirtualPath }
  | {
      readonly name: "transfer";
      readonly user: string;
      readonly cwd: VirtualPath;
      readonly actionId: number;
      readonly transfer: FtpTransfer;
    }
  /** No further byte is read or written; what is under way may still be settled. */
  | { readonly name: "closed"; readonly reason: string };

export interface FtpEngine {
  readonly phase: FtpPhase;
  /** False: pause the socket. What arrives all the same is kept up to `LIMITS.ftpPipelinedBytes`, then the session ends. */
  readonly wantsInput: boolean;
  /**
   * Commands wait until the replies so far are sent: when the socket has drained call `resume()`. Only so is the memory
   * bounded that a client can make us hold by asking much and reading nothing.
   */
  readonly waitsForOutput: boolean;
  /** When `tick()` is wanted next; undefined: not at all. Ask again after every call. */
  readonly deadlineMs: number | undefined;
  /** Takes bytes of the control connection; no bytes make it throw. The chunk is copied where it must be kept. */
  receive(chunk: Uint8Array, nowMs: number): readonly FtpAction[];
  /**
   * A transfer's store side is open: 150 is owed to the client.
   *
   * @param info - `totalBytes`: what is going to be sent, told in the reply. `path`: the name that STOU chose.
   */
  opened(id: number, info?: { readonly totalBytes?: number; readonly path?: VirtualPath }): readonly FtpAction[];
  /**
   * Takes the result of an action; each `id` is settled once, also after the session has closed.
   *
   * @throws PortholeError `PORTHOLE_ERR_STATE` when no such action is under way.
   */
  settle(outcome: FtpOutcome, nowMs: number): readonly FtpAction[];
  /** Bytes that a transfer has moved so far: STAT tells them. */
  transferBytes(id: number, bytes: number): void;
  /** The TLS handshake that an `upgrade` action asked for is done. */
  secured(nowMs: number): readonly FtpAction[];
  /** Goes on after `waitsForOutput`. */
  resume(nowMs: number): readonly FtpAction[];
  tick(nowMs: number): readonly FtpAction[];
  /** The peer sends no more (FIN or a broken connection): what it asked for is finished, then `close` comes. */
  end(nowMs: number): readonly FtpAction[];
  /** Says 421 with this text, aborts a transfer and closes. For a graceful end let the transfer settle first. */
  shutdown(text: string): readonly FtpAction[];
  /** Every byte owed to the peer, in order; empties the queue. Empty when nothing is owed. */
  takeOutput(): Uint8Array;
}
