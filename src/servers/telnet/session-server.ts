/**
 * What a session needs of its server, and what both say.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { TelnetServerEvent } from "../../contracts/events.ts";
import type { LeaveReason, ReplHost } from "../../contracts/repl.ts";
import type { AccountSessions } from "../account-sessions.ts";
import type { Clock } from "../clock.ts";
import type { LoginStep } from "./login.ts";
import type { TelnetServerSettings } from "./options.ts";
import type { Recording } from "./recording.ts";
import type { Occupant, Seat } from "./seat.ts";

/** What the server is to its sessions. */
export interface SessionServer<Session extends Occupant> {
  readonly clock: Clock;
  readonly settings: TelnetServerSettings;
  readonly repl: ReplHost;
  readonly seat: Seat<Session>;
  readonly sessions: AccountSessions;
  /** Looks at a login; never rejects. */
  check(attempt: LoginAttempt, address: string): Promise<LoginVerdict>;
  /** The name when it may be told in an event; what else was typed might be a password. */
  tellableUser(user: string): string;
  emit(event: TelnetServerEvent): void;
  /** Begins to record a session that gets the seat; undefined: nobody wants that. */
  record(session: Session): Recording | undefined;
  /** Gives the seat to this session, in place of who has it. */
  takeOver(session: Session): void;
  /** The session has left the seat. */
  seatFreed(session: Session): void;
  /** The session is over; its connection may linger. */
  over(session: Session): void;
  /** The connection is closed. */
  gone(session: Session): void;
}

export type LoginAttempt = Extract<LoginStep, { readonly type: "attempt" }>;

export type LoginVerdict =
  | { readonly result: "right"; readonly account: Account }
  | {
      readonly result: "wrong";
      readonly delayMs: number /** This one has locked the address out. */;
      readonly lockedSeconds?: number;
    }
  | { readonly result: "locked" };

/** What a user is told at the end, by its reason. */
export const FAREWELLS: Readonly<Record<LeaveReason, string>> = {
  left: "",
  evicted: "\r\n[Telnet] Connection terminated from REPL\r\n",
  "taken-over": "\r\n[Telnet] Another user took over\r\n",
  timeout: "\r\n[Telnet] Connection timeout, terminated\r\n",
  stopped: "\r\n[Telnet] Server stopped\r\n",
  exited: "",
};

type SessionFields = "sessionId" | "address" | "port";
type WithoutSession<Event> = Event extends unknown ? Omit<Event, SessionFields> : never;
/** An event of one session, before it is said which. */
export type SessionEvent = WithoutSession<Extract<TelnetServerEvent, { readonly sessionId: number }>>;
