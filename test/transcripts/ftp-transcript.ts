/**
 * Talks with the FTP engine, readable by hand.
 *
 * ```
 * # comment
 * set active yes              an option of the engine, at the top
 * login read list             USER and PASS, and an account with these rights (none named: all)
 * C: RETR a.txt               the client sends a line, CR LF behind it
 * B: \xFF\xF4ABOR\r           the client sends just these bytes
 * S: 150 Opening …            a reply line owed to it, to the letter
 * S: 150~                     a reply of one line with this code
 * S: 211*                     a reply of several lines with this code
 * A: transfer retrieve /a     an action, as `formatAction` writes it
 * O: ok transferred /a 12     the shell's outcome for the action that is under way
 * T: 301                      so many seconds pass
 * X: end | secured | shutdown text
 * ```
 */

import type { Account, Right } from "../../src/contracts/credentials.ts";
import type { StorageErrorKind } from "../../src/contracts/errors.ts";
import type { Entry, VirtualPath } from "../../src/contracts/store.ts";
import type { FtpAction, FtpOutcome, FtpTransfer, FtpValue } from "../../src/protocol/ftp/actions.ts";
import { createFtpEngine, type FtpEngine, type FtpEngineOptions } from "../../src/protocol/ftp/engine.ts";
import { parseTimestamp } from "../../src/protocol/ftp/times.ts";

export const ALL_RIGHTS: readonly Right[] = ["read", "write", "delete", "rename", "make-directory", "list"];

export function accountOf(rights: readonly Right[] = ALL_RIGHTS): Account {
  return { user: "micro", rights: new Set(rights) };
}

function formatTransfer(transfer: FtpTransfer): string {
  const words: string[] = [transfer.kind];
  switch (transfer.kind) {
    case "retrieve":
      words.push(transfer.path);
      break;
    case "store":
      words.push(transfer.mode, transfer.path);
      break;
    case "listing":
      words.push(transfer.format, transfer.path);
      if (transfer.format === "mlsd") words.push(`facts=${transfer.facts.join(",")}`);
      if (transfer.pattern !== undefined) words.push(`pattern=${transfer.pattern}${transfer.all ? " all" : ""}`);
      if (transfer.format === "nlst" && transfer.prefix !== "") words.push(`prefix=${transfer.prefix}`);
      return words.join(" ");
  }
  if (transfer.startBytes > 0) words.push(`from=${transfer.startBytes}`);
  if (transfer.ascii) words.push("ascii");
  if (transfer.kind === "store" && transfer.expectedBytes !== undefined)
    words.push(`expects=${transfer.expectedBytes}`);
  return words.join(" ");
}

/** An action in one line, without its id. */
export function formatAction(action: FtpAction): string {
  switch (action.type) {
    case "authenticate":
      return `authenticate ${action.user} ${action.secret.reveal()}`;
    case "store": {
      const { name, ...rest } = action.call;
      return [name, ...Object.values(rest).filter((value) => value !== undefined)].join(" ");
    }
    case "listen":
      return action.extended ? "listen extended" : "listen";
    case "connect-to":
      return `connect-to ${action.host} ${action.port}`;
    case "transfer":
      return `transfer ${formatTransfer(action.transfer)}`;
    case "list-inline":
      return `list-inline ${formatTransfer(action.transfer)}`;
    case "protect":
      return `protect ${action.private ? "private" : "clear"}`;
    case "close":
      return `close ${action.reason}`;
    default:
      return action.type;
  }
}

