/**
 * The options of a Telnet server, in one schema.
 *
 * @module
 */

import type { z } from "zod";
import type { Authenticate } from "../../contracts/credentials.ts";
import { LIMITS } from "../../contracts/limits.ts";
import { announceSchema } from "../announce-options.ts";
import { proxiesSchema } from "../arrivals-options.ts";
import { argumentError, parseOptions } from "../options.ts";
import { DEFAULT_PASSWORD, DEFAULT_USER } from "../protected-mode.ts";
import { tlsSchema } from "../tls-options.ts";
import type { TlsOption, TlsSettings } from "../tls-settings.ts";
import { type UsersOption, usersSchema } from "../users-options.ts";
import { schemaOf } from "../zod.ts";
import type { RecordSettings } from "./recording.ts";

/** What a Telnet server can be told. Everything may be left out. */
export interface TelnetServerOptions {
  /** At most 256 bytes of UTF-8. Default `micro`. */
  readonly user?: string | undefined;
  /** At most 256 bytes of UTF-8. Default `python`. */
  readonly password?: string | undefined;
  /** Several users in place of `user` and `password`, which must not be given then. Who has the right `prompt` gets in. */
  readonly users?: UsersOption | undefined;
  /** Checks logins in place of `user` and `password`. Whose account has no right `prompt` is not let in. */
  readonly authenticate?: Authenticate | undefined;
  /**
   * Seconds without a key and without output after which a user is sent away, 1 to 86,400; with `limits: "device"` from
   * 120 on. Default 300.
   */
  readonly timeout?: number | undefined;
  /** Seconds from the connection to a right login, 1 to 86,400. Default 60. */
  readonly loginTimeout?: number | undefined;
  /** Shown after a right login in place of the usual text, at most 128 characters. */
  readonly loginMessage?: string | undefined;
  /**
   * Where to listen. Default `127.0.0.1`. With the default user and password a loopback address is listened on,
   * whatever is said here.
   */
  readonly host?: string | undefined;
  /** 0 (any free port) to 65,535. Default 2323. */
  readonly port?: number | undefined;
  /** Encrypts the whole port from the first byte (`telnets`). Default: not encrypted. */
  readonly tls?: TlsOption | undefined;
  /** Connections at once from one address, 1 to 10,000; the next is closed. Default 20. */
  readonly maxClientsPerAddress?: number | undefined;
  /**
   * Proxies whose connections begin with a PROXY header (version 1 or 2), as addresses or networks. Default: none, and
   * no such header is believed.
   */
  readonly proxies?: readonly string[] | undefined;
  /**
   * Servers of one process that are given the same name here count wrong logins together, and the sessions of each
   * account, in whichever threads they are. Default: each counts for itself.
   */
  readonly guardGroup?: string | undefined;
  /**
   * Announces the server by mDNS (Bonjour, Avahi) as `_telnet._tcp` or, when encrypted, `_telnets._tcp`, under this name or the host's, at most 63
   * bytes. A server that listens on loopback is announced to this machine only. Default false.
   */
  readonly announce?: boolean | string | undefined;
  /** A file that every event is added to, as a line of JSON with `time` and `service`. */
  readonly auditLog?: string | undefined;
  /**
   * A directory for recordings of what users at the prompt were shown, one asciicast v2 file each. `input: true` records
   * what they typed too, with all secrets in it. Default: none.
   */
  readonly record?: string | { readonly directory: string; readonly input?: boolean | undefined } | undefined;
  /** Lets the default user and password in from everywhere. Default false. */
  readonly allowDefaultPassword?: boolean | undefined;
  /** `device`: the limits of the device. While a client is connected nobody else can connect. */
  readonly limits?: "device" | undefined;
}

/** The options with their defaults: plain data but for `authenticate`. */
export interface TelnetServerSettings {
  readonly user: string;
  readonly password: string;
  readonly users?: UsersOption | undefined;
  readonly authenticate?: Authenticate | undefined;
  readonly timeout: number;
  readonly loginTimeout: number;
  readonly loginMessage?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings | undefined;
  readonly maxClientsPerAddress: number;
  readonly proxies: readonly string[];
  readonly guardGroup?: string | undefined;
  readonly announce?: boolean | string | undefined;
  readonly auditLog?: string | undefined;
  readonly record?: RecordSettings | undefined;
  readonly allowDefaultPassword: boolean;
  readonly limits?: "device" | undefined;
}

const mostBytes = LIMITS.telnetLoginLineBytes.value;

const schema: () => z.ZodType<TelnetServerSettings> = schemaOf((z) => {
  /** What can be typed as one line at a prompt. */
  const credential = z
    .string()
    .refine((text) => text !== "" && new TextEncoder().encode(text).length <= mostBytes, {
      error: `1 to ${mostBytes} bytes of UTF-8`,
    })
    .refine((text) => !/\p{Cc}/u.test(text), { error: "free of control characters" });
  const seconds = z.int().min(1).max(86_400);

  const record: z.ZodType<RecordSettings> = z.preprocess(
    (value) => (typeof value === "string" ? { directory: value } : value),
    z.strictObject({ directory: z.string().min(1), input: z.boolean().default(false) }),
  );

  return z
    .strictObject({
      user: credential.default(DEFAULT_USER),
      password: credential.default(DEFAULT_PASSWORD),
      users: usersSchema().optional(),
      authenticate: z
        .custom<Authenticate>((value) => typeof value === "function", { error: "a function", params: { kind: "type" } })
        .optional(),
      timeout: seconds.default(300),
      loginTimeout: seconds.default(LIMITS.telnetLoginSeconds.value),
      loginMessage: z.string().max(128).optional(),
      host: z.string().min(1).max(255).default("127.0.0.1"),
      port: z.int().min(0).max(65_535).default(2323),
      tls: tlsSchema().optional(),
      maxClientsPerAddress: z.int().min(1).max(10_000).default(LIMITS.telnetConnectionsPerAddress.value),
      proxies: proxiesSchema().default([]),
      guardGroup: z.string().min(1).max(100).optional(),
      announce: announceSchema().optional(),
      auditLog: z.string().min(1).optional(),
      record: record.optional(),
      allowDefaultPassword: z.boolean().default(false),
      limits: z.enum(["device"]).optional(),
    })
    .refine(({ limits, timeout }) => limits !== "device" || timeout >= 120, {
      path: ["timeout"],
      error: 'at least 120 with limits: "device"',
    })
    .refine(({ limits, user, password }) => limits !== "device" || Math.max(user.length, password.length) <= 32, {
      path: ["user"],
      error: 'at most 32 characters, and so must password, with limits: "device"',
    });
});

/**
 * Checks options and fills in the defaults.
 *
 * @throws TypeError or RangeError with code `PORTHOLE_ERR_ARGUMENT`.
 */
export function parseTelnetServerOptions(what: string, options: TelnetServerOptions): TelnetServerSettings {
  const { users, user, password, authenticate } = options ?? {};
  if (users !== undefined && (user ?? password ?? authenticate) !== undefined) {
    throw argumentError("type", `${what}: give users, or user and password, or authenticate, not several of them`);
  }
  return parseOptions(what, schema(), options);
}
