/**
 * What a server counts. The figures are one row of numbers, so that threads can share it.
 *
 * @module
 */

import type { TransferKind } from "./events.ts";

/** Which way the bytes of a transfer go, as people say it; uploads are STOR, APPE and STOU. */
export type TransferDirection = "download" | "upload" | "listing";

/** How a transfer ended; `refused` by a limit or by the program. */
export type TransferResult = "complete" | "aborted" | "failed" | "refused";

/** Figures of one server since it was made, and how it is now. */
export interface ServerCounters {
  readonly service: "telnet" | "ftp";
  /** It takes connections. */
  readonly listening: boolean;
  /** Downloads go through system calls that Node has no name for. */
  readonly accelerated: boolean;
  /** Connections now, logged in or not. */
  readonly sessions: number;
  /** Connections that were let in. */
  readonly connections: number;
  /** Connections that were turned away: too many, or a prompt that is taken. */
  readonly refused: number;
  readonly logins: number;
  readonly failedLogins: number;
  /** How often an address was locked out for guessing. */
  readonly lockOuts: number;
  /** FTP commands; 0 for Telnet. */
  readonly commands: number;
  /** Transfers that have ended. */
  readonly transfers: Readonly<Record<TransferDirection, Readonly<Record<TransferResult, number>>>>;
  /** Bytes of files and listings, also of transfers that are under way. */
  readonly transferBytes: Readonly<Record<TransferDirection, number>>;
}

export const TRANSFER_DIRECTIONS: readonly TransferDirection[] = ["download", "upload", "listing"];
export const TRANSFER_RESULTS: readonly TransferResult[] = ["complete", "aborted", "failed", "refused"];

/** Places in the row. */
export const Figure = {
  LISTENING: 0,
  ACCELERATED: 1,
  SESSIONS: 2,
  /** From here on figures only grow. */
  CONNECTIONS: 3,
  REFUSED: 4,
  LOGINS: 5,
  FAILED_LOGINS: 6,
  LOCK_OUTS: 7,
  COMMANDS: 8,
  BYTES: 9,
  TRANSFERS: 12,
} as const;

export const FIGURES: number = Figure.TRANSFERS + TRANSFER_DIRECTIONS.length * TRANSFER_RESULTS.length;

export function directionOf(kind: TransferKind): TransferDirection {
  if (kind === "listing") return kind;
  return kind === "retrieve" ? "download" : "upload";
}

export function bytesPlace(direction: TransferDirection): number {
  return Figure.BYTES + TRANSFER_DIRECTIONS.indexOf(direction);
}

export function transfersPlace(direction: TransferDirection, result: TransferResult): number {
  const row = TRANSFER_DIRECTIONS.indexOf(direction) * TRANSFER_RESULTS.length;
  return Figure.TRANSFERS + row + TRANSFER_RESULTS.indexOf(result);
}

/** Adds what was counted to `base`, and puts the sum into `row`. */
export function writeCounters(row: Float64Array, counters: ServerCounters, base: Float64Array): void {
  const sum = (place: number, value: number): void => {
    row[place] = (base[place] ?? 0) + value;
  };
  row[Figure.LISTENING] = counters.listening ? 1 : 0;
  row[Figure.ACCELERATED] = counters.accelerated ? 1 : 0;
  row[Figure.SESSIONS] = counters.sessions;
  sum(Figure.CONNECTIONS, counters.connections);
  sum(Figure.REFUSED, counters.refused);
  sum(Figure.LOGINS, counters.logins);
  sum(Figure.FAILED_LOGINS, counters.failedLogins);
  sum(Figure.LOCK_OUTS, counters.lockOuts);
  sum(Figure.COMMANDS, counters.commands);
  for (const direction of TRANSFER_DIRECTIONS) {
    sum(bytesPlace(direction), counters.transferBytes[direction]);
    for (const result of TRANSFER_RESULTS) {
      sum(transfersPlace(direction, result), counters.transfers[direction][result]);
    }
  }
}

/** The row, told by names. */
export function readCounters(service: "telnet" | "ftp", row: Float64Array): ServerCounters {
  const at = (place: number): number => row[place] ?? 0;
  const ofDirections = <T>(make: (direction: TransferDirection) => T): Record<TransferDirection, T> => ({
    download: make("download"),
    upload: make("upload"),
    listing: make("listing"),
  });
  return {
    service,
    listening: at(Figure.LISTENING) === 1,
    accelerated: at(Figure.ACCELERATED) === 1,
    sessions: at(Figure.SESSIONS),
    connections: at(Figure.CONNECTIONS),
    refused: at(Figure.REFUSED),
    logins: at(Figure.LOGINS),
    failedLogins: at(Figure.FAILED_LOGINS),
    lockOuts: at(Figure.LOCK_OUTS),
    commands: at(Figure.COMMANDS),
    transfers: ofDirections((direction) => ({
      complete: at(transfersPlace(direction, "complete")),
      aborted: at(transfersPlace(direction, "aborted")),
      failed: at(transfersPlace(direction, "failed")),
      refused: at(transfersPlace(direction, "refused")),
    })),
    transferBytes: ofDirections((direction) => at(bytesPlace(direction))),
  };
}
