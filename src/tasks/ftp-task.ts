/**
 * `network.ftp`: the FTP server in a thread of its own, behind the device's methods. Transfers go on while the program
 * is busy.
 *
 * @module
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import { z } from "zod";
import { readCounters } from "../contracts/counters.ts";
import { PortholeError } from "../contracts/errors.ts";
import type { FtpServerEvent } from "../contracts/events.ts";
import type { Store } from "../contracts/store.ts";
import {
  FTP_DATA_STATES,
  FTP_STATES,
  type FtpDataState,
  type FtpState,
  type FtpStatus,
  type Task,
} from "../contracts/task.ts";
import { parseFtpOptions, parseListenOptions } from "../servers/ftp/options.ts";
import type { FtpServerOptions, FtpSettings } from "../servers/ftp/settings.ts";
import { argumentError, parseOptions } from "../servers/options.ts";
import { serveAuthenticate } from "./authenticate-proxy.ts";
import { servePassiveHost } from "./passive-host-proxy.ts";
import { createStatusReader } from "./status-cache.ts";
import { type StoreGivenOf, serveStoreOf } from "./store-of-proxy.ts";
import { type FilesSource, isStoreGiven, type StoreGiven, type StoreModule, toStoreSource } from "./store-source.ts";
import { parseThreadOptions, type ThreadOptions } from "./thread-options.ts";
import { serveUploads } from "./upload-proxy.ts";
import { watchable } from "./watch.ts";
import { WorkerTask } from "./worker-task.ts";

/** Options of `network.ftp.start()`: those of a server, where it listens, and one way to give it files. */
export interface FtpTaskOptions extends Omit<FtpServerOptions, "store">, ThreadOptions {
  /** A directory of the host. Default, without `mounts` and `store`: the working directory. */
  readonly root?: string;
  /** Several below one root, as the device has `/flash` and `/sd`: names to directories, stores or modules. */
  readonly mounts?: Readonly<Record<string, StoreGiven>>;
  /**
   * A store of the program's thread, whose calls wait while the program is busy, or a module that makes one in the task's.
   * Or a function, asked at each login, that gives an account its own: one of these, or a directory.
   */
  readonly store?: Store | StoreModule | StoreGivenOf;
  /** How uploads into directories appear: as for `createDirectoryStore`. Default `whole`. */
  readonly uploads?: "whole" | "in-place";
  /** As for `createDirectoryStore`. Default `rename`. */
  readonly durability?: "rename" | "fsync";
  /** Where to listen. Default `127.0.0.1`, and only there with the default user and password. */
  readonly host?: string;
  /** 0 is any free port. Default 2121. */
  readonly port?: number;
}

/** The task `network.ftp`. */
export type FtpTask = Task<FtpTaskOptions, FtpStatus>;

/** What an FTP task is made with. */
export interface FtpTaskConfig {
  /** Files of a `start()` that names none. Default: the working directory. */
  readonly files?: () => StoreGiven | Readonly<Record<string, StoreGiven>>;
  readonly onEvent?: (event: FtpServerEvent) => void;
  /** As the option of that name, for a `start()` that gives none. */
  readonly guardGroup?: string;
}

/** What the thread is given. */
export interface FtpThreadData {
  /** Plain data: the functions among the options are reached through the ports. */
  readonly settings: Omit<FtpSettings, "store" | "authenticate" | "onUpload" | "passiveHost"> & {
    readonly passiveHost: string | undefined;
  };
  readonly source: FilesSource;
  readonly host: string;
  readonly port: number;
  readonly authenticatePort: MessagePort | undefined;
  readonly uploadPort: MessagePort | undefined;
  readonly passiveHostPort: MessagePort | undefined;
}

/** Of a running task, these may change; see `start()`. */
export interface FtpCredentials {
  readonly user: string;
  readonly password: string;
}

const NOT_STARTED = -1;
const WHAT = "ftp.start";

const filesSchema = z.object({
  root: z.string().min(1).max(4_096).optional(),
  mounts: z
    .record(
      z.string(),
      z.custom<StoreGiven>(isStoreGiven, { error: "directories, stores or modules", params: { kind: "type" } }),
    )
    .optional(),
  store: z
    .custom<Store | StoreModule | StoreGivenOf>(
      (value) => typeof value === "function" || (typeof value === "object" && isStoreGiven(value)),
      { error: "a store, { module } or a function that gives one", params: { kind: "type" } },
    )
    .optional(),
  uploads: z.enum(["whole", "in-place"]).optional(),
  durability: z.enum(["rename", "fsync"]).optional(),
});

/**
 * Makes the task; its thread comes with `start()`.
 *
 * `start()` of a running task changes user and password, resumes it when it is paused, and leaves the other options.
 */
