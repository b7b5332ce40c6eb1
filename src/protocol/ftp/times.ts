/**
 * Times as FTP writes them: `YYYYMMDDHHMMSS`, UTC (RFC 3659 §2.3).
 *
 * @module
 */

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const TWO_DIGITS: readonly string[] = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, "0"));

/** 0 to 99, as two digits. */
export function twoDigits(value: number): string {
  return TWO_DIGITS[value] as string;
}

/** A day of the calendar. */
export interface CalendarDay {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/**
 * The day of the Gregorian calendar, for the many times of a listing cheaper than a `Date`: years are counted from March,
 * so that the day that comes and goes is their last.
 *
 * @param days - Whole days since 1970.
 */
export function calendarDay(days: number): CalendarDay {
  const sinceEra = days + 719_468; // the era begins on 1 March of the year 0
  const cycle = Math.floor(sinceEra / 146_097); // of 400 years
  const dayOfCycle = sinceEra - cycle * 146_097;
  const leapDays = Math.floor(dayOfCycle / 1460) - Math.floor(dayOfCycle / 36_524) + Math.floor(dayOfCycle / 146_096);
  const yearOfCycle = Math.floor((dayOfCycle - leapDays) / 365);
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  return { year: cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, day };
}

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
      text = formatMinute(itsMinute);
    }
    return text === undefined ? undefined : text + twoDigits(Math.floor((ms - itsMinute * MINUTE_MS) / 1000));
  };
}

function formatMinute(minutes: number): string | undefined {
  const days = Math.floor(minutes / DAY_MINUTES);
  const { year, month, day } = calendarDay(days);
  if (!(year >= 0 && year <= 9999)) return undefined;
  const date = twoDigits(Math.floor(year / 100)) + twoDigits(year % 100) + twoDigits(month) + twoDigits(day);
  return date + timeOfDay(minutes - days * DAY_MINUTES, "");
}

/** Hour and minute. */
export function timeOfDay(minutes: number, between: string): string {
  const hour = Math.floor(minutes / 60);
  return twoDigits(hour) + between + twoDigits(minutes - hour * 60);
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
