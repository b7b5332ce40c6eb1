/**
 * One login: whether it may be tried, and how long a wrong one has to wait for its answer.
 *
 * @module
 */

import type { Account, Authenticate, Secret } from "../../contracts/credentials.ts";
import type { LoginGuard } from "../login-guard.ts";

export class LoginAttempt {
  readonly #authenticate: Authenticate;
  readonly #guard: LoginGuard;
  readonly #address: string;

  constructor(authenticate: Authenticate, guard: LoginGuard, address: string) {
    this.#authenticate = authenticate;
    this.#guard = guard;
    this.#address = address;
  }

  /** The account; undefined for a wrong login and for a client that is locked out. Rejects as `authenticate` does. */
  async run(user: string, password: Secret): Promise<Account | undefined> {
    const address = this.#address;
    const verdict = this.#guard.check(address, user, performance.now());
    if (!verdict.allowed) return undefined;
    const account = await this.#authenticate(user, password, { address, service: "ftp" });
    if (account === undefined) {
      this.#guard.failed(address, user, performance.now());
      await new Promise((resolve) => setTimeout(resolve, verdict.delayMs).unref());
    } else this.#guard.succeeded(address);
    return account;
  }
}