export function createFtpTask(config: FtpTaskConfig = {}): FtpTask {
  const onEvent = config.onEvent ?? (() => {});
  const readStatus = createStatusReader<FtpStatus>((state, dataState, addresses) => {
    const number = state as FtpState;
    const dataNumber = dataState as FtpDataState;
    const texts = [FTP_STATES[number] ?? "", FTP_DATA_STATES[dataNumber] ?? ""] as const;
    return Object.freeze([number, dataNumber, ...texts, addresses] as const);
  });
  const task = new WorkerTask({
    name: "ftp",
    entry: new URL("./ftp-entry.js", import.meta.url),
    notStarted: NOT_STARTED,
    onEvent: (event) => onEvent(event as FtpServerEvent),
    onFailure: (error) => onEvent({ type: "error", message: error.message }),
    onDropped: (count) => onEvent({ type: "error", message: `${count} events were dropped: the program was busy` }),
  });
  const withGroup = config.guardGroup === undefined ? {} : { guardGroup: config.guardGroup };
  let given: FtpTaskOptions = {};

  function startThread(options: FtpTaskOptions): boolean {
    const { thread, files, listen, server } = takeApart(options);
    const {
      store: _store,
      authenticate,
      onUpload,
      passiveHost,
      ...plain
    } = parseFtpOptions({
      ...withGroup,
      ...server,
      store: noStore,
    });
    const transfer: MessagePort[] = [];
    const source = filesOf(files, server.readOnly, config.files, transfer);
    const hostOf = typeof passiveHost === "function" ? passiveHost : undefined;
    const portTo = (serve: (port: MessagePort) => void): MessagePort => {
      const { port1, port2 } = new MessageChannel();
      serve(port1);
      transfer.push(port2);
      return port2;
    };
    const data: FtpThreadData = {
      settings: { ...plain, passiveHost: hostOf === undefined ? (passiveHost as string | undefined) : undefined },
      source,
      ...listen,
      authenticatePort: authenticate && portTo((port) => serveAuthenticate(authenticate, port)),
      uploadPort: onUpload && portTo((port) => serveUploads(onUpload, port)),
      passiveHostPort: hostOf && portTo((port) => servePassiveHost(hostOf, port)),
    };
    given = options;
    const started = task.start({ data, transfer, ...thread });
    const error = task.lastError;
    // What only the thread can see of the options: a directory that is none, a module without a store.
    if (!started && error instanceof PortholeError && error.code === "PORTHOLE_ERR_ARGUMENT") throw error;
    return started;
  }

  function change(options: FtpTaskOptions): boolean {
    const merged = { ...given };
    if (options.user !== undefined) Object.assign(merged, { user: options.user });
    if (options.password !== undefined) Object.assign(merged, { password: options.password });
    const { server } = takeApart(merged);
    if (server.authenticate === undefined && server.users === undefined) {
      const { user, password } = parseFtpOptions({ ...server, store: noStore });
      const credentials: FtpCredentials = { user, password };
      if (!task.configure(credentials)) return false;
    }
    given = merged;
    return task.block?.state === 0 ? task.resume() : true;
  }

  const made: FtpTask = {
    start(options = {}) {
      takeApart(options);
      return task.running ? change(options) : startThread(options);
    },
    pause: ({ force = false } = {}) => task.pause(force),
    resume: () => task.resume(),
    stop: ({ force = false } = {}) => task.stop(force),
    kick: (sessionId) => task.kick(sessionId),
    counters: () => readCounters("ftp", task.counters),
    status: () => readStatus(task.block, NOT_STARTED),
    stack: () => task.stack(),
    get lastError() {
      return task.lastError;
    },
    get stopped() {
      return task.stopped;
    },
  };
  watchable(made, task);
  return made;
}

type Files = z.output<typeof filesSchema>;

/** Checks all options and sorts them by whose they are. */
function takeApart(options: FtpTaskOptions): {
  readonly thread: Required<{ [Name in keyof ThreadOptions]: NonNullable<ThreadOptions[Name]> }>;
  readonly files: Files;
  readonly listen: { readonly host: string; readonly port: number };
  readonly server: Omit<FtpServerOptions, "store">;
} {
  const { thread, rest } = parseThreadOptions(WHAT, options);
  const files = parseOptions(WHAT, filesSchema, rest);
  const { root: _root, mounts: _mounts, store: _store, uploads: _uploads, durability: _durability, ...others } = rest;
  const { host: askedHost, port: askedPort, ...server } = others;
  const ways = [files.root, files.mounts, files.store].filter((way) => way !== undefined);
  if (ways.length > 1) throw argumentError("type", `${WHAT}: give one of root, mounts and store`);
  parseFtpOptions({ ...server, store: noStore });
  const { host, port } = parseListenOptions({
    ...(askedHost === undefined ? {} : { host: askedHost }),
    ...(askedPort === undefined ? {} : { port: askedPort }),
  });
  return { thread, files, listen: { host, port }, server };
}

function filesOf(
  files: Files,
  readOnly: boolean | undefined,
  otherwise: FtpTaskConfig["files"],
  transfer: MessagePort[],
): FilesSource {
  const policy = {
    ...(files.uploads === undefined ? {} : { uploads: files.uploads }),
    ...(files.durability === undefined ? {} : { durability: files.durability }),
    ...(readOnly === undefined ? {} : { readOnly }),
  };
  if (typeof files.store === "function") {
    const { port1, port2 } = new MessageChannel();
    serveStoreOf(files.store, policy, port1);
    transfer.push(port2);
    return { type: "of-account", port: port2 };
  }
  const given = files.root ?? files.store ?? files.mounts ?? otherwise?.() ?? ".";
  if (isStoreGiven(given)) return toStoreSource(given, policy, transfer);
  const mounts = Object.entries(given).map(([path, one]) => [path, toStoreSource(one, policy, transfer)] as const);
  return { type: "mounts", mounts: Object.fromEntries(mounts) };
}

/** Stands for the store while options are checked. */
function noStore(): never {
  throw new Error("bug: the store of an options check was used");
}
