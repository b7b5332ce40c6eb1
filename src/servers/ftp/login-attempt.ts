/**
 * One login: whether it may be tried, and how long a wrong one has to wait for its answer.
 *
 * @module
 */

import type { Account, Authenticate, Secret } from "../../contracts/credentials.ts";
import type { LoginGuard } from "../login-guard.ts";

export interface AttemptResult {
  /** Undefined for a wrong login and for a client that is locked out. */
  readonly account?: Account;
  /** This wrong login has locked the address out. */
  readonly lockedSeconds?: number;
}

export class LoginAttempt {
  readonly #authenticate: Authenticate;
  readonly #guard: LoginGuard;
  readonly #address: string;

  constructor(authenticate: Authenticate, guard: LoginGuard, address: string) {
    this.#authenticate = authenticate;
    this.#guard = guard;
    this.#address = address;
  }

  /** Rejects as `authenticate` does; that counts as a wrong login too. */
  async run(user: string, password: Secret): Promise<AttemptResult> {
    const address = this.#address;
    const verdict = this.#guard.check(address, user, performance.now());
    if (!verdict.allowed) return {};
    let account: Account | undefined;
    try {
      account = await this.#authenticate(user, password, { address, service: "ftp" });
    } catch (error) {
      this.#guard.failed(address, user, performance.now());
      throw error;
    }
    if (account !== undefined) {
      if (account.anonymous !== true) this.#guard.succeeded(address, user);
      return { account };
    }
    const now = performance.now();
    const lockedUntilMs = this.#guard.failed(address, user, now);
    await new Promise((resolve) => setTimeout(resolve, verdict.delayMs).unref());
    return lockedUntilMs === undefined ? {} : { lockedSeconds: Math.round((lockedUntilMs - now) / 1000) };
  }
}
