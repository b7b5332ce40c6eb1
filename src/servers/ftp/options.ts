/**
 * What an FTP server can be told, and what it does when it is told nothing.
 *
 * @module
 */

import { isIPv4 } from "node:net";
import { z } from "zod";
import type { Account, Authenticate } from "../../contracts/credentials.ts";
import { LIMITS } from "../../contracts/limits.ts";
import type { Store } from "../../contracts/store.ts";
import { proxiesSchema } from "../arrivals.ts";
import { argumentError, parseOptions } from "../options.ts";
import { DEFAULT_PASSWORD, DEFAULT_USER } from "../protected-mode.ts";
import { type TlsOption, type TlsSettings, tlsSchema } from "../tls-options.ts";
import { type AnonymousOptions, anonymousSchema, type UsersOption, usersSchema } from "../users-options.ts";
import type { OnUpload } from "./uploaded-file.ts";

/** The files of an account, when not all of them see the same. The server never closes a store. */
export type StoreOf = (account: Account) => Store | Promise<Store>;

/** The IPv4 address that a client is told to connect to for data; undefined: the one that it came to. */
export type PassiveHost = string | ((clientAddress: string) => string | undefined);

export interface FtpServerOptions {
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
  /** Bytes that one transfer holds at the most, 512 to 16 MiB. Default 1 MiB. */
  readonly buffsize?: number;
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
  /** A file that every event is added to, as a line of JSON with `time` and `service`. */
  readonly auditLog?: string;
  /** A file that every download and upload is added to, as wu-ftpd's log of transfers. Times are UTC. */
  readonly xferlog?: string;
  /** Ports for passive data connections, both ends included. Default: any free port. */
  readonly passivePorts?: { readonly from: number; readonly to: number };
  /** For a server behind NAT. Default: the address that the client came to. */
  readonly passiveHost?: PassiveHost;
  /** Allow PORT and EPRT, to the client's own address only. Default false. */
  readonly active?: boolean;
  /** Offer encryption: AUTH TLS, or from the first byte. Default: none. */
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
  readonly buffsizeBytes: number;
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
  readonly proxies: readonly string[];
  readonly guardGroup: string | undefined;
  readonly auditLog: string | undefined;
  readonly xferlog: string | undefined;
  readonly passivePorts: { readonly from: number; readonly to: number } | undefined;
  readonly passiveHost: PassiveHost | undefined;
  readonly active: boolean;
  readonly tls: TlsSettings | undefined;
  readonly readOnly: boolean;
  readonly deviceLimits: boolean;
  readonly accelerator: boolean;
  readonly greeting: readonly string[] | undefined;
  readonly allowDefaultPassword: boolean;
}

const DEVICE = { passivePort: 2024, buffsizeBytes: 1_024, mostBuffsizeBytes: 10_240, leastTimeout: 120 };
const DEFAULT_BUFFSIZE_BYTES = 1_048_576;

const port = z.int().min(1).max(65_535);
const seconds = z.int().min(1).max(86_400);
const shortSeconds = z.int().min(1).max(3_600);
const callable = (what: string) =>
  z.custom<never>((value) => typeof value === "function", { error: what, params: { kind: "type" } });

const store = z.custom<Store | StoreOf>(
  (value) => typeof value === "function" || (typeof value === "object" && value !== null && "openRead" in value),
  { error: "a store or a function that gives one", params: { kind: "type" } },
);

const passiveHost = z.custom<PassiveHost>(
  (value) => typeof value === "function" || (typeof value === "string" && isIPv4(value)),
  { error: "an IPv4 address or a function that gives one" },
);

type Given = { readonly store: Store | StoreOf; readonly tls?: TlsSettings | undefined } & {
  readonly [Name in keyof Omit<FtpServerOptions, "store" | "tls">]: FtpServerOptions[Name] | undefined;
};

/** As much as Telnet's login takes. */
const credential = z.string().refine((text) => Buffer.byteLength(text) <= LIMITS.telnetLoginLineBytes.value, {
  error: `at most ${LIMITS.telnetLoginLineBytes.value} bytes of UTF-8`,
});

