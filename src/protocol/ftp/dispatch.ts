/**
 * One command: whether it may run, and that it gets exactly one final reply.
 *
 * @module
 */

import type { Right } from "../../contracts/credentials.ts";
import type { Entry, VirtualPath } from "../../contracts/store.ts";
import { parsePath } from "../text/path.ts";
import type { FtpAction, FtpFailureKind, FtpOutcome, FtpTransfer, FtpValue, StoreCall } from "./actions.ts";
import type { CommandContext, CommandSpec, Failure, FailureContext, RunningTransfer } from "./command.ts";
import { findCommand } from "./commands/index.ts";
import type { ServerPolicy } from "./policy.ts";
import { FAILURES, formatLongReply, formatReply } from "./replies.ts";
import type { Session } from "./session.ts";

/** What the engine does for a command. */
export interface CommandHost {
  readonly session: Session;
  readonly policy: ServerPolicy;
  readonly running: RunningTransfer | undefined;
  write(reply: string): void;
  ask(action: (id: number) => FtpAction, settled: (outcome: FtpOutcome) => void, transfer?: FtpTransfer): void;
  send(action: FtpAction): void;
  forgetLogin(): void;
  upgrade(): void;
  close(reason: string): void;
}

class Command implements CommandContext {
  readonly #host: CommandHost;
  readonly verb: string;
  #answered = false;
  #waiting = false;

  constructor(host: CommandHost, verb: string) {
    this.#host = host;
    this.verb = verb;
  }

  get session(): Session {
    return this.#host.session;
  }

  get policy(): ServerPolicy {
    return this.#host.policy;
  }

  get running(): RunningTransfer | undefined {
    return this.#host.running;
  }

  reply(code: number, text: string): void {
    this.#answer(formatReply(code, text));
  }

  replyLines(code: number, first: string, lines: readonly string[], last: string): void {
    this.#answer(formatLongReply(code, first, lines, last));
  }

  fail(
    failure: { readonly kind: FtpFailureKind; readonly peerText?: string },
    { creates = false, restarts = false }: FailureContext = {},
  ): void {
    const standard = FAILURES[failure.kind];
    const text = failure.peerText ?? standard.text;
    if (failure.kind === "bad-name" && !creates) this.reply(550, text);
    else if (failure.kind === "unsupported" && restarts) this.reply(554, "The file cannot be begun at that offset.");
    else this.reply(standard.code, text);
  }

  path(argument: string, context?: FailureContext): VirtualPath | undefined {
    const path = parsePath(argument, this.session.cwd);
    if (path === undefined) this.fail({ kind: "bad-name" }, context);
    return path;
  }

  allowed(...rights: readonly Right[]): boolean {
    const granted = this.session.account?.rights;
    if (rights.some((right) => granted?.has(right))) return true;
    this.fail({ kind: "denied" });
    return false;
  }

  ask(action: (id: number) => FtpAction, settled: (outcome: FtpOutcome) => void): void {
    this.#ask(action, settled);
  }

  call(call: StoreCall, done: (value: FtpValue | undefined) => void, context?: FailureContext): void {
    this.#ask(
      (id) => ({ type: "store", id, call }),
      (outcome) => {
        if (outcome.ok) done(outcome.value);
        else this.fail(outcome, context);
      },
    );
  }

  stat(path: VirtualPath, done: (entry: Entry) => void, failed?: (failure: Failure) => void): void {
    this.#ask(
      (id) => ({ type: "store", id, call: { name: "stat", path } }),
      (outcome) => {
        if (!outcome.ok) (failed ?? ((failure) => this.fail(failure)))(outcome);
        else if (outcome.value?.type === "entry") done(outcome.value.entry);
        else this.fail({ kind: "failed" });
      },
    );
  }

  startTransfer(transfer: FtpTransfer, settled: (outcome: FtpOutcome) => void): void {
    this.#ask((id) => ({ type: "transfer", id, transfer }), settled, transfer);
  }

  send(action: FtpAction): void {
    this.#host.send(action);
  }

  forgetLogin(): void {
    this.#host.forgetLogin();
  }

  upgrade(): void {
    this.#host.upgrade();
  }

  close(reason: string): void {
    this.#host.close(reason);
  }

  /** Throws when a command went on without an answer: that would leave its client waiting. */
  checkAnswered(): void {
    if (!this.#answered && !this.#waiting) throw new Error(`bug: ${this.verb} gave no reply`);
  }

  #ask(action: (id: number) => FtpAction, settled: (outcome: FtpOutcome) => void, transfer?: FtpTransfer): void {
    this.#waiting = true;
    this.#host.ask(
      action,
      (outcome) => {
        this.#waiting = false;
        settled(outcome);
        this.checkAnswered();
      },
      transfer,
    );
  }

  #answer(reply: string): void {
    if (this.#answered) throw new Error(`bug: ${this.verb} gave a second reply`);
    this.#answered = true;
    this.#host.write(reply);
  }
}

/** Answers one line of a client. */
export function runCommand(host: CommandHost, verb: string, argument: string): void {
  const context = new Command(host, verb);
  const spec = findCommand(verb);
  if (verb !== "RNTO") host.session.renameFrom = undefined;
  if (admitted(context, spec, argument)) spec?.run(context, argument);
  context.checkAnswered();
}

function admitted(context: CommandContext, spec: CommandSpec | undefined, argument: string): boolean {
  if (spec === undefined) {
    context.reply(500, /^[A-Z]{1,8}$/.test(context.verb) ? `${context.verb} is no command.` : "That is no command.");
    return false;
  }
  if (spec.login === "after" && context.session.account === undefined) {
    context.reply(530, "Log in first.");
    return false;
  }
  if (spec.argument === "required" && argument === "") {
    context.reply(501, `Syntax: ${context.verb} ${spec.syntax}`);
    return false;
  }
  if (/[\0\r]/.test(argument)) {
    context.reply(501, "An argument holds no CR and no NUL.");
    return false;
  }
  return spec.needs === undefined || context.allowed(...spec.needs);
}
