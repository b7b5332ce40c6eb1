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

export type ListingTransfer = FtpTransfer & { readonly kind: "listing" };

/**
 * Formats one entry as one line, without a line end; undefined when it is not to be sent: it doesn't match, or its name
 * cannot be told on one line.
 */
export type ListingFormatter = (entry: Entry) => string | undefined;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;
/** Older files show the year in the place of the time of day, as on the device. */
const RECENT_MS = 180 * DAY_MS;
const MODE_LETTERS = ["---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"];
/** What would end the line early, be another path, or not survive UTF-8. */
const UNTELLABLE = /[\0\r\n/]|\p{Cs}/u;

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

function formatDate(ms: number, nowMs: number): string {
  const date = new Date(ms);
  const day = `${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())}`;
  const recent = ms > nowMs - RECENT_MS && ms <= nowMs + DAY_MS;
  return recent
    ? `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
    : `${day} ${String(date.getUTCFullYear()).padStart(4, "0")}`;
}

/** Formatted dates of a listing: files written together share a minute. */
function createDateFormatter(nowMs: number): (ms: number | undefined) => string {
  let minute = Number.NaN;
  let text = "";
  return (ms) => {
    const known = ms !== undefined && Math.abs(ms) <= 8.64e15 ? ms : 0;
    const itsMinute = Math.floor(known / 60_000);
    if (itsMinute !== minute) {
      minute = itsMinute;
      text = formatDate(known, nowMs);
    }
    return text;
  };
}

function formatMode(mode: number): string {
  return `${MODE_LETTERS[(mode >> 6) & 7]}${MODE_LETTERS[(mode >> 3) & 7]}${MODE_LETTERS[mode & 7]}`;
}

/** `drw-rw-rw-   1 root  root         0 Jan 01 2020 name`, in UTC; a store without modes shows rw for everybody. */
function createListFormatter(nowMs: number): (entry: Entry) => string {
  const date = createDateFormatter(nowMs);
  return (entry) => {
    const type = entry.type === "directory" ? "d" : "-";
    const mode = entry.mode === undefined ? "rw-rw-rw-" : formatMode(entry.mode);
    const size = String(entry.sizeBytes).padStart(9);
    return `${type}${mode}   1 root  root ${size} ${date(entry.modifiedMs)} ${entry.name}`;
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
