/**
 * What servers tell the program that runs them: plain data, so that it crosses threads and fits on one line of a log.
 * No event holds a password or a key that somebody typed.
 *
 * @module
 */

import type { LeaveReason } from "./repl.ts";

interface Session {
  /** Counts up within one server. */
  readonly sessionId: number;
  /** Address of the peer, without port. */
  readonly address: string;
  readonly port: number;
}

interface Listening {
  readonly type: "listening";
  readonly host: string;
  readonly port: number;
}

/** Protected mode is why `host` is listened on and not the `askedHost`. */
interface Protected {
  readonly type: "protected";
  readonly askedHost: string;
  readonly host: string;
}

/** Too many wrong logins: nobody gets in from this address for so many seconds, whatever the password. */
interface LockedOut extends Session {
  readonly type: "locked-out";
  readonly seconds: number;
}

export interface ServerFailure {
  readonly type: "error";
  readonly message: string;
}

/** The certificate that is shown from now on. */
export interface CertificateEvent {
  readonly type: "certificate";
  /** SHA-256, as `AB:CD:…`; what a client is shown at its first visit. */
  readonly fingerprint: string;
  /** When it runs out, milliseconds since 1970. */
  readonly expiresMs: number;
  readonly selfSigned: boolean;
}

export type TelnetServerEvent =
  | Listening
  | CertificateEvent
  | Protected
  | { readonly type: "closed" }
  | ({ readonly type: "connected" } & Session)
  // `user` is `***` unless it is the right name: what else was typed there might be a password.
  | ({ readonly type: "login-failed"; readonly user: string; readonly attempt: number } & Session)
  | LockedOut
  | ({ readonly type: "logged-in"; readonly user: string } & Session)
  | ({ readonly type: "watching"; readonly user: string } & Session)
  | ({ readonly type: "left"; readonly user: string | undefined; readonly reason: LeaveReason } & Session)
  | ({ readonly type: "refused"; readonly reason: string } & Session)
  | ServerFailure;

/** Which way a transfer's bytes go, seen from the server as in RFC 959: `retrieve` is a download. */
export type TransferKind = "retrieve" | "store" | "append" | "listing";

export interface TransferInfo {
  readonly transferId: number;
  readonly kind: TransferKind;
  readonly path: string;
  /** TYPE A: line ends are changed on the way. */
  readonly ascii: boolean;
  /** Bytes moved so far. */
  readonly bytes: number;
  /** Bytes that are going to move, when known. */
  readonly totalBytes: number | undefined;
  readonly seconds: number;
}

export type FtpServerEvent =
  | Listening
  | CertificateEvent
  | Protected
  | { readonly type: "closed" }
  | ({ readonly type: "connected" } & Session)
  | ({ readonly type: "login-failed"; readonly user: string; readonly attempt: number } & Session)
  | LockedOut
  | ({ readonly type: "logged-in"; readonly user: string } & Session)
  | ({ readonly type: "left"; readonly user: string | undefined; readonly reason: string } & Session)
  | ({ readonly type: "refused"; readonly reason: string } & Session)
  | ({ readonly type: "transfer-start"; readonly user: string } & Session & TransferInfo)
  | ({ readonly type: "transfer-progress"; readonly user: string } & Session & TransferInfo)
  | ({
      readonly type: "transfer-end";
      readonly user: string;
      readonly result: "complete" | "aborted" | "failed" | "refused";
    } & Session &
      TransferInfo)
  /** A whole file has come and is there under its name; `bytes` came with this upload. */
  | ({ readonly type: "upload"; readonly user: string; readonly path: string; readonly bytes: number } & Session)
  | ({
      readonly type: "change";
      readonly user: string;
      readonly change: "delete" | "make-directory" | "remove-directory" | "rename" | "set-modified" | "set-mode";
      readonly path: string;
      readonly to?: string;
    } & Session)
  | ServerFailure;
