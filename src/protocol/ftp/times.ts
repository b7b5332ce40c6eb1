/**
 * Times as FTP writes them: `YYYYMMDDHHMMSS`, UTC (RFC 3659 §2.3).
 *
 * @module
 */

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

const MINUTE_MS = 60_000;
const SECONDS: readonly string[] = Array.from({ length: 60 }, (_, second) => digits(second, 2));

/** Undefined for a time that four digits of a year cannot tell. */
export function formatTimestamp(ms: number | undefined): string | undefined {
  return createTimestampFormatter()(ms);
}

/** A `formatTimestamp` for many times: those of one minute, as files written together have, cost little. */
export function createTimestampFormatter(): (ms: number | undefined) => string | undefined {
  let minute = Number.NaN;
  let text: string | undefined;
  return (ms) => {
    if (ms === undefined) return undefined;
    const itsMinute = Math.floor(ms / MINUTE_MS);
    if (itsMinute !== minute) {
      minute = itsMinute;
      text = formatMinute(itsMinute * MINUTE_MS);
    }
    return text === undefined ? undefined : text + SECONDS[Math.floor((ms - itsMinute * MINUTE_MS) / 1000)];
  };
}

function formatMinute(ms: number): string | undefined {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return undefined;
  return (
    digits(year, 4) +
    digits(date.getUTCMonth() + 1, 2) +
    digits(date.getUTCDate(), 2) +
    digits(date.getUTCHours(), 2) +
    digits(date.getUTCMinutes(), 2)
  );
}

/**
 * Reads `YYYYMMDDHHMMSS` with or without a fraction, or `YYYYMMDDHHMM`.
 *
 * @returns milliseconds since 1970; undefined for what is no time.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? "0")) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year < 1000 || hour > 23 || minute > 59 || second > 60) return undefined; // 60: a leap second
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const fraction = Math.floor(Number(`0.${match[7] ?? "0"}`) * 1000);
  return date.getTime() + second * 1000 + fraction;
}
