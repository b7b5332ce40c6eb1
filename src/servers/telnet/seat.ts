/**
 * Who is at the prompt: one user, and those who watch. Who comes second is told who is in and chooses.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";

/** A user as the others are told about them. */
export interface Occupant {
  readonly user: string;
  /** Address and port: `192.0.2.7:50312`. */
  readonly peer: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
}

/** One seat and its watchers. */
export class Seat<Member extends Occupant> {
  readonly #watchers: Set<Member> = new Set();
  #occupant: Member | undefined;

  get occupant(): Member | undefined {
    return this.#occupant;
  }

  get watchers(): ReadonlySet<Member> {
    return this.#watchers;
  }

  /** Seats somebody, also a watcher; the seat has to be free. */
  take(member: Member): void {
    if (this.#occupant !== undefined) throw new Error("bug: the seat is taken");
    this.#watchers.delete(member);
    this.#occupant = member;
  }

  /** @returns false when there are too many watchers. */
  watch(member: Member): boolean {
    if (this.#watchers.size >= LIMITS.telnetWatchers.value) return false;
    this.#watchers.add(member);
    return true;
  }

  /** @returns true when the seat has become free. */
  leave(member: Member): boolean {
    this.#watchers.delete(member);
    if (this.#occupant !== member) return false;
    this.#occupant = undefined;
    return true;
  }
}

export type SeatChoice = "watch" | "take-over" | "leave";

const CTRL_C = 3;
const CTRL_D = 4;
const CTRL_T = 20;

/** What a key means to somebody who is asked; undefined: nothing. */
export function parseChoice(octet: number): SeatChoice | undefined {
  switch (octet < 128 ? String.fromCharCode(octet).toLowerCase() : "") {
    case "w":
      return "watch";
    case "t":
      return "take-over";
    case "l":
    case "q":
      return "leave";
    default:
      return octet === CTRL_C || octet === CTRL_D ? "leave" : undefined;
  }
}

/** What a key means to somebody who watches; undefined: nothing. */
export function parseWatcherKey(octet: number): "take-over" | "leave" | undefined {
  if (octet === CTRL_T) return "take-over";
  return octet === CTRL_C || octet === CTRL_D ? "leave" : undefined;
}

/** The question to who comes second; ends with a prompt. */
export function formatOccupied(occupant: Occupant, nowMs: number): string {
  const since = new Date(occupant.sinceMs).toISOString().replace("T", " ").slice(0, 19);
  return (
    `\r\n${occupant.user} is logged in from ${occupant.peer} since ${since} UTC ` +
    `(${formatSpan(Math.max(0, nowMs - occupant.sinceMs))}).\r\n${SEAT_PROMPT}`
  );
}

const SEAT_PROMPT = "[w]atch, [t]ake over or [l]eave? ";
export const WATCHING = "\r\nYou are watching: Ctrl-T takes over, Ctrl-C leaves.\r\n";
export const TOO_MANY_WATCHERS: string = `\r\nToo many are watching already.\r\n${SEAT_PROMPT}`;
export const TOO_MANY_SESSIONS: string = `\r\nToo many sessions of this account.\r\n${SEAT_PROMPT}`;

function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
