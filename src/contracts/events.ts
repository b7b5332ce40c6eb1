/**
 * What servers tell the program that runs them: plain data, so that it crosses threads and fits on one line of a log.
 * No event holds a password or a key that somebody typed.
 *
 * @module
 */

import type { LeaveReason } from "./repl.ts";

/** Whose event it is: one connection from accept to its end. */
export interface EventSession {
  /** Counts up within one server. */
  readonly sessionId: number;
  /** Address of the peer, without port. */
  readonly address: string;
  /** The peer's port. */
  readonly port: number;
}

/** @inline */
interface Listening {
  readonly type: "listening";
  readonly host: string;
  readonly port: number;
}

/**
 * Protected mode is why `host` is listened on and not the `askedHost`.
 *
 * @inline
 */
interface Protected {
  readonly type: "protected";
  readonly askedHost: string;
  readonly host: string;
}

/**
 * Too many wrong logins: nobody gets in from this address for so many seconds, whatever the password.
 *
 * @inline
 */
interface LockedOut extends EventSession {
  readonly type: "locked-out";
  readonly seconds: number;
}

/** @inline */
interface Left extends EventSession {
  readonly type: "left";
  /** Undefined for one who has not logged in. */
  readonly user: string | undefined;
  /** Since the connection came. */
  readonly seconds: number;
}

/** @inline */
export interface ServerFailure {
  readonly type: "error";
  readonly message: string;
}

/**
 * The certificate that is shown from now on.
 *
 * @inline
 */
export interface CertificateEvent {
  readonly type: "certificate";
  /** SHA-256, as `AB:CD:…`; what a client is shown at its first visit. */
  readonly fingerprint: string;
  /** When it runs out, milliseconds since 1970. */
  readonly expiresMs: number;
  /** True: made by Porthole, so that no client trusts it unasked. */
  readonly selfSigned: boolean;
}

/**
 * What a Telnet server tells. Those about a connection have the fields of {@link EventSession} too.
 *
 * | `type` | when | fields |
 * | --- | --- | --- |
 * | `listening` | it listens, or listens again after a pause | `host`, `port` |
 * | `certificate` | with TLS: the certificate that is shown from now on | `fingerprint` (SHA-256), `expiresMs`, `selfSigned` |
 * | `protected` | the default password keeps it to this machine | `askedHost`, `host` |
 * | `closed` | it listens no more | |
 * | `connected` | somebody has connected | |
 * | `login-failed` | a wrong login; `user` is `***` unless the name is right | `user`, `attempt` |
 * | `locked-out` | too many wrong logins from this address | `seconds` |
 * | `logged-in` | a user sits at the prompt | `user` |
 * | `watching` | a user watches the one at the prompt | `user` |
 * | `left` | the connection is over | `user`, `reason` |
 * | `refused` | a connection was not taken | `reason` |
 * | `error` | something failed that concerns no client | `message` |
 */
export type TelnetServerEvent =
  | Listening
  | CertificateEvent
  | Protected
  | { readonly type: "closed" }
  | ({ readonly type: "connected" } & EventSession)
  // `user` is `***` unless it is the right name: what else was typed there might be a password.
  | ({ readonly type: "login-failed"; readonly user: string; readonly attempt: number } & EventSession)
  | LockedOut
  | ({ readonly type: "logged-in"; readonly user: string } & EventSession)
  | ({ readonly type: "watching"; readonly user: string } & EventSession)
  | ({ readonly reason: LeaveReason } & Left)
  | ({ readonly type: "refused"; readonly reason: string } & EventSession)
  | ServerFailure;

/** Which way a transfer's bytes go, seen from the server as in RFC 959: `retrieve` is a download. */
export type TransferKind = "retrieve" | "store" | "append" | "listing";

/** A transfer at one moment, also in `sessions()`. */
export interface TransferInfo {
  /** Counts up within one server. */
  readonly transferId: number;
  /** Which way it goes. */
  readonly kind: TransferKind;
  /** Where the file is in the store, from its root. */
  readonly path: string;
  /** TYPE A: line ends are changed on the way. */
  readonly ascii: boolean;
  /** Bytes moved so far. */
  readonly bytes: number;
  /** Bytes that are going to move, when known. */
  readonly totalBytes: number | undefined;
  /** Seconds since it began. */
  readonly seconds: number;
}

/**
 * What an FTP server tells. Those about a connection have the fields of {@link EventSession} too, those about a transfer
 * the fields of {@link TransferInfo}.
 *
 * | `type` | when | fields |
 * | --- | --- | --- |
 * | `listening` | it listens, or listens again after a pause | `host`, `port` |
 * | `certificate` | with TLS: the certificate that is shown from now on | `fingerprint` (SHA-256), `expiresMs`, `selfSigned` |
 * | `protected` | the default password keeps it to this machine | `askedHost`, `host` |
 * | `closed` | it listens no more | |
 * | `connected` | somebody has connected | |
 * | `login-failed` | a wrong login; `user` is `***` unless the name is right | `user`, `attempt` |
 * | `locked-out` | too many wrong logins from this address | `seconds` |
 * | `logged-in` | a right login | `user` |
 * | `left` | the connection is over | `user`, `reason` |
 * | `refused` | a connection was not taken | `reason` |
 * | `transfer-start` | a transfer or a listing begins | `user` |
 * | `transfer-progress` | it goes on: at most four times a second | `user` |
 * | `transfer-end` | it is over | `user`, `result` |
 * | `upload` | a whole file is there under its name | `user`, `path`, `bytes` of this upload |
 * | `change` | a file or directory was changed otherwise | `user`, `change`, `path`, `to` of a rename |
 * | `error` | something failed that concerns no client | `message` |
 */
export type FtpServerEvent =
  | Listening
  | CertificateEvent
  | Protected
  | { readonly type: "closed" }
  | ({ readonly type: "connected" } & EventSession)
  | ({ readonly type: "login-failed"; readonly user: string; readonly attempt: number } & EventSession)
  | LockedOut
  | ({ readonly type: "logged-in"; readonly user: string } & EventSession)
  | ({ readonly reason: string } & Left)
  | ({ readonly type: "refused"; readonly reason: string } & EventSession)
  | ({ readonly type: "transfer-start"; readonly user: string } & EventSession & TransferInfo)
  | ({ readonly type: "transfer-progress"; readonly user: string } & EventSession & TransferInfo)
  | ({
      readonly type: "transfer-end";
      readonly user: string;
      readonly result: "complete" | "aborted" | "failed" | "refused";
    } & EventSession &
      TransferInfo)
  /** A whole file has come and is there under its name; `bytes` came with this upload. */
  | ({ readonly type: "upload"; readonly user: string; readonly path: string; readonly bytes: number } & EventSession)
  | ({
      readonly type: "change";
      readonly user: string;
      readonly change: "delete" | "make-directory" | "remove-directory" | "rename" | "set-modified" | "set-mode";
      readonly path: string;
      readonly to?: string;
    } & EventSession)
  | ServerFailure;