function parseValue(words: readonly string[]): FtpValue | undefined {
  const [type, first = "", second = ""] = words;
  switch (type) {
    case undefined:
      return undefined;
    case "account":
      return { type, account: accountOf(words.length > 1 ? (words.slice(1) as Right[]) : ALL_RIGHTS) };
    case "file":
    case "directory": {
      const modifiedMs = second === "" ? undefined : parseTimestamp(second);
      const entry: Entry = { name: "x", type, sizeBytes: Number(first), modifiedMs, mode: undefined };
      return { type: "entry", entry };
    }
    case "number":
      return { type, value: Number(first) };
    case "text":
      return { type, text: words.slice(1).join(" ") };
    case "lines":
      return { type, lines: words.slice(1).join(" ").split(" / ") };
    case "address":
      return { type, host: first, port: Number(second) };
    case "transferred":
      return { type, path: first as VirtualPath, bytes: Number(second) };
    default:
      throw new Error(`no such value: ${words.join(" ")}`);
  }
}

type Step = (engine: FtpEngine, run: Run) => readonly FtpAction[];

interface Exchange {
  /** Number of the line that begins it. */
  readonly line: number;
  readonly bytes: number[];
  readonly step: Step | undefined;
  readonly replies: string[];
  readonly actions: string[];
}

export interface Transcript {
  readonly options: Partial<FtpEngineOptions>;
  readonly exchanges: readonly Exchange[];
}

interface Run {
  nowMs: number;
  underWay: number;
}

function readBytes(text: string): number[] {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const part of text.match(/\\x[0-9A-Fa-f]{2}|\\[rn0\\]|[^\\]+/g) ?? []) {
    if (part.startsWith("\\x")) bytes.push(Number.parseInt(part.slice(2), 16));
    else if (part.startsWith("\\")) bytes.push({ r: 13, n: 10, "0": 0, "\\": 92 }[part[1] as "r"] ?? 0);
    else bytes.push(...encoder.encode(part));
  }
  return bytes;
}

function parseStep(kind: string, text: string): Step {
  const words = text === "" ? [] : text.split(" ");
  if (kind === "T") {
    return (engine, run) => {
      run.nowMs += Number(text) * 1000;
      return engine.tick(run.nowMs);
    };
  }
  if (kind === "X") {
    if (words[0] === "end") return (engine, run) => engine.end(run.nowMs);
    if (words[0] === "secured") return (engine, run) => engine.secured(run.nowMs);
    return (engine) => engine.shutdown(words.slice(1).join(" "));
  }
  const [result, ...rest] = words;
  if (result === "opened") {
    const info = rest[0]?.startsWith("/") ? { path: rest[0] as VirtualPath } : { totalBytes: Number(rest[0]) };
    return (engine, run) => engine.opened(run.underWay, rest.length === 0 ? {} : info);
  }
  if (result === "moved") {
    return (engine, run) => {
      engine.transferBytes(run.underWay, Number(rest[0]));
      return [];
    };
  }
  return (engine, run) => {
    const id = run.underWay;
    const value = result === "ok" ? parseValue(rest) : undefined;
    const peerText = rest.slice(1).join(" ");
    const outcome: FtpOutcome =
      result === "ok"
        ? { id, ok: true, ...(value === undefined ? {} : { value }) }
        : { id, ok: false, kind: rest[0] as StorageErrorKind, ...(peerText === "" ? {} : { peerText }) };
    return engine.settle(outcome, run.nowMs);
  };
}

