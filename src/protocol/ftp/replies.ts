/**
 * Replies as they go over the line (RFC 959 §4.2), and which failure becomes which reply.
 *
 * @module
 */

import type { FtpFailureKind } from "./actions.ts";

const TEXT_LIMIT = 4_600; // a path of the longest command, its quotes doubled, and some words

/** One line of text a reply may hold: no CR, LF or NUL, bounded, never empty. */
function replyText(text: string): string {
  const line = oneLine(text).slice(0, TEXT_LIMIT);
  return line === "" ? "-" : line;
}

function oneLine(text: string): string {
  return /[\0\r\n]/.test(text) ? text.replace(/[\0\r\n]+/g, " ") : text;
}

/** `code SP text CR LF`; a blank always stands between code and text, since clients insist on it. */
export function formatReply(code: number, text: string): string {
  return `${code} ${replyText(text)}\r\n`;
}

/** A reply of several lines. A line that looks like a reply itself gets a blank in front. */
export function formatLongReply(code: number, first: string, lines: readonly string[], last: string): string {
  let reply = `${code}-${replyText(first)}\r\n`;
  for (const line of lines) {
    const text = oneLine(line);
    reply += /^\d\d\d/.test(text) ? ` ${text}\r\n` : `${text}\r\n`;
  }
  return `${reply}${formatReply(code, last)}`;
}

/** A path as 257 tells it: in double quotes, a quote in it doubled (RFC 959 appendix II). */
export function quotePath(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}

/** The reply for each failure, RFC 959 §4.2.1. The texts name no path: what is missing the client knows. */
export const FAILURES: Readonly<Record<FtpFailureKind, { readonly code: number; readonly text: string }>> = {
  "not-found": { code: 550, text: "No such file or directory." },
  exists: { code: 550, text: "A file or directory of that name already exists." },
  "not-empty": { code: 550, text: "The directory is not empty." },
  "is-directory": { code: 550, text: "That is a directory." },
  "not-directory": { code: 550, text: "That is not a directory." },
  denied: { code: 550, text: "Permission denied." },
  "no-space": { code: 452, text: "There is not enough space left." },
  "over-quota": { code: 552, text: "The quota is used up." },
  "too-large": { code: 552, text: "The file is too large." },
  "bad-name": { code: 553, text: "The store cannot hold such a name." },
  busy: { code: 450, text: "The file is in use; try again later." },
  gone: { code: 451, text: "The store is not there at the moment." },
  unsupported: { code: 504, text: "This store cannot do that." },
  failed: { code: 451, text: "The store reported an error." },
  "bad-credentials": { code: 530, text: "Wrong user name or password." },
  "too-many-sessions": { code: 421, text: "There are too many sessions of this account." },
  "no-data-connection": { code: 425, text: "No data connection was made." },
  "session-not-reused": {
    code: 522,
    text: "The data connection must resume the TLS session of the control connection.",
  },
  "connection-lost": { code: 426, text: "The data connection was lost; the transfer is not complete." },
  stalled: { code: 426, text: "Nothing moved for too long; the transfer is not complete." },
  aborted: { code: 426, text: "The transfer was aborted." },
  refused: { code: 550, text: "The file was refused." },
};
