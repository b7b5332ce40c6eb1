/**
 * Entries as lines of a listing.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { Entry } from "../../contracts/store.ts";
import type { FtpTransfer } from "./actions.ts";
import { createFactsFormatter } from "./facts.ts";
import { compileGlob } from "./glob.ts";
import { calendarDay, timeOfDay, twoDigits } from "./times.ts";

export type ListingTransfer = FtpTransfer & { readonly kind: "listing" };

/**
 * Formats one entry as one line, without a line end; undefined when it is not to be sent: it doesn't match, or its name
 * cannot be told on one line.
 */
export type ListingFormatter = (entry: Entry) => string | undefined;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Older files show the year in the place of the time of day, as on the device. */
const RECENT_MS = 180 * DAY_MS;
/** What makes nine characters of a size that has so many. */
const BLANKS = Array.from({ length: 9 }, (_, length) => " ".repeat(9 - length));
const MODE_LETTERS = ["---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"];
/** What would end the line early, be another path, or not survive UTF-8. */
const UNTELLABLE = /[\0\r\n/]|\p{Cs}/u;

/** Formats the dates of a listing, with the blanks around them: those of one minute, as of files written together, cost least. */
function createDateFormatter(nowMs: number): (ms: number | undefined) => string {
  let minute = Number.NaN;
  let text = "";
  return (ms) => {
    const known = ms !== undefined && Math.abs(ms) <= 8.64e15 ? ms : 0;
    const itsMinute = Math.floor(known / MINUTE_MS);
    if (itsMinute !== minute) {
      minute = itsMinute;
      text = formatDate(known, nowMs);
    }
    return text;
  };
}

function formatDate(ms: number, nowMs: number): string {
  const days = Math.floor(ms / DAY_MS);
  const { year, month, day } = calendarDay(days);
  const date = ` ${MONTHS[month - 1]} ${twoDigits(day)} `;
  const recent = ms > nowMs - RECENT_MS && ms <= nowMs + DAY_MS;
  if (recent) return `${date}${timeOfDay(Math.floor((ms - days * DAY_MS) / MINUTE_MS), ":")} `;
  return `${date}${year < 1000 ? String(year).padStart(4, "0") : year} `;
}

function formatMode(mode: number): string {
  return `${MODE_LETTERS[(mode >> 6) & 7]}${MODE_LETTERS[(mode >> 3) & 7]}${MODE_LETTERS[mode & 7]}`;
}

/** `drw-rw-rw-   1 root  root         0 Jan 01 2020 name`, in UTC; a store without modes shows rw for everybody. */
function createListFormatter(nowMs: number): (entry: Entry) => string {
  const date = createDateFormatter(nowMs);
  let last: Pick<Entry, "type" | "mode"> | undefined;
  let start = "";
  return (entry) => {
    const { type, mode } = entry;
    if (last === undefined || type !== last.type || mode !== last.mode) {
      last = { type, mode };
      start = `${type === "directory" ? "d" : "-"}${mode === undefined ? "rw-rw-rw-" : formatMode(mode)}   1 root  root `;
    }
    const size = String(entry.sizeBytes);
    return `${start}${(BLANKS[size.length] ?? "") + size}${date(entry.modifiedMs)}${entry.name}`;
  };
}

/**
 * The formatter for one listing.
 *
 * @param nowMs - Decides whether LIST shows the year or the time of day.
 * @param alone - The path is a file, and the entry is that file itself. Default false.
 */
export function createListingFormatter(
  transfer: ListingTransfer,
  account: Account,
  nowMs: number,
  alone = false,
): ListingFormatter {
  const matches = transfer.pattern === undefined ? () => true : compileGlob(transfer.pattern);
  const dots = transfer.all || transfer.pattern?.startsWith(".") === true;
  const format = createEntryFormatter(transfer, account, nowMs, alone);
  return (entry) => {
    if (UNTELLABLE.test(entry.name) || (!dots && entry.name.startsWith(".")) || !matches(entry.name)) return undefined;
    return format(entry);
  };
}

function createEntryFormatter(
  transfer: ListingTransfer,
  account: Account,
  nowMs: number,
  alone: boolean,
): (entry: Entry) => string {
  switch (transfer.format) {
    case "list":
      return createListFormatter(nowMs);
    case "nlst": {
      const prefix = alone ? transfer.prefix.replace(/[^/]*\/$/, "") : transfer.prefix;
      return (entry) => `${prefix}${entry.name}`;
    }
    case "mlsd": {
      const facts = createFactsFormatter(transfer.facts, account);
      return (entry) => `${facts(entry)} ${entry.name}`;
    }
  }
}
