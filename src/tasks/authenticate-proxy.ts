/**
 * Logins that the program checks itself, asked for from a task's thread. While the program is busy, a login waits.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import { type Account, type Authenticate, type Right, Secret } from "../contracts/credentials.ts";
import { LIMITS } from "../contracts/limits.ts";
import { answerCalls, CallPort } from "./call-port.ts";

interface LoginCall {
  readonly user: string;
  readonly password: string;
  readonly peer: Parameters<Authenticate>[2];
}

/** An account as it crosses threads. */
export type PlainAccount = Omit<Account, "rights"> & { readonly rights: readonly Right[] };

export function toPlainAccount(account: Account): PlainAccount {
  return { ...account, rights: [...account.rights] };
}

export function toAccount(account: PlainAccount): Account {
  return { ...account, rights: new Set(account.rights) };
}

/** Program's side: answers logins with `authenticate`. */
export function serveAuthenticate(authenticate: Authenticate, port: MessagePort): void {
  answerCalls<LoginCall>(port, async ({ user, password, peer }) => {
    const account = await authenticate(user, new Secret(password), peer);
    return { value: account && toPlainAccount(account) };
  });
}

/** Thread's side. */
export function createAuthenticateProxy(port: MessagePort): Authenticate {
  const calls = new CallPort<LoginCall>(port, LIMITS.taskStoreCalls.value);
  return async function authenticate(user, password, peer) {
    const account = (await calls.call({ user, password: password.reveal(), peer })) as PlainAccount | undefined;
    return account && toAccount(account);
  };
}
