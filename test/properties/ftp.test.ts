import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Right } from "../../src/contracts/credentials.ts";
import { LIMITS } from "../../src/contracts/limits.ts";
import type { VirtualPath } from "../../src/contracts/store.ts";
import type { FtpAction, FtpFailureKind, FtpOutcome, FtpValue } from "../../src/protocol/ftp/actions.ts";
import { COMMANDS } from "../../src/protocol/ftp/commands/index.ts";
import { createFtpEngine, type FtpEngine } from "../../src/protocol/ftp/engine.ts";
import { FAILURES } from "../../src/protocol/ftp/replies.ts";
import { isPathPart, parsePath } from "../../src/protocol/text/path.ts";
import { ALL_RIGHTS, accountOf, formatAction } from "../transcripts/ftp-transcript.ts";

const VERBS = COMMANDS.flatMap(({ verb, aliases = [] }) => [verb, ...aliases]);
/** Verbs that leave the session where it is: no end, no upgrade. */
const STAYING = VERBS.filter((verb) => verb !== "QUIT" && verb !== "AUTH");

const words = fc.constantFrom(
  "",
  "a",
  "a.txt",
  "../../../etc/passwd",
  "..",
  "/",
  "//a/./b/../c/",
  "-la x",
  "*.py",
  "[a-",
  "dir\\*.*",
  "TLS",
  "P",
  "0",
  "12",
  "I",
  "A",
  "ALL",
  "CHMOD 644 a",
  "UTIME 20240101000000 a",
  "HELP",
  "UTF8 ON",
  "MLST size;",
  "20240101000000 a",
  "127,0,0,1,200,1",
  "|1|127.0.0.1|50000|",
  '"a""b" 1 2',
  "a\0b",
  "a\rb",
  "x".repeat(300),
  "ü😀",
);
const argument = fc.oneof(
  words,
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll("\n", "")),
);
const verb = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...STAYING) },
  { weight: 1, arbitrary: fc.constant("XYZZY") },
);
const command = fc.tuple(verb, argument).map(([name, rest]) => (rest === "" ? name : `${name} ${rest}`));
const commands = fc.array(command, { maxLength: 40 });

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("a\r\n226 b", "\0", "213 x", ""));
const value: fc.Arbitrary<FtpValue | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ type: fc.constant("account" as const), account: fc.subarray([...ALL_RIGHTS]).map((r) => accountOf(r)) }),
  fc.record({
    type: fc.constant("entry" as const),
    entry: fc.record({
      name: text,
      type: fc.constantFrom("file" as const, "directory" as const),
      sizeBytes: fc.nat(),
      modifiedMs: fc.oneof(fc.constant(undefined), fc.double()),
      mode: fc.constantFrom(undefined, 0o644),
    }),
  }),
  fc.record({ type: fc.constant("number" as const), value: fc.nat() }),
  fc.record({ type: fc.constant("text" as const), text }),
  fc.record({ type: fc.constant("lines" as const), lines: fc.array(text, { maxLength: 4 }) }),
  fc.record({
    type: fc.constant("address" as const),
    host: fc.constantFrom("127.0.0.1", "::1", "nonsense"),
    port: fc.integer({ min: 1, max: 65_535 }),
  }),
  fc.record({ type: fc.constant("transferred" as const), path: fc.constant("/x" as VirtualPath), bytes: fc.nat() }),
);
type Answer =
  | { readonly ok: true; readonly value?: FtpValue }
  | { readonly ok: false; readonly kind: FtpFailureKind; readonly peerText?: string };
const answer: fc.Arbitrary<Answer> = fc.oneof(
  value.map((it): Answer => (it === undefined ? { ok: true } : { ok: true, value: it })),
  fc
    .tuple(fc.constantFrom(...(Object.keys(FAILURES) as FtpFailureKind[])), fc.option(text, { nil: undefined }))
    .map(([kind, peerText]): Answer => ({ ok: false, kind, ...(peerText === undefined ? {} : { peerText }) })),
);

/** The answer that fits an action, so that sessions get somewhere. */
function fitting(action: FtpAction): Answer {
  switch (action.type) {
    case "authenticate":
      return { ok: true, value: { type: "account", account: accountOf() } };
    case "listen":
      return { ok: true, value: { type: "address", host: "127.0.0.1", port: 50_000 } };
    case "list-inline":
      return { ok: true, value: { type: "lines", lines: ["-rw- a"] } };
    case "store":
      switch (action.call.name) {
        case "stat": {
          const type = action.call.path.includes(".") ? "file" : "directory";
          return {
            ok: true,
            value: { type: "entry", entry: { name: "x", type, sizeBytes: 1, modifiedMs: 0, mode: 0 } },
          };
        }
        case "hash":
          return { ok: true, value: { type: "text", text: "ab" } };
        case "free-bytes":
          return { ok: true, value: { type: "number", value: 5 } };
        default:
          return { ok: true };
      }
    default:
      return { ok: true };
  }
}

