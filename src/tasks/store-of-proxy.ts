/**
 * Files of each account, which the program names at the login, asked for from a task's thread. While the program is busy,
 * a login waits; a directory or a module is then served in the task's thread, whatever the program does.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { Account } from "../contracts/credentials.ts";
import { PortholeError } from "../contracts/errors.ts";
import { LIMITS } from "../contracts/limits.ts";
import type { Store } from "../contracts/store.ts";
import type { StoreOf } from "../servers/ftp/settings.ts";
import { type PlainAccount, toAccount, toPlainAccount } from "./authenticate-proxy.ts";
import { answerCalls, CallPort, type CallResult } from "./call-port.ts";
import {
  type DirectoryPolicy,
  isStoreGiven,
  type StoreGiven,
  type StoreSource,
  toStoreSource,
} from "./store-source.ts";

/**
 * The files of an account: a directory, a store or a module. Asked at each login; what is the same as before is opened
 * once.
 */
export type StoreGivenOf = (account: Account) => StoreGiven | Promise<StoreGiven>;

/** What a login is answered with. Without a source it is a store that the thread has been given before. */
interface NamedSource {
  readonly name: string;
  readonly source?: StoreSource;
}

/** Program's side. */
export function serveStoreOf(storeOf: StoreGivenOf, policy: DirectoryPolicy, port: MessagePort): void {
  const names = new WeakMap<Store, string>();
  let stores = 0;
  answerCalls<PlainAccount>(port, async (account): Promise<CallResult> => {
    const given = await storeOf(toAccount(account));
    if (!isStoreGiven(given)) {
      const what = "it must give a directory, a store or { module }";
      throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `ftp.start: store gave no files for ${account.user}; ${what}`);
    }
    const transfer: MessagePort[] = [];
    if (typeof given === "string" || "module" in given) {
      const source = toStoreSource(given, policy, transfer);
      return { value: { name: JSON.stringify(source), source } satisfies NamedSource };
    }
    const known = names.get(given);
    if (known !== undefined) return { value: { name: known } satisfies NamedSource };
    const name = `store ${++stores}`;
    names.set(given, name);
    return { value: { name, source: toStoreSource(given, policy, transfer) } satisfies NamedSource, transfer };
  });
}

/**
 * Thread's side.
 *
 * @param open - Opens what the thread has not been given before.
 */
export function createStoreOfProxy(port: MessagePort, open: (source: StoreSource) => Promise<Store>): StoreOf {
  const calls = new CallPort<PlainAccount>(port, LIMITS.taskStoreCalls.value);
  const stores = new Map<string, Promise<Store>>();
  return async function storeOf(account) {
    const { name, source } = (await calls.call(toPlainAccount(account))) as NamedSource;
    let store = stores.get(name);
    if (store === undefined) {
      if (source === undefined) throw new Error("bug: a store that was never given");
      store = open(source);
      stores.set(name, store);
      store.catch(() => stores.delete(name)); // a directory may be made later
    }
    return store;
  };
}
