/**
 * Whether a name and a password let somebody in, after the wrong ones before.
 *
 * @module
 */

import type { TelnetServerEvent } from "../../contracts/events.ts";
import type { Clock } from "../clock.ts";
import type { Resources } from "../resources.ts";
import type { Users } from "../users.ts";
import type { LoginAttempt, LoginVerdict } from "./session-server.ts";

interface LoginCheck {
  readonly users: Users;
  readonly guard: Resources["guard"];
  readonly clock: Clock;
  emit(event: TelnetServerEvent): void;
}

/** Looks at a login; never rejects. */
export async function checkLogin(attempt: LoginAttempt, address: string, by: LoginCheck): Promise<LoginVerdict> {
  const { user, password } = attempt;
  const verdict = by.guard.check(address, user, by.clock.elapsedMs());
  if (!verdict.allowed) return { result: "locked" };
  try {
    const account = await by.users.authenticate(user, password, { address, service: "telnet" });
    if (account?.rights.has("prompt") === true && !attempt.tooLong) {
      by.guard.succeeded(address, user);
      return { result: "right", account };
    }
  } catch (error) {
    by.emit({ type: "error", message: error instanceof Error ? error.message : String(error) });
  }
  const now = by.clock.elapsedMs();
  const lockedUntilMs = by.guard.failed(address, user, now);
  const locked = lockedUntilMs === undefined ? {} : { lockedSeconds: Math.round((lockedUntilMs - now) / 1000) };
  return { result: "wrong", delayMs: verdict.delayMs, ...locked };
}