function isAsked(action: FtpAction): action is FtpAction & { readonly id: number } {
  return "id" in action && action.type !== "abort";
}

/** Runs an engine and answers it late or at once, and keeps all that it said and asked for. */
class Shell {
  readonly engine: FtpEngine;
  readonly asked: FtpAction[] = [];
  readonly waiting: (FtpAction & { readonly id: number })[] = [];
  readonly bytes: number[] = [];

  constructor(options: { readonly tls?: "available" } = {}) {
    this.engine = createFtpEngine({ peer: { address: "127.0.0.1", port: 1 }, nowMs: 0, active: true, ...options });
    this.take([]);
  }

  take(actions: readonly FtpAction[]): void {
    for (const action of actions) {
      this.asked.push(action);
      if (isAsked(action)) this.waiting.push(action);
    }
    const output = this.engine.takeOutput();
    expect(output.length).toBeLessThan(LIMITS.ftpReplyBytes.value + 20_000);
    this.bytes.push(...output);
  }

  receive(bytes: Uint8Array): void {
    this.take(this.engine.receive(bytes, 0));
    while (this.engine.waitsForOutput) this.take(this.engine.resume(0));
  }

  settleNext(choose: (action: FtpAction) => Answer): boolean {
    const action = this.waiting.shift();
    if (action === undefined) return false;
    const given = choose(action);
    if (action.type === "transfer" && given.ok) this.take(this.engine.opened(action.id, { totalBytes: 3 }));
    this.take(this.engine.settle({ id: action.id, ...given } as FtpOutcome, 0));
    while (this.engine.waitsForOutput) this.take(this.engine.resume(0));
    return true;
  }

  login(rights: readonly Right[] = ALL_RIGHTS): void {
    this.receive(encode("USER micro\r\nPASS python\r\n"));
    this.settleNext(() => ({ ok: true, value: { type: "account", account: accountOf(rights) } }));
  }
}

function encode(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}

/** Codes of the final replies; throws when what was said is not a row of well-formed replies. */
function finalCodes(bytes: readonly number[]): number[] {
  const said = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
  const codes: number[] = [];
  let open: string | undefined;
  expect(said.endsWith("\r\n")).toBe(true);
  for (const line of said.slice(0, -2).split("\r\n")) {
    expect(line).not.toMatch(/[\r\n\0]/);
    const match = /^(\d{3})([ -])(.+)$/.exec(line);
    if (open !== undefined) {
      if (match?.[1] === open && match[2] === " ") open = undefined;
      else continue;
    } else if (match === null) {
      throw new Error(`no reply: ${JSON.stringify(line)}`);
    } else if (match[2] === "-") {
      open = match[1];
      continue;
    }
    const code = Number(match?.[1]);
    if (code >= 200) codes.push(code);
  }
  expect(open).toBeUndefined();
  return codes;
}

function pathsOf(action: FtpAction): string[] {
  if (action.type === "store") return [action.call.path, ...("to" in action.call ? [action.call.to] : [])];
  if (action.type === "transfer" || action.type === "list-inline") return [action.transfer.path];
  return [];
}

