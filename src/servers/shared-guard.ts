/**
 * One count of wrong logins for several servers of a process, in whichever threads they are: each has a guard of its
 * own, and hears of what the others see.
 *
 * @module
 */

import { createLoginGuard, type LoginGuard } from "./login-guard.ts";

interface Message {
  readonly type: "failed" | "succeeded";
  readonly address: string;
  readonly user: string;
}

export interface SharedGuard extends LoginGuard {
  /** Hears and tells from now on, until `close()`. Keeps no process alive. */
  open(): void;
  close(): void;
}

/**
 * @param group - Servers that are given the same name share; undefined: this one is alone.
 * @param now - The clock that the guard's calls are made with; the others' times are never looked at.
 */
export function createSharedGuard(group: string | undefined, now: () => number): SharedGuard {
  const guard = createLoginGuard();
  let channel: InstanceType<typeof BroadcastChannel> | undefined;
  const tell = (message: Message): void => channel?.postMessage(message);
  return {
    check: (address, user, nowMs) => guard.check(address, user, nowMs),
    failed(address, user, nowMs) {
      tell({ type: "failed", address, user });
      return guard.failed(address, user, nowMs);
    },
    succeeded(address, user) {
      tell({ type: "succeeded", address, user });
      guard.succeeded(address, user);
    },
    get size() {
      return guard.size;
    },
    open() {
      if (group === undefined || channel !== undefined) return;
      channel = new BroadcastChannel(`porthole.logins.${group}`);
      // Deno has no such method.
      (channel as unknown as { unref?(): void }).unref?.();
      channel.onmessage = ({ data }: { readonly data: unknown }) => {
        const message = data as Message;
        if (message.type === "failed") guard.failed(message.address, message.user, now());
        else guard.succeeded(message.address, message.user);
      };
    },
    close() {
      channel?.close();
      channel = undefined;
    },
  };
}
