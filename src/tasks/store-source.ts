/**
 * The ways to give an FTP task its files, and how each of them gets into the task's thread.
 *
 * @module
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { PortholeError } from "../contracts/errors.ts";
import type { Store } from "../contracts/store.ts";
import type { DirectoryStoreOptions } from "../stores/directory.ts";
import { factsOf, serveStore } from "./store-host.ts";
import type { StoreFacts } from "./store-messages.ts";

/**
 * A store that is made in the task's thread by a module of its own: transfers go on while the program is busy. The
 * module's default export is called with `options`, which are plain data, and gives the store or a promise of it.
 */
export interface StoreModule {
  /** URL, or a path from the working directory. */
  readonly module: string | URL;
  readonly options?: unknown;
}

/** A directory of the host, a store of the program, or a module that makes one. */
export type StoreGiven = string | Store | StoreModule;

/** How a directory is served; as for `createDirectoryStore`. */
export type DirectoryPolicy = Pick<DirectoryStoreOptions, "uploads" | "durability" | "readOnly">;

/** What the thread is given. */
export type StoreSource =
  | { readonly type: "directory"; readonly options: DirectoryStoreOptions }
  | { readonly type: "proxy"; readonly port: MessagePort; readonly facts: StoreFacts }
  | { readonly type: "module"; readonly url: string; readonly options: unknown }
  | { readonly type: "mounts"; readonly mounts: Readonly<Record<string, StoreSource>> };

/** The same, or a port to a function of the program that gives each account its own. */
export type FilesSource = StoreSource | { readonly type: "of-account"; readonly port: MessagePort };

/** Makes ready what the thread needs; ports go to `transfer`. */
export function toStoreSource(given: StoreGiven, policy: DirectoryPolicy, transfer: MessagePort[]): StoreSource {
  if (typeof given === "string") return { type: "directory", options: { ...policy, root: resolve(given) } };
  if ("module" in given) return { type: "module", url: moduleUrl(given.module), options: given.options };
  const { port1, port2 } = new MessageChannel();
  serveStore(given, port1);
  transfer.push(port2);
  return { type: "proxy", port: port2, facts: factsOf(given) };
}

/** True for what {@link toStoreSource} takes. */
export function isStoreGiven(value: unknown): value is StoreGiven {
  if (typeof value === "string") return value !== "";
  if (typeof value !== "object" || value === null) return false;
  return (
    "openRead" in value || ("module" in value && (typeof value.module === "string" || value.module instanceof URL))
  );
}

function moduleUrl(module: string | URL): string {
  if (module instanceof URL) return module.href;
  if (/^(?:file|data|node):/.test(module)) return module;
  try {
    return pathToFileURL(resolve(module)).href;
  } catch (error) {
    throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `no such module: ${module}`, { cause: error });
  }
}