describe("the FTP engine", () => {
  it("is thrown off by no bytes, and never speaks but in replies", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.constantFrom(...VERBS), argument).map(([name, rest]) => encode(`${name} ${rest}\r\n`)),
      fc.constantFrom("ABOR\r", "\r", "\n", "USER a\r\n", "PASS b\r\n", "PASV\r\n", "RETR a\r\n").map(encode),
      fc.constant(Uint8Array.of(255, 244, 255, 242)),
    );
    const step = fc.oneof(
      { weight: 4, arbitrary: piece.map((bytes) => (shell: Shell) => shell.receive(bytes)) },
      { weight: 2, arbitrary: answer.map((given) => (shell: Shell) => void shell.settleNext(() => given)) },
      { weight: 2, arbitrary: fc.constant((shell: Shell) => void shell.settleNext(fitting)) },
      { weight: 1, arbitrary: fc.constant((shell: Shell) => shell.take(shell.engine.tick(1))) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, loggedIn) => {
        const shell = new Shell();
        if (loggedIn) shell.login();
        for (const run of steps) run(shell);
        shell.take(shell.engine.end(2));
        while (shell.settleNext(fitting));
        expect(shell.engine.phase.name).toBe("closed");
        expect(shell.asked.filter(({ type }) => type === "close").length).toBe(1);
        const withoutTelnet = dropRefusals(shell.bytes);
        finalCodes(withoutTelnet);
      }),
      { numRuns: 400 },
    );
  });

  it("says and asks the same however its input is cut", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 });
    const any = fc.oneof(command, fc.constantFrom("ABOR", "QUIT", "AUTH TLS", "PASV", "RETR a", "NOOP", "STAT"));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 25 }), cuts, fc.boolean(), (lines, lengths, early) => {
        const bytes = encode(`USER micro\r\nPASS python\r\n${lines.map((line) => `${line}\r\n`).join("")}`);
        const play = (cut: (at: number) => number) => {
          const shell = new Shell({ tls: "available" });
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const end = Math.min(bytes.length, at + cut(turn));
            shell.receive(bytes.subarray(at, end));
            at = end;
          }
          if (early) shell.take(shell.engine.end(0));
          while (shell.settleNext(fitting));
          return { said: shell.bytes, asked: shell.asked.map(formatAction), phase: shell.engine.phase };
        };
        expect(play((turn) => lengths[turn % lengths.length] as number)).toEqual(play(() => bytes.length));
      }),
      { numRuns: 200 },
    );
  });

  it("gives every command exactly one final reply, whatever the shell answers", () => {
    const turns = fc.infiniteStream(fc.tuple(fc.boolean(), fc.boolean(), answer));
    fc.assert(
      fc.property(commands, turns, (lines, choices) => {
        const shell = new Shell();
        shell.login();
        const choose = (): boolean => {
          const [now, fits, given] = choices.next().value as [boolean, boolean, Answer];
          return now && shell.settleNext(fits ? fitting : () => given);
        };
        for (const line of lines) {
          shell.receive(encode(`${line}\r\n`));
          while (choose());
        }
        while (shell.settleNext(fitting));
        const codes = finalCodes(shell.bytes);
        if (shell.engine.phase.name === "closed") {
          expect(codes.at(-1)).toBe(421);
          expect(codes.length).toBeLessThanOrEqual(lines.length + 3);
        } else {
          expect(codes.length).toBe(lines.length + 3); // greeting, USER, PASS
        }
      }),
      { numRuns: 400 },
    );
  });

  it("lets no path leave the root", () => {
    const part = fc.constantFrom("..", ".", "", "a", "b c", "-x", "\\..", "...", "\0", "..\r", "*", "~");
    const path = fc.array(part, { maxLength: 8 }).map((parts) => parts.join("/"));
    const pathCommand = fc.tuple(fc.constantFrom(...STAYING), path).map(([name, rest]) => `${name} ${rest}`);
    fc.assert(
      fc.property(fc.array(pathCommand, { maxLength: 30 }), (lines) => {
        const shell = new Shell();
        shell.login();
        for (const line of lines) {
          shell.receive(encode(`PASV\r\n${line}\r\n`));
          while (shell.settleNext(fitting));
        }
        for (const asked of shell.asked.flatMap(pathsOf)) {
          expect(parsePath(asked)).toBe(asked);
          if (asked !== "/") for (const name of asked.slice(1).split("/")) expect(isPathPart(name)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("never shows or asks for anything before the login but what needs none", () => {
    const login = new Set(
      COMMANDS.filter((it) => it.login === "before").flatMap((it) => [it.verb, ...(it.aliases ?? [])]),
    );
    fc.assert(
      fc.property(commands, (lines) => {
        const shell = new Shell();
        const others = lines.filter((line) => !line.startsWith("PASS"));
        for (const line of others) shell.receive(encode(`${line}\r\n`));
        expect(shell.asked).toEqual([]);
        const codes = finalCodes(shell.bytes).slice(1);
        others.forEach((line, at) => {
          const name = line.split(" ")[0] as string;
          if (VERBS.includes(name) && !login.has(name)) expect(codes[at]).toBe(530);
        });
      }),
      { numRuns: 200 },
    );
  });
});

/** Without the answers to TELNET options, which are no replies. */
function dropRefusals(bytes: readonly number[]): number[] {
  const rest: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 255) at += 2;
    else rest.push(bytes[at] as number);
  }
  return rest;
}
