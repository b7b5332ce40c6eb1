/**
 * The check of what an FTP server is told.
 *
 * @module
 */

import { isIPv4 } from "node:net";
import type { z } from "zod";
import { LIMITS } from "../../contracts/limits.ts";
import type { Store } from "../../contracts/store.ts";
import { announceSchema } from "../announce-options.ts";
import { proxiesSchema } from "../arrivals-options.ts";
import { argumentError, parseOptions } from "../options.ts";
import { tlsSchema } from "../tls-options.ts";
import { anonymousSchema, usersSchema } from "../users-options.ts";
import { schemaOf } from "../zod.ts";
import type { PassiveHost } from "./passive-host.ts";
import {
  DEVICE,
  type FtpListenOptions,
  type FtpListenSettings,
  type FtpServerOptions,
  type FtpSettings,
  ftpSettings,
  type GivenFtpOptions,
  listenSettings,
  type StoreOf,
} from "./settings.ts";

const schema: () => z.ZodType<GivenFtpOptions> = schemaOf((z) => {
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

  /** As much as Telnet's login takes. */
  const credential = z.string().refine((text) => Buffer.byteLength(text) <= LIMITS.telnetLoginLineBytes.value, {
    error: `at most ${LIMITS.telnetLoginLineBytes.value} bytes of UTF-8`,
  });

  return z.strictObject({
    store,
    user: credential.min(1).optional(),
    password: credential.optional(),
    authenticate: callable("a function").optional(),
    users: usersSchema().optional(),
    anonymous: anonymousSchema().optional(),
    onUpload: callable("a function").optional(),
    timeout: seconds.optional(),
    loginTimeout: seconds.optional(),
    connectTimeout: shortSeconds.optional(),
    stallTimeout: shortSeconds.optional(),
    storeTimeout: shortSeconds.optional(),
    buffsize: z.int().min(512).max(16_777_216).optional(),
    maxUploadBytes: z.int().min(1).optional(),
    maxClients: z.int().min(1).max(10_000).optional(),
    maxClientsPerAddress: z.int().min(1).max(10_000).optional(),
    proxies: proxiesSchema().optional(),
    guardGroup: z.string().min(1).max(100).optional(),
    announce: announceSchema().optional(),
    auditLog: z.string().min(1).optional(),
    xferlog: z.string().min(1).optional(),
    passivePorts: z.strictObject({ from: port, to: port }).optional(),
    passiveHost: passiveHost.optional(),
    active: z.boolean().optional(),
    tls: tlsSchema().optional(),
    readOnly: z.boolean().optional(),
    limits: z.literal("device").optional(),
    greeting: z.array(z.string()).min(1).max(50).optional(),
    accelerator: z.boolean().optional(),
    dataWorkers: z.int().min(0).max(16).optional(),
    allowDefaultPassword: z.boolean().optional(),
  });
});

/**
 * Checks options and fills in defaults.
 *
 * @param what - The function that was called, for messages.
 * @throws a `TypeError` or `RangeError` with code `PORTHOLE_ERR_ARGUMENT`.
 */
export function parseFtpOptions(options: FtpServerOptions, what: string = "createFtpServer"): FtpSettings {
  const given = parseOptions(what, schema(), options);
  const ports = given.passivePorts;
  if (ports !== undefined && ports.from > ports.to) {
    throw argumentError("range", `${what}: passivePorts is ${ports.from}-${ports.to}; it must not run backwards`);
  }
  const one = given.user !== undefined || given.password !== undefined;
  if ([given.authenticate !== undefined, given.users !== undefined, one].filter(Boolean).length > 1) {
    throw argumentError("type", `${what}: give authenticate, or users, or user and password, not several of them`);
  }
  if (given.limits === "device") checkDeviceLimits(given, what);
  return ftpSettings(given);
}

function checkDeviceLimits(given: GivenFtpOptions, what: string): void {
  const wrong = (text: string) => argumentError("range", `${what}: with limits "device" ${text}`);
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

const listenSchema = schemaOf((z) =>
  z.strictObject({
    host: z.string().min(1).max(255).optional(),
    port: z.int().min(0).max(65_535).optional(),
    signal: z
      .custom<AbortSignal>((value) => value instanceof AbortSignal, {
        error: "an AbortSignal",
        params: { kind: "type" },
      })
      .optional(),
  }),
);

/** As {@link parseFtpOptions}, of `listen()`. */
export function parseListenOptions(options: FtpListenOptions, what: string = "listen"): FtpListenSettings {
  return listenSettings(parseOptions(what, listenSchema(), options));
}
