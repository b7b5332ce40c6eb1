/**
 * What the sessions of one account use together.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { AccountSessions } from "../account-sessions.ts";
import { Quota } from "./quota.ts";
import { Throttle } from "./throttle.ts";

export interface AccountUse {
  readonly upload: Throttle | undefined;
  readonly download: Throttle | undefined;
  readonly quota: Quota | undefined;
  /** The session has left the account. */
  leave(): void;
}

interface Shared {
  readonly upload: Throttle | undefined;
  readonly download: Throttle | undefined;
  readonly quota: Quota | undefined;
  readonly terms: string;
  sessions: number;
}

/** All accounts that are in use. */
export class AccountUses {
  readonly #shared = new Map<string, Shared>();
  readonly #sessions: AccountSessions;

  /** @param sessions - Counts them, over other servers too. */
  constructor(sessions: AccountSessions) {
    this.#sessions = sessions;
  }

  /** One more session of an account; undefined: there are as many as it may have. */
  enter(account: Account): AccountUse | undefined {
    const { user, root = "", limits = {} } = account;
    const { uploadBytesPerSecond, downloadBytesPerSecond, quotaBytes } = limits;
    const terms = [uploadBytesPerSecond, downloadBytesPerSecond, quotaBytes, root].join();
    const leaveAccount = this.#sessions.enter(account);
    if (leaveAccount === undefined) return undefined;
    let shared = this.#shared.get(user);
    if (shared?.terms !== terms) {
      shared = {
        upload: uploadBytesPerSecond === undefined ? undefined : new Throttle(uploadBytesPerSecond),
        download: downloadBytesPerSecond === undefined ? undefined : new Throttle(downloadBytesPerSecond),
        quota: quotaBytes === undefined ? undefined : new Quota(quotaBytes),
        terms,
        sessions: shared?.sessions ?? 0,
      };
      this.#shared.set(user, shared);
    }
    shared.sessions++;
    const { upload, download, quota } = shared;
    let left = false;
    return {
      upload,
      download,
      quota,
      leave: () => {
        if (left) return;
        left = true;
        leaveAccount();
        const now = this.#shared.get(user);
        if (now !== undefined && --now.sessions <= 0) this.#shared.delete(user);
      },
    };
  }
}
