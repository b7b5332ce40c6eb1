/**
 * What the FTP engine asks its shell to do, and what the shell answers. Every action with an `id` is settled exactly
 * once with {@link FtpOutcome}; the engine turns the outcome into the command's final reply.
 *
 * @module
 */

import type { Account, Secret } from "../../contracts/credentials.ts";
import type { StorageErrorKind } from "../../contracts/errors.ts";
import type { Entry, VirtualPath } from "../../contracts/store.ts";

/** A call of the account's store; the value of a right outcome stands behind it. */
export type StoreCall =
  | { readonly name: "stat"; readonly path: VirtualPath } // Entry
  | { readonly name: "remove"; readonly path: VirtualPath } // undefined
  | { readonly name: "make-directory"; readonly path: VirtualPath }
  | { readonly name: "remove-directory"; readonly path: VirtualPath }
  | { readonly name: "rename"; readonly path: VirtualPath; readonly to: VirtualPath }
  | { readonly name: "set-modified"; readonly path: VirtualPath; readonly modifiedMs: number }
  | { readonly name: "set-mode"; readonly path: VirtualPath; readonly mode: number }
  | { readonly name: "free-bytes"; readonly path: VirtualPath } // number
  | {
      readonly name: "hash"; // string: lower-case hexadecimal digits
      readonly path: VirtualPath;
      readonly algorithm: HashAlgorithm;
      readonly startBytes: number;
      /** Undefined: to the end of the file. */
      readonly endBytes: number | undefined;
    };

export type HashAlgorithm = "CRC32" | "MD5" | "SHA-1" | "SHA-256" | "SHA-512";

/** How a listing is written; `protocol/ftp/listing.ts` formats single entries. */
export type ListingFormat =
  | { readonly format: "list" }
  | { readonly format: "nlst" }
  | { readonly format: "mlsd"; readonly facts: readonly MlstFact[] };

export type MlstFact = "type" | "size" | "modify" | "perm" | "unix.mode";

/** What is to go over the data connection. */
export type FtpTransfer =
  | {
      readonly kind: "retrieve";
      readonly path: VirtualPath;
      readonly startBytes: number;
      /** TYPE A: every LF not behind a CR is sent as CR LF (RFC 959 §3.1.1.1). */
      readonly ascii: boolean;
    }
  | {
      readonly kind: "store";
      readonly path: VirtualPath;
      readonly mode: "replace" | "unique" | "append" | "update";
      readonly startBytes: number;
      /** TYPE A: CR LF is stored as LF. */
      readonly ascii: boolean;
      /** From ALLO or a preceding promise of the client; undefined: not told. */
      readonly expectedBytes: number | undefined;
    }
  | ({
      readonly kind: "listing";
      /** A directory, or a file that is listed alone. */
      readonly path: VirtualPath;
      /** Only names that match this pattern (`*`, `?`, `[…]`); undefined: all. */
      readonly pattern: string | undefined;
      /** Names that begin with a dot too (LIST -a). */
      readonly all: boolean;
      /** What is put before each name for NLST: the directory as the client wrote it, with "/", or empty. */
      readonly prefix: string;
    } & ListingFormat);

export type FtpAction =
  | { readonly type: "authenticate"; readonly id: number; readonly user: string; readonly secret: Secret }
  | { readonly type: "store"; readonly id: number; readonly call: StoreCall }
  /** PASV, EPSV: listen for the data connection; a listener or connection that was there before is closed. */
  | { readonly type: "listen"; readonly id: number; readonly extended: boolean }
  /** PORT, EPRT: remember where to connect to at the next transfer. The engine has checked address and port. */
  | { readonly type: "connect-to"; readonly id: number; readonly host: string; readonly port: number }
  /**
   * Open the store's side first, then say `opened` (the engine replies 150), wait for the data connection, move the
   * bytes, settle. A store that refuses is settled without `opened`: the listener, a connection made to it, or the address of
   * PORT then stays for the next transfer; otherwise it is used up. Bytes that a client sent before 150 count.
   *
   * A missing directory or file is `not-found`. An offset beyond the end is `unsupported`. A listing in the format
   * `mlsd` of a file is `not-directory`; in the other formats the file is listed alone.
   */
  | { readonly type: "transfer"; readonly id: number; readonly transfer: FtpTransfer }
  /**
   * STAT path: the listing goes over the control connection; settle with the formatted lines, without line ends,
   * altogether at most `LIMITS.ftpListingBytes`.
   */
  | { readonly type: "list-inline"; readonly id: number; readonly transfer: FtpTransfer & { readonly kind: "listing" } }
  /** ABOR: the transfer of that id is to end soon; it is settled with `aborted`. */
  | { readonly type: "abort"; readonly id: number }
  /** REIN, USER or AUTH after a login: forget the data connection, its listener and the account. */
  | { readonly type: "reset" }
  /**
   * AUTH TLS was answered: send the output, then hand the control connection with all that arrives from now on to TLS,
   * and say `secured` after the handshake. Plain bytes that came before are dropped by the engine.
   */
  | { readonly type: "upgrade" }
  /** PROT: whether the next data connections are private. */
  | { readonly type: "protect"; readonly private: boolean }
  /** Close the control connection when the output is flushed. */
  | { readonly type: "close"; readonly reason: string };

/** Why an action did not succeed, beside what a store can say. */
export type FtpFailureKind =
  | StorageErrorKind
  | "bad-credentials"
  | "too-many-sessions"
  | "no-data-connection" // none came in time, or none was asked for: 425
  | "session-not-reused" // the data connection did not resume the control connection's TLS session: 522
  | "connection-lost" // the data connection broke: 426
  | "stalled" // no byte moved in time: 426
  | "aborted" // by ABOR: 426, then 226
  | "refused"; // the program said no to an upload: 550 with `peerText`

export type FtpOutcome =
  | { readonly id: number; readonly ok: true; readonly value?: FtpValue }
  | { readonly id: number; readonly ok: false; readonly kind: FtpFailureKind; readonly peerText?: string };

export type FtpValue =
  | { readonly type: "account"; readonly account: Account }
  | { readonly type: "entry"; readonly entry: Entry }
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "lines"; readonly lines: readonly string[] }
  /** Where the passive listener is, as the client is to be told: IPv4 dotted or IPv6. */
  | { readonly type: "address"; readonly host: string; readonly port: number }
  /** A transfer that is complete: the path that was written (STOU tells it) and its bytes. */
  | { readonly type: "transferred"; readonly path: VirtualPath; readonly bytes: number };
