/**
 * One session's place among those that its account may have at once.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { AccountSessions } from "../account-sessions.ts";

export class AccountPlace {
  readonly #sessions: AccountSessions;
  readonly #account: Account;
  #leave: (() => void) | undefined;

  constructor(sessions: AccountSessions, account: Account) {
    this.#sessions = sessions;
    this.#account = account;
  }

  /** @returns false when the account has no place left; true also when this one has been taken already. */
  take(): boolean {
    this.#leave ??= this.#sessions.enter(this.#account);
    return this.#leave !== undefined;
  }

  /** Takes the place of a session that is about to end, when it is of the same account. */
  takeFrom(other: AccountPlace | undefined): boolean {
    if (other !== undefined && other.#leave !== undefined && other.#account.user === this.#account.user) {
      this.leave();
      this.#leave = other.#leave;
      other.#leave = undefined;
    }
    return this.take();
  }

  leave(): void {
    this.#leave?.();
    this.#leave = undefined;
  }
}