export function parseTranscript(text: string): Transcript {
  const options: Record<string, unknown> = {};
  const exchanges: Exchange[] = [{ line: 1, bytes: [], step: undefined, replies: ["220~"], actions: [] }];
  const begin = (line: number, step?: Step): Exchange => {
    const exchange: Exchange = { line, bytes: [], step, replies: [], actions: [] };
    exchanges.push(exchange);
    return exchange;
  };
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^(set|login|[CBSAOTX])(?::? (.*)|:)?$/.exec(line);
    if (match === null) throw new Error(`line ${index + 1}: ${line}`);
    const [kind, rest = ""] = [match[1] as string, match[2]];
    let last = exchanges.at(-1) as Exchange;
    if (kind === "set") {
      const [name, value] = rest.split(" ") as [string, string];
      options[name] = name === "peer" ? { address: value, port: 40_000 } : value === "yes" ? true : value;
    } else if (kind === "login") {
      begin(index + 1).bytes.push(...readBytes("USER micro\\r\\nPASS python\\r\\n"));
      exchanges.at(-1)?.replies.push("331~");
      exchanges.at(-1)?.actions.push("authenticate micro python");
      begin(index + 1, parseStep("O", `ok account ${rest}`.trim())).replies.push("230~");
    } else if (kind === "C" || kind === "B") {
      if (last.bytes.length === 0 || last.replies.length > 0 || last.actions.length > 0) last = begin(index + 1);
      last.bytes.push(...readBytes(kind === "C" ? `${rest}\\r\\n` : rest));
    } else if (kind === "S") last.replies.push(rest);
    else if (kind === "A") last.actions.push(rest);
    else begin(index + 1, parseStep(kind, rest));
  }
  return { options: options as Partial<FtpEngineOptions>, exchanges };
}

/** Cuts bytes into chunks; `[1]` is byte by byte, an empty list is no cut. */
export type Cuts = readonly number[];

function cut(bytes: readonly number[], cuts: Cuts): Uint8Array[] {
  if (cuts.length === 0) return [Uint8Array.from(bytes)];
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const length = cuts[turn % cuts.length] as number;
    chunks.push(Uint8Array.from(bytes.slice(at, at + length)));
    at += length;
  }
  return chunks;
}

export interface Difference {
  readonly line: number;
  readonly replies: readonly string[];
  readonly actions: readonly string[];
  readonly wantedReplies: readonly string[];
  readonly wantedActions: readonly string[];
}

/** True when the replies are the wanted ones: to the letter, or by their codes when that is all that is wanted. */
function match(replies: readonly string[], wanted: readonly string[]): boolean {
  let at = 0;
  for (const want of wanted) {
    const code = want.slice(0, 3);
    if (want === `${code}*` && replies[at]?.startsWith(`${code}-`)) {
      at = replies.findIndex((reply, index) => index > at && reply.startsWith(`${code} `));
      if (at < 0) return false;
    } else if (want === `${code}~` ? !replies[at]?.startsWith(`${code} `) : replies[at] !== want) return false;
    at++;
  }
  return at === replies.length;
}

/** Plays a transcript; the first exchange that went differently, or undefined. */
export function playTranscript({ options, exchanges }: Transcript, cuts: Cuts): Difference | undefined {
  const run: Run = { nowMs: 0, underWay: 0 };
  const engine = createFtpEngine({ peer: { address: "127.0.0.1", port: 40_000 }, nowMs: 0, ...options });
  const decoder = new TextDecoder();
  for (const exchange of exchanges) {
    const actions: FtpAction[] = [];
    let output = "";
    const take = (more: readonly FtpAction[]): void => {
      for (const action of more) {
        if ("id" in action && action.type !== "abort") run.underWay = action.id;
        actions.push(action);
      }
      output += decoder.decode(engine.takeOutput(), { stream: true });
    };
    take([]);
    if (exchange.step === undefined) {
      for (const chunk of cut(exchange.bytes, cuts)) take(engine.receive(chunk, run.nowMs));
    } else {
      take(exchange.step(engine, run));
    }
    const replies = output.split("\r\n").slice(0, -1);
    const told = actions.map(formatAction);
    const sameReplies = match(replies, exchange.replies);
    const sameActions = told.join("\n") === exchange.actions.join("\n");
    if (!sameReplies || !sameActions || !output.endsWith(replies.length > 0 ? "\r\n" : "")) {
      return {
        line: exchange.line,
        replies,
        actions: told,
        wantedReplies: exchange.replies,
        wantedActions: exchange.actions,
      };
    }
  }
  return undefined;
}

/** Plays a talk that a test holds itself; leading blanks of its lines don't count. */
export function playTalk(text: string): Difference | undefined {
  return playTranscript(parseTranscript(text.replace(/^ {2,}/gm, "")), []);
}
