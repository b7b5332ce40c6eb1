/**
 * `network.ftp`: the FTP server in a thread of its own, behind the device's methods. Transfers go on while the program
 * is busy.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { z } from "zod";
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
import { schemaOf } from "../servers/zod.ts";
import { serveAuthenticate } from "./authenticate-proxy.ts";
import { servePassiveHost } from "./passive-host-proxy.ts";
import { createServerTask, portFor } from "./server-task.ts";
import { type StoreGivenOf, serveStoreOf } from "./store-of-proxy.ts";
import { type FilesSource, isStoreGiven, type StoreGiven, type StoreModule, toStoreSource } from "./store-source.ts";
import { parseThreadOptions, type ThreadOptions, type ThreadSettings } from "./thread-options.ts";
import { serveUploads } from "./upload-proxy.ts";

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

const WHAT = "ftp.start";

const filesSchema = schemaOf((z) =>
  z.object({
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
  }),
);

/** Makes the task; its thread comes with `start()`. */
export function createFtpTask(config: FtpTaskConfig = {}): FtpTask {
  return createServerTask<FtpTaskOptions, FtpStatus, FtpServerEvent>({
    name: "ftp",
    entry: new URL("./ftp-entry.js", import.meta.url),
    onEvent: config.onEvent,
    status(state, dataState, addresses) {
      const number = state as FtpState;
      const dataNumber = dataState as FtpDataState;
      const texts = [FTP_STATES[number] ?? "", FTP_DATA_STATES[dataNumber] ?? ""] as const;
      return Object.freeze([number, dataNumber, ...texts, addresses] as const);
    },
    check: takeApart,
    launch(options) {
      const { thread, files, listen, server } = takeApart(options);
      const { store: _store, authenticate, onUpload, passiveHost, ...plain } = server;
      const hostOf = typeof passiveHost === "function" ? passiveHost : undefined;
      const transfer: MessagePort[] = [];
      const data: FtpThreadData = {
        settings: {
          ...plain,
          guardGroup: plain.guardGroup ?? config.guardGroup,
          passiveHost: typeof passiveHost === "string" ? passiveHost : undefined,
        },
        source: filesOf(files, options.readOnly, config.files, transfer),
        ...listen,
        authenticatePort: authenticate && portFor(transfer, (port) => serveAuthenticate(authenticate, port)),
        uploadPort: onUpload && portFor(transfer, (port) => serveUploads(onUpload, port)),
        passiveHostPort: hostOf && portFor(transfer, (port) => servePassiveHost(hostOf, port)),
      };
      return { data, transfer, ...thread };
    },
    credentials(options) {
      if (options.authenticate !== undefined || options.users !== undefined) return undefined;
      const { user, password } = takeApart(options).server;
      return { user, password };
    },
  });
}

type Files = z.output<ReturnType<typeof filesSchema>>;

/** Checks all options and sorts them by whose they are. */
function takeApart(options: FtpTaskOptions): {
  readonly thread: ThreadSettings;
  readonly files: Files;
  readonly listen: { readonly host: string; readonly port: number };
  readonly server: FtpSettings;
} {
  const { thread, rest } = parseThreadOptions(WHAT, options);
  const files = parseOptions(WHAT, filesSchema(), rest);
  const { root: _root, mounts: _mounts, store: _store, uploads: _uploads, durability: _durability, ...others } = rest;
  const { host: askedHost, port: askedPort, ...server } = others;
  const ways = [files.root, files.mounts, files.store].filter((way) => way !== undefined);
  if (ways.length > 1) throw argumentError("type", `${WHAT}: give one of root, mounts and store`);
  const asked = {
    ...(askedHost === undefined ? {} : { host: askedHost }),
    ...(askedPort === undefined ? {} : { port: askedPort }),
  };
  const { host, port } = parseListenOptions(asked, WHAT);
  return { thread, files, listen: { host, port }, server: parseFtpOptions({ ...server, store: noStore }, WHAT) };
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
