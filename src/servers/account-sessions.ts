/**
 * How many sessions each account has, over several servers of a process, in whichever threads they are: each server
 * counts its own, and hears of what the others count. Two logins within the same moment at two servers may both get in.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import type { Account } from "../contracts/credentials.ts";

export interface AccountSessions {
  /**
   * One more session of an account.
   *
   * @returns what ends it again, once; undefined when there are as many as the account's limit `sessions`.
   */
  enter(account: Account): (() => void) | undefined;
  /** Hears and tells from now on, until `close()`. Keeps no process alive. */
  open(): void;
  close(): void;
}

type Message =
  | { readonly type: "hello" }
  /** All accounts of one server that have sessions. */
  | { readonly type: "all"; readonly server: string; readonly counts: readonly (readonly [string, number])[] }
  | { readonly type: "one"; readonly server: string; readonly user: string; readonly count: number };

/** A thread that was killed says nothing any more: what it had is forgotten after a while. */
const TELL_MS = 10_000;
const FORGET_MS = 3.5 * TELL_MS;

/** @param group - Servers that are given the same name count together; undefined: this one is alone. */
export function createAccountSessions(group: string | undefined): AccountSessions {
  const server = randomUUID();
  const own = new Map<string, number>();
  const others = new Map<string, { readonly counts: Map<string, number>; untilMs: number }>();
  let channel: InstanceType<typeof BroadcastChannel> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const tell = (message: Message): void => channel?.postMessage(message);
  const tellAll = (): void => tell({ type: "all", server, counts: [...own] });

  function count(user: string): number {
    let sum = own.get(user) ?? 0;
    const nowMs = performance.now();
    for (const [other, { counts, untilMs }] of others) {
      if (untilMs < nowMs) others.delete(other);
      else sum += counts.get(user) ?? 0;
    }
    return sum;
  }

  function change(user: string, by: 1 | -1): void {
    const now = (own.get(user) ?? 0) + by;
    if (now > 0) own.set(user, now);
    else own.delete(user);
    tell({ type: "one", server, user, count: now });
  }

  function receive(message: Message): void {
    if (message.type === "hello") {
      tellAll();
      return;
    }
    const untilMs = performance.now() + FORGET_MS;
    if (message.type === "all") {
      others.set(message.server, { counts: new Map(message.counts), untilMs });
      return;
    }
    const other = others.get(message.server) ?? { counts: new Map(), untilMs };
    other.untilMs = untilMs;
    if (message.count > 0) other.counts.set(message.user, message.count);
    else other.counts.delete(message.user);
    others.set(message.server, other);
  }

  return {
    enter({ user, limits }) {
      if (limits?.sessions !== undefined && count(user) >= limits.sessions) return undefined;
      change(user, 1);
      let left = false;
      return () => {
        if (!left) change(user, -1);
        left = true;
      };
    },
    open() {
      if (group === undefined || channel !== undefined) return;
      channel = new BroadcastChannel(`porthole.sessions.${group}`);
      // Deno has no such method.
      (channel as unknown as { unref?(): void }).unref?.();
      channel.onmessage = ({ data }: { readonly data: unknown }) => receive(data as Message);
      tell({ type: "hello" });
      timer = setInterval(() => {
        if (own.size > 0) tellAll();
      }, TELL_MS);
      timer.unref();
    },
    close() {
      own.clear();
      tellAll();
      clearInterval(timer);
      channel?.close();
      channel = undefined;
      others.clear();
    },
  };
}
