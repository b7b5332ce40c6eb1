/**
 * One session's login: the account, the files that it sees and what it uses.
 *
 * @module
 */

import type { Account, Secret } from "../../contracts/credentials.ts";
import { StorageError } from "../../contracts/errors.ts";
import type { Store } from "../../contracts/store.ts";
import { parsePath } from "../../protocol/text/path.ts";
import type { AccountUse, AccountUses } from "./account-use.ts";
import { LoginAttempt } from "./login-attempt.ts";
import type { Patience } from "./patience.ts";
import { createRootedStore } from "./rooted-store.ts";
import type { SessionHost } from "./session-host.ts";
import type { FtpSettings } from "./settings.ts";

export interface Login {
  readonly account: Account;
  readonly store: Store;
  readonly use: AccountUse;
}

/**
 * Looks at a user's password, and opens the account's files. Rejects when its root is not there, or as the program's own
 * check of passwords does.
 *
 * @param countFailure - Called for a wrong login; gives which one of the session's it is.
 * @returns the login, or why there is none.
 */
export async function logIn(
  host: SessionHost,
  { user, secret }: { readonly user: string; readonly secret: Secret },
  peer: { readonly sessionId: number; readonly address: string; readonly port: number },
  countFailure: () => number,
): Promise<Login | "bad-credentials" | "too-many-sessions"> {
  const { users, uses, guard, settings, patience } = host;
  const { account, lockedSeconds } = await new LoginAttempt(users.authenticate, guard, peer.address).run(user, secret);
  if (account === undefined) {
    const attempt = countFailure();
    host.emit({ type: "login-failed", user: users.knows(user) ? user : "***", attempt, ...peer });
    if (lockedSeconds !== undefined) host.emit({ type: "locked-out", seconds: lockedSeconds, ...peer });
    return "bad-credentials";
  }
  return (await openLogin(account, settings, uses, patience)) ?? "too-many-sessions";
}

/**
 * Opens an account's files. Rejects when its root is not there.
 *
 * @returns undefined when the account has as many sessions as it may.
 */
async function openLogin(
  account: Account,
  settings: Pick<FtpSettings, "store" | "readOnly">,
  uses: AccountUses,
  patience: Patience,
): Promise<Login | undefined> {
  const use = uses.enter(account);
  if (use === undefined) return undefined;
  try {
    const { store: given } = settings;
    const whole = patience.guard(typeof given === "function" ? await patience.call(async () => given(account)) : given);
    let store = account.root === undefined ? whole : await rootedAt(whole, account.root, account.user);
    await use.quota?.recount(store);
    store = use.quota?.guard(store) ?? store;
    return { account: settings.readOnly ? reader(account) : account, store, use };
  } catch (error) {
    use.leave();
    throw error;
  }
}

/** The account without the rights to change anything. */
function reader(account: Account): Account {
  return { ...account, rights: new Set([...account.rights].filter((right) => right === "read" || right === "list")) };
}

async function rootedAt(store: Store, root: string, user: string): Promise<Store> {
  const path = parsePath(root);
  const entry = path === undefined ? undefined : await store.stat(path).catch(() => undefined);
  if (path === undefined || entry?.type !== "directory") {
    throw new StorageError("failed", `${user} cannot log in: the root ${root} is no directory of the store`);
  }
  return createRootedStore(store, path);
}
