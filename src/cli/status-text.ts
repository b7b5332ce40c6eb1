/**
 * What `porthole status` shows of one running command.
 *
 * @module
 */

import type { Answered } from "./instance/ask.ts";
import type { SessionState } from "./instance/state.ts";
import { formatAge, formatBytes, hostPort, printable } from "./readable.ts";

const BAR_CELLS = 10;

/**
 * Lines for people.
 *
 * @param bars - draw how far transfers are.
 */
export function statusText(state: Answered, bars = false): string {
  if ("silent" in state) return `process ${state.pid}  does not answer\n`;
  const { pid, what, sinceMs, nowMs, busyMs, servers, sessions } = state;
  const busy = busyMs === undefined ? "" : `, its program has been busy for ${formatAge(busyMs)}`;
  const lines = [`porthole ${printable(what)}  process ${pid}, up ${formatAge(nowMs - sinceMs)}${busy}`];
  for (const { service, state: text, addresses } of servers) {
    lines.push(`  ${service.padEnd(10)} ${text}${addresses.length === 0 ? "" : `  ${addresses.join(", ")}`}`);
  }
  if (servers.length === 0) lines.push("  no server runs");
  for (const session of sessions) lines.push(`  ${sessionText(session, nowMs, bars)}`);
  return `${lines.join("\n")}\n`;
}

function sessionText(state: SessionState, nowMs: number, bars: boolean): string {
  const { session, user, address, port, sinceMs, doing, transfer } = state;
  const who = user === undefined ? "(not logged in)" : printable(user);
  const head = `${session.padEnd(10)} ${who}  ${hostPort(address, port)}  ${formatAge(nowMs - sinceMs)}`;
  if (transfer === undefined) return doing === "login" ? head : `${head}  ${doing}`;
  const { kind, path, bytes, totalBytes, seconds } = transfer;
  const rate = seconds > 0 ? `, ${formatBytes(bytes / seconds)}/s` : "";
  if (kind === "listing") return `${head}  lists ${printable(path)}`;
  const arrow = kind === "retrieve" ? "↓" : "↑";
  const of = totalBytes === undefined ? "" : ` of ${formatBytes(totalBytes)}`;
  const known = totalBytes !== undefined && totalBytes > 0;
  const bar = bars && known ? ` ${barOf(bytes / totalBytes)}` : "";
  const percent = known ? ` ${Math.floor((100 * bytes) / totalBytes)}%` : "";
  // The path last: it may be longer than the terminal is wide.
  return `${head}  ${arrow}${bar}${percent} ${formatBytes(bytes)}${of}${rate}  ${printable(path)}`;
}

function barOf(share: number): string {
  const full = Math.min(BAR_CELLS, Math.floor(share * BAR_CELLS));
  return `${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)}`;
}