const schema: z.ZodType<Given> = z.strictObject({
  store,
  user: credential.min(1).optional(),
  password: credential.optional(),
  authenticate: callable("a function").optional(),
  users: usersSchema.optional(),
  anonymous: anonymousSchema.optional(),
  onUpload: callable("a function").optional(),
  timeout: seconds.optional(),
  loginTimeout: seconds.optional(),
  connectTimeout: shortSeconds.optional(),
  stallTimeout: shortSeconds.optional(),
  buffsize: z.int().min(512).max(16_777_216).optional(),
  maxClients: z.int().min(1).max(10_000).optional(),
  maxClientsPerAddress: z.int().min(1).max(10_000).optional(),
  proxies: proxiesSchema.optional(),
  guardGroup: z.string().min(1).max(100).optional(),
  auditLog: z.string().min(1).optional(),
  xferlog: z.string().min(1).optional(),
  passivePorts: z.strictObject({ from: port, to: port }).optional(),
  passiveHost: passiveHost.optional(),
  active: z.boolean().optional(),
  tls: tlsSchema.optional(),
  readOnly: z.boolean().optional(),
  limits: z.literal("device").optional(),
  greeting: z.array(z.string()).min(1).max(50).optional(),
  accelerator: z.boolean().optional(),
  allowDefaultPassword: z.boolean().optional(),
});

/**
 * Checks options and fills in defaults.
 *
 * @throws a `TypeError` or `RangeError` with code `PORTHOLE_ERR_ARGUMENT`.
 */
export function parseFtpOptions(options: FtpServerOptions): FtpSettings {
  const given = parseOptions("createFtpServer", schema, options);
  const ports = given.passivePorts;
  if (ports !== undefined && ports.from > ports.to) {
    throw argumentError(
      "range",
      `createFtpServer: passivePorts is ${ports.from}-${ports.to}; it must not run backwards`,
    );
  }
  const one = given.user !== undefined || given.password !== undefined;
  if ([given.authenticate !== undefined, given.users !== undefined, one].filter(Boolean).length > 1) {
    throw argumentError(
      "type",
      "createFtpServer: give authenticate, or users, or user and password, not several of them",
    );
  }
  const device = given.limits === "device";
  if (device) checkDeviceLimits(given);
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
    buffsizeBytes: given.buffsize ?? (device ? DEVICE.buffsizeBytes : DEFAULT_BUFFSIZE_BYTES),
    maxClients: given.maxClients ?? (device ? 1 : LIMITS.ftpConnections.value),
    maxClientsPerAddress: given.maxClientsPerAddress ?? given.maxClients ?? LIMITS.ftpConnectionsPerAddress.value,
    proxies: given.proxies ?? [],
    guardGroup: given.guardGroup,
    auditLog: given.auditLog,
    xferlog: given.xferlog,
    passivePorts: ports ?? (device ? { from: DEVICE.passivePort, to: DEVICE.passivePort } : undefined),
    passiveHost: given.passiveHost,
    active: given.active ?? false,
    tls: given.tls,
    readOnly: given.readOnly ?? false,
    deviceLimits: device,
    accelerator: given.accelerator ?? true,
    greeting: given.greeting,
    allowDefaultPassword: given.allowDefaultPassword ?? false,
  };
}

function checkDeviceLimits(given: Given): void {
  const wrong = (what: string) => argumentError("range", `createFtpServer: with limits "device" ${what}`);
  if (given.active === true) throw wrong("there are no active transfers");
  if (given.maxClients !== undefined && given.maxClients !== 1) {
    throw wrong(`maxClients is 1, not ${given.maxClients}`);
  }
  if (given.buffsize !== undefined && given.buffsize > DEVICE.mostBuffsizeBytes) {
    throw wrong(`buffsize is ${given.buffsize}; it must be at most ${DEVICE.mostBuffsizeBytes}`);
  }
  if (given.timeout !== undefined && given.timeout < DEVICE.leastTimeout) {
    throw wrong(`timeout is ${given.timeout}; it must be at least ${DEVICE.leastTimeout}`);
  }
}

const listenSchema = z.strictObject({
  host: z.string().min(1).max(255).optional(),
  port: z.int().min(0).max(65_535).optional(),
  signal: z
    .custom<AbortSignal>((value) => value instanceof AbortSignal, { error: "an AbortSignal", params: { kind: "type" } })
    .optional(),
});

export interface FtpListenOptions {
  /** Default `127.0.0.1`. In protected mode (default user and password) loopback is listened on instead of a wider address. */
  readonly host?: string;
  /** 0 is any free port. Default 2121. */
  readonly port?: number;
  /** Closes the server when it is aborted, at once. */
  readonly signal?: AbortSignal;
}

export function parseListenOptions(options: FtpListenOptions): {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal | undefined;
} {
  const { host = "127.0.0.1", port = 2121, signal } = parseOptions("listen", listenSchema, options);
  return { host, port, signal };
}
