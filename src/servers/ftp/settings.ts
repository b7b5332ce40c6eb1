/**
 * What an FTP server can be told, and what it does when it is told nothing.
 *
 * Nothing is checked here, so that a thread or a command whose options were checked already needs no schemas, which take
 * megabytes.
 *
 * @module
 */

import type { Account, Authenticate } from "../../contracts/credentials.ts";
import { LIMITS } from "../../contracts/limits.ts";
import type { Store } from "../../contracts/store.ts";
import { spareProcessors } from "../../native/helper-thread.ts";
import { DEFAULT_PASSWORD, DEFAULT_USER } from "../protected-mode.ts";
import type { TlsOption, TlsSettings } from "../tls-settings.ts";
import type { AnonymousOptions, UsersOption } from "../users-options.ts";
import type { PassiveHost } from "./passive-host.ts";
import type { OnUpload } from "./uploaded-file.ts";

/**
 * The files of an account, when not all of them see the same. Asked at each login; the server never closes a store, so give
 * the same one to the same account.
 */
export type StoreOf = (account: Account) => Store | Promise<Store>;

/** What an FTP server can be told. Everything but `store` may be left out. */
export interface FtpServerOptions {
  /** The files, the same for all accounts, or a function that gives each account its own. */
  readonly store: Store | StoreOf;
  /** The one user, 1 to 256 bytes of UTF-8. Default `micro`. */
  readonly user?: string;
  /** That user's password, at most 256 bytes of UTF-8. Default `python`. */
  readonly password?: string;
  /** Several users instead of `user` and `password`, which must not be given then. */
  readonly users?: UsersOption;
  /** Lets guests read and list: `anonymous` or `ftp` with any password. Default false. */
  readonly anonymous?: boolean | AnonymousOptions;
  /** Checks users instead of `user` and `password`, which must not be given then. */
  readonly authenticate?: Authenticate;
  /** Sees each finished upload before it appears, and may refuse it. */
  readonly onUpload?: OnUpload;
  /** Seconds without a command before a client is sent away, 1 to 86,400. A running transfer doesn't count. Default 300. */
  readonly timeout?: number;
  /** Seconds from the connection to a right login, 1 to 86,400. Default 60. */
  readonly loginTimeout?: number;
  /** Seconds for a data connection to come about, 1 to 3,600. Default 30. */
  readonly connectTimeout?: number;
  /** Seconds on which no byte of a transfer moves before it is cut, 1 to 3,600. Default 30. */
  readonly stallTimeout?: number;
  /**
   * Seconds for one answer of a store, 1 to 3,600: then the command that waits for it is answered 451, and the session
   * goes on. A store in a program's own thread does not answer while the program computes. Default 60.
   */
  readonly storeTimeout?: number;
  /** Bytes that one transfer holds at the most, 512 to 16 MiB. Default 1 MiB. */
  readonly buffsize?: number;
  /**
   * Bytes that a file may have, at least 1; an upload that makes it larger is ended with 552 while it comes, and nothing of
   * a new file is kept. With APPE and REST the older part counts too, and what was written before stays. Default: no bound.
   */
  readonly maxUploadBytes?: number;
  /** Clients at once, 1 to 10,000; the next is told 421. Default 32. */
  readonly maxClients?: number;
  /** Clients at once from one address, 1 to 10,000; the next is told 421. Default: `maxClients` when that is given, else 24. */
  readonly maxClientsPerAddress?: number;
  /**
   * Proxies whose connections begin with a PROXY header (version 1 or 2), as addresses or networks; also those to
   * passive ports. Default: none, and no such header is believed.
   */
  readonly proxies?: readonly string[];
  /**
   * Servers of one process that are given the same name here count wrong logins together, and the sessions of each
   * account, in whichever threads they are. Default: each counts for itself.
   */
  readonly guardGroup?: string;
  /**
   * Announces the server by mDNS (Bonjour, Avahi) as `_ftp._tcp` or, when encrypted from the first byte, `_ftps._tcp`, under this name or the host's, at most 63
   * bytes. A server that listens on loopback is announced to this machine only. Default false.
   */
  readonly announce?: boolean | string;
  /** A file that every event is added to, as a line of JSON with `time` and `service`. */
  readonly auditLog?: string;
  /** A file that every download and upload is added to, as wu-ftpd's log of transfers. Times are UTC. */
  readonly xferlog?: string;
  /** Ports for PASV (RFC 959) and EPSV (RFC 2428 section 3), both ends included, 1 to 65,535. Default: any free port. */
  readonly passivePorts?: { readonly from: number; readonly to: number };
  /**
   * For a server behind NAT; a function is asked at a session's first PASV, and waited for as long as `connectTimeout`.
   * Default: the address that the client came to.
   */
  readonly passiveHost?: PassiveHost;
  /** Allow PORT (RFC 959 section 4.1.2) and EPRT (RFC 2428 section 2), to the client's own address only. Default false. */
  readonly active?: boolean;
  /** Offer encryption: AUTH TLS (RFC 4217), or from the first byte. Default: none. */
  readonly tls?: TlsOption;
  /** Nobody may change anything, whatever an account's rights are. Default false. */
  readonly readOnly?: boolean;
  /**
   * `device`: one client, passive transfers on port 2024, PASV only; `buffsize` 512 to 10,240 with default 1024, and
   * `timeout` 120 to 86,400. What is given as well wins where the device has no fixed value for it.
   */
  readonly limits?: "device";
  /** Lines of the 220 reply. Default: Porthole's own. */
  readonly greeting?: readonly string[];
  /**
   * Send files with sendfile(2) and the like where the package koffi is installed; the bytes are the same without.
   * Default true. The environment's `PORTHOLE_ACCELERATOR=off` turns it off too.
   */
  readonly accelerator?: boolean;
  /**
   * Threads that encrypt and decrypt when several private transfers run at once, 0 to 16; 0: the server's own thread does
   * it all. They are started when they are needed, and need the package koffi as `accelerator` does. Default: one for each
   * processor beyond the second, at most 2; on two processors clients of the same machine are served slower by them.
   */
  readonly dataWorkers?: number;
  /** Listen on other addresses than loopback also with the default user and password. Default false. */
  readonly allowDefaultPassword?: boolean;
}

