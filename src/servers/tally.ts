/**
 * Counts what a server tells.
 *
 * @module
 */

import {
  bytesPlace,
  directionOf,
  FIGURES,
  Figure,
  readCounters,
  type ServerCounters,
  transfersPlace,
} from "../contracts/counters.ts";
import type { FtpServerEvent, TelnetServerEvent } from "../contracts/events.ts";

export class Tally {
  readonly #row: Float64Array = new Float64Array(FIGURES);
  /** Sessions that are there, and whether somebody has logged in. */
  readonly #sessions = new Map<number, boolean>();
  /** Bytes that were counted of the transfers that are under way. */
  readonly #moved = new Map<number, number>();

  add(event: FtpServerEvent | TelnetServerEvent): void {
    switch (event.type) {
      case "connected":
        this.#sessions.set(event.sessionId, false);
        this.#count(Figure.CONNECTIONS);
        break;
      case "refused":
        this.#sessions.delete(event.sessionId);
        this.#count(Figure.REFUSED);
        break;
      case "left":
        this.#sessions.delete(event.sessionId);
        break;
      case "logged-in":
      case "watching":
        // Who watches may sit down later.
        if (this.#sessions.get(event.sessionId) !== true) this.#count(Figure.LOGINS);
        this.#sessions.set(event.sessionId, true);
        break;
      case "login-failed":
        this.#count(Figure.FAILED_LOGINS);
        break;
      case "locked-out":
        this.#count(Figure.LOCK_OUTS);
        break;
      case "transfer-start":
      case "transfer-progress":
      case "transfer-end": {
        const { transferId, kind, bytes } = event;
        this.#count(bytesPlace(directionOf(kind)), bytes - (this.#moved.get(transferId) ?? 0));
        if (event.type === "transfer-end") {
          this.#moved.delete(transferId);
          this.#count(transfersPlace(directionOf(kind), event.result));
        } else this.#moved.set(transferId, bytes);
        break;
      }
      default:
    }
  }

  counters(
    service: "telnet" | "ftp",
    now: { readonly listening: boolean; readonly accelerated: boolean },
  ): ServerCounters {
    this.#row[Figure.SESSIONS] = this.#sessions.size;
    return { ...readCounters(service, this.#row), ...now };
  }

  commands(count: number): void {
    this.#count(Figure.COMMANDS, count);
  }

  #count(place: number, by = 1): void {
    this.#row[place] = (this.#row[place] ?? 0) + by;
  }
}
