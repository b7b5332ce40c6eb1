/**
 * Slows down and then locks out whoever guesses passwords. Pure: time is an argument.
 *
 * An address is locked out, an account never is: a right login from elsewhere must not be stopped by somebody who
 * guesses at that account. Guesses at one account from many addresses only make each further guess slower. A right login
 * forgives an address its wrong ones at the same account only: who has an account, or comes as a guest, could else guess
 * at others without end.
 *
 * @module
 */

import { LIMITS } from "../contracts/limits.ts";

export interface LoginGuard {
  /** What a login attempt has to expect before its password is looked at. */
  check(address: string, user: string, nowMs: number): LoginVerdict;
  /**
   * Counts a wrong login, unless the address is locked out already: several may have been under way.
   *
   * @returns until when the address is locked out because of it; undefined: it is not.
   */
  failed(address: string, user: string, nowMs: number): number | undefined;
  /** Forgives the address what it has failed at this account; the account's own count stays. */
  succeeded(address: string, user: string): void;
  /** Entries held: never more than twice `loginGuardEntries`. */
  readonly size: number;
}

export type LoginVerdict =
  | {
      readonly allowed: true /** How long the answer is to be held back if the login is wrong. */;
      readonly delayMs: number;
    }
  | { readonly allowed: false; readonly lockedUntilMs: number };

interface Count {
  failures: number;
  lastMs: number;
  lockedUntilMs: number;
  /** Of an address: how often at which account. */
  readonly at: Map<string, number>;
}

/** Accounts that an address may be forgiven at; what it has failed at further ones stays. */
const MOST_FORGIVEN = 16;
const MINUTE_MS = 60_000;
/** A count is forgotten this long after its last failure. */
const FORGET_MS = 60 * MINUTE_MS;
const LONGEST_LOCK_MS = 60 * MINUTE_MS;
const LONGEST_DELAY_MS = 8_000;
const SHORTEST_DELAY_MS = 250;

export function createLoginGuard(
  options: { readonly maxEntries?: number; readonly triesBeforeLock?: number } = {},
): LoginGuard {
  const maxEntries = options.maxEntries ?? LIMITS.loginGuardEntries.value;
  const triesBeforeLock = options.triesBeforeLock ?? LIMITS.loginGuardTries.value;
  const addresses = new Map<string, Count>();
  const accounts = new Map<string, Count>();

  function current(table: Map<string, Count>, key: string, nowMs: number): Count | undefined {
    const count = table.get(key);
    if (count === undefined || nowMs - count.lastMs <= FORGET_MS) return count;
    table.delete(key);
    return undefined;
  }

  /** Counts one up and moves the entry to the young end; the oldest one makes room. */
  function count(table: Map<string, Count>, key: string, nowMs: number): Count {
    const entry = current(table, key, nowMs) ?? { failures: 0, lastMs: nowMs, lockedUntilMs: 0, at: new Map() };
    entry.failures++;
    entry.lastMs = nowMs;
    table.delete(key);
    table.set(key, entry);
    if (table.size > maxEntries) {
      for (const oldest of table.keys()) {
        table.delete(oldest);
        break;
      }
    }
    return entry;
  }

  return {
    check(address, user, nowMs) {
      const byAddress = current(addresses, network(address), nowMs);
      if (byAddress !== undefined && byAddress.lockedUntilMs > nowMs) {
        return { allowed: false, lockedUntilMs: byAddress.lockedUntilMs };
      }
      const byAccount = current(accounts, accountKey(user), nowMs);
      const failures = Math.max(byAddress?.failures ?? 0, Math.floor((byAccount?.failures ?? 0) / 4));
      return { allowed: true, delayMs: Math.min(SHORTEST_DELAY_MS * 2 ** Math.min(failures, 10), LONGEST_DELAY_MS) };
    },
    failed(address, user, nowMs) {
      const before = current(addresses, network(address), nowMs);
      if (before !== undefined && before.lockedUntilMs > nowMs) return undefined;
      const entry = count(addresses, network(address), nowMs);
      const account = accountKey(user);
      const failures = entry.at.get(account) ?? 0;
      if (failures > 0 || entry.at.size < MOST_FORGIVEN) entry.at.set(account, failures + 1);
      const over = entry.failures - triesBeforeLock;
      if (over >= 0) entry.lockedUntilMs = nowMs + Math.min(MINUTE_MS * 2 ** Math.min(over, 10), LONGEST_LOCK_MS);
      count(accounts, account, nowMs);
      return over >= 0 ? entry.lockedUntilMs : undefined;
    },
    succeeded(address, user) {
      const key = network(address);
      const entry = addresses.get(key);
      if (entry === undefined) return;
      const account = accountKey(user);
      entry.failures -= entry.at.get(account) ?? 0;
      entry.at.delete(account);
      if (entry.failures <= 0) addresses.delete(key);
    },
    get size() {
      return addresses.size + accounts.size;
    },
  };
}

/** One owner's addresses count as one: an IPv6 address stands for its /64. */
function network(address: string): string {
  if (!address.includes(":")) return address;
  const plain = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array.from({ length: zeros }, () => "0"), ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

/** A peer chooses the name: only so much of it is kept. */
function accountKey(user: string): string {
  return user.slice(0, 64);
}