export interface FtpSettings {
  readonly store: Store | StoreOf;
  readonly user: string;
  readonly password: string;
  readonly authenticate: Authenticate | undefined;
  readonly users: UsersOption | undefined;
  readonly anonymous: boolean | AnonymousOptions;
  readonly onUpload: OnUpload | undefined;
  readonly idleMs: number;
  readonly loginMs: number;
  readonly connectMs: number;
  readonly stallMs: number;
  readonly storeMs: number;
  readonly buffsizeBytes: number;
  readonly maxUploadBytes: number | undefined;
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
  readonly proxies: readonly string[];
  readonly guardGroup: string | undefined;
  readonly announce: boolean | string;
  readonly auditLog: string | undefined;
  readonly xferlog: string | undefined;
  readonly passivePorts: { readonly from: number; readonly to: number } | undefined;
  readonly passiveHost: PassiveHost | undefined;
  readonly active: boolean;
  readonly tls: TlsSettings | undefined;
  readonly readOnly: boolean;
  readonly deviceLimits: boolean;
  readonly accelerator: boolean;
  readonly dataWorkers: number;
  readonly greeting: readonly string[] | undefined;
  readonly allowDefaultPassword: boolean;
}

/** Options that are right, as far as they are given. */
export type GivenFtpOptions = { readonly store: Store | StoreOf; readonly tls?: TlsSettings | undefined } & {
  readonly [Name in keyof Omit<FtpServerOptions, "store" | "tls">]: FtpServerOptions[Name] | undefined;
};

/** With `limits: "device"`. */
export const DEVICE = { passivePort: 2024, buffsizeBytes: 1_024, mostBuffsizeBytes: 10_240, leastTimeout: 120 };
/** Beyond these the thread that reads the files is what they wait for. */
const MOST_DATA_WORKERS = 2;
const DEFAULT_BUFFSIZE_BYTES = 1_048_576;

/** Fills in the defaults. */
export function ftpSettings(given: GivenFtpOptions): FtpSettings {
  const device = given.limits === "device";
  const ports = given.passivePorts;
  return {
    store: given.store,
    user: given.user ?? DEFAULT_USER,
    password: given.password ?? DEFAULT_PASSWORD,
    authenticate: given.authenticate,
    users: given.users,
    anonymous: given.anonymous ?? false,
    onUpload: given.onUpload,
    idleMs: (given.timeout ?? 300) * 1000,
    loginMs: (given.loginTimeout ?? LIMITS.ftpLoginSeconds.value) * 1000,
    connectMs: (given.connectTimeout ?? LIMITS.ftpDataConnectSeconds.value) * 1000,
    stallMs: (given.stallTimeout ?? LIMITS.ftpStallSeconds.value) * 1000,
    storeMs: (given.storeTimeout ?? LIMITS.ftpStoreSeconds.value) * 1000,
    buffsizeBytes: given.buffsize ?? (device ? DEVICE.buffsizeBytes : DEFAULT_BUFFSIZE_BYTES),
    maxUploadBytes: given.maxUploadBytes,
    maxClients: given.maxClients ?? (device ? 1 : LIMITS.ftpConnections.value),
    maxClientsPerAddress: given.maxClientsPerAddress ?? given.maxClients ?? LIMITS.ftpConnectionsPerAddress.value,
    proxies: given.proxies ?? [],
    guardGroup: given.guardGroup,
    announce: given.announce ?? false,
    auditLog: given.auditLog,
    xferlog: given.xferlog,
    passivePorts: ports ?? (device ? { from: DEVICE.passivePort, to: DEVICE.passivePort } : undefined),
    passiveHost: given.passiveHost,
    active: given.active ?? false,
    tls: given.tls,
    readOnly: given.readOnly ?? false,
    deviceLimits: device,
    accelerator: given.accelerator ?? true,
    dataWorkers: given.dataWorkers ?? Math.min(spareProcessors(), MOST_DATA_WORKERS),
    greeting: given.greeting,
    allowDefaultPassword: given.allowDefaultPassword ?? false,
  };
}

/** Where an FTP server listens. */
export interface FtpListenOptions {
  /** Default `127.0.0.1`. In protected mode (default user and password) loopback is listened on instead of a wider address. */
  readonly host?: string;
  /** 0 is any free port. Default 2121. */
  readonly port?: number;
  /** Closes the server when it is aborted, at once. */
  readonly signal?: AbortSignal;
}

export interface FtpListenSettings {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal | undefined;
}

/** As {@link GivenFtpOptions}, of `listen()`. */
export type GivenListenOptions = { readonly [Name in keyof FtpListenOptions]: FtpListenOptions[Name] | undefined };

/** Fills in the defaults. */
export function listenSettings({ host = "127.0.0.1", port = 2121, signal }: GivenListenOptions): FtpListenSettings {
  return { host, port, signal };
}
