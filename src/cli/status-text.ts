/**
 * What `porthole status` shows of one running command.
 *
 * @module
 */

import type { Answered } from "./instance/ask.ts";
import type { SessionState } from "./instance/state.ts";
import { hostPort } from "./log.ts";
import { formatAge, formatBytes, printable } from "./readable.ts";

/** Lines for people. */
export function statusText(state: Answered): string {
  if ("busy" in state) return `process ${state.pid}  does not answer: its program is busy\n`;
  const { pid, what, sinceMs, nowMs, servers, sessions } = state;
  const lines = [`porthole ${printable(what)}  process ${pid}, up ${formatAge(nowMs - sinceMs)}`];
  for (const { service, state: text, addresses } of servers) {
    lines.push(`  ${service.padEnd(10)} ${text}${addresses.length === 0 ? "" : `  ${addresses.join(", ")}`}`);
  }
  if (servers.length === 0) lines.push("  no server runs");
  for (const session of sessions) lines.push(`  ${sessionText(session, nowMs)}`);
  return `${lines.join("\n")}\n`;
}

function sessionText({ session, user, address, port, sinceMs, doing, transfer }: SessionState, nowMs: number): string {
  const who = user === undefined ? "(not logged in)" : printable(user);
  const head = `${session.padEnd(10)} ${who}  ${hostPort(address, port)}  ${formatAge(nowMs - sinceMs)}`;
  if (transfer === undefined) return doing === "login" ? head : `${head}  ${doing}`;
  const { kind, path, bytes, totalBytes, seconds } = transfer;
  const rate = seconds > 0 ? `, ${formatBytes(bytes / seconds)}/s` : "";
  if (kind === "listing") return `${head}  lists ${printable(path)}`;
  const arrow = kind === "retrieve" ? "↓" : "↑";
  const of = totalBytes === undefined ? "" : ` of ${formatBytes(totalBytes)}`;
  const percent = totalBytes === undefined || totalBytes === 0 ? "" : ` ${Math.floor((100 * bytes) / totalBytes)}%`;
  return `${head}  ${arrow} ${printable(path)}${percent} ${formatBytes(bytes)}${of}${rate}`;
}
