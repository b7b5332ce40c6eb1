/**
 * Lines of an xferlog, the transfer log that wu-ftpd began and log readers know.
 *
 * @see xferlog(5)
 * @module
 */

export interface XferlogEntry {
  /** When the transfer ended, milliseconds since 1970. */
  readonly endMs: number;
  readonly seconds: number;
  readonly address: string;
  readonly bytes: number;
  readonly path: string;
  readonly ascii: boolean;
  /** Seen from the server: `out` is a download. */
  readonly direction: "in" | "out";
  readonly anonymous: boolean;
  readonly user: string;
  readonly complete: boolean;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** One line without its line end; times are UTC. */
export function formatXferlog(entry: XferlogEntry): string {
  const time = new Date(entry.endMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return [
    DAYS[time.getUTCDay()],
    MONTHS[time.getUTCMonth()],
    String(time.getUTCDate()).padStart(2, " "),
    [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map(two).join(":"),
    time.getUTCFullYear(),
    Math.max(1, Math.round(entry.seconds)),
    word(entry.address),
    entry.bytes,
    word(entry.path),
    entry.ascii ? "a" : "b",
    "_",
    entry.direction === "in" ? "i" : "o",
    entry.anonymous ? "a" : "r",
    word(entry.user),
    "ftp",
    "0",
    "*",
    entry.complete ? "c" : "i",
  ].join(" ");
}

/** A field stands between blanks: what would break the line or the field becomes `_`, as wu-ftpd does it. */
function word(text: string): string {
  return text === "" ? "_" : text.replace(/[\s\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "_");
}
