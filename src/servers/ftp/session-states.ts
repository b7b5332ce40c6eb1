/**
 * What all sessions of a server are doing, counted: asking costs the same with one session and with thousands.
 *
 * @module
 */

import type { TransferKind } from "../../contracts/events.ts";
import type { FtpDataState, FtpState } from "../../contracts/task.ts";

/** What one session is doing, as the device tells it. */
export interface SessionState {
  readonly state: FtpState;
  readonly dataState: FtpDataState;
}

/** What a session is doing whose transfer this is; undefined: it waits for a command. */
export function stateOf(transfer: { readonly kind: TransferKind; readonly isEnding: boolean } | undefined): FtpState {
  if (transfer === undefined) return 7;
  if (transfer.isEnding) return 3;
  if (transfer.kind === "listing") return 4;
  return transfer.kind === "retrieve" ? 5 : 6;
}

/** The states of sessions, what counts most first: a session that waits for a command counts least. */
const BUSIEST_FIRST = [6, 5, 4, 3, 7] as const satisfies readonly FtpState[];
const DATA_FIRST = [2, 1] as const satisfies readonly FtpDataState[];

export class SessionStates {
  readonly #states: number[] = [];
  readonly #dataStates: number[] = [];

  /** A session came (`before` is undefined), does something else, or is gone (`after` is undefined). */
  change(before: SessionState | undefined, after: SessionState | undefined): void {
    if (before !== undefined) {
      add(this.#states, before.state, -1);
      add(this.#dataStates, before.dataState, -1);
    }
    if (after !== undefined) {
      add(this.#states, after.state, 1);
      add(this.#dataStates, after.dataState, 1);
    }
  }

  /** Of the session that does most; undefined: there is none. */
  get busiest(): FtpState | undefined {
    return BUSIEST_FIRST.find((state) => (this.#states[state] ?? 0) > 0);
  }

  get dataState(): FtpDataState {
    return DATA_FIRST.find((state) => (this.#dataStates[state] ?? 0) > 0) ?? 0;
  }
}

function add(counts: number[], key: FtpState | FtpDataState, by: number): void {
  counts[key] = (counts[key] ?? 0) + by;
}
