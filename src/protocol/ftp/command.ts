/**
 * What a command is: data, and one function that answers it.
 *
 * @module
 */

import type { Right } from "../../contracts/credentials.ts";
import type { Entry, VirtualPath } from "../../contracts/store.ts";
import type { FtpAction, FtpFailureKind, FtpOutcome, FtpTransfer, FtpValue, StoreCall } from "./actions.ts";
import type { ServerPolicy } from "./policy.ts";
import type { Session } from "./session.ts";

export interface CommandSpec {
  /** Upper case. */
  readonly verb: string;
  /** Other verbs that mean the same. */
  readonly aliases?: readonly string[];
  /** Document and section. */
  readonly rfc: string;
  /** `before`: needs no login. */
  readonly login: "before" | "after";
  readonly argument: "none" | "optional" | "required";
  /** The argument as HELP shows it. */
  readonly syntax: string;
  /** Who has none of these rights gets 550. */
  readonly needs?: readonly Right[];
  /** Its lines in FEAT (RFC 2389), without the blank; undefined: not listed now. */
  readonly feature?: (policy: ServerPolicy, session: Session) => string | undefined;
  /** `refused`: known, and always answered that it is not done. Default `yes`. */
  readonly support?: "yes" | "refused";
  /** How it differs from its document, or why it is refused. */
  readonly note?: string;
  /** Gives exactly one final reply, now or when what it asked for is settled. */
  readonly run: (context: CommandContext, argument: string) => void;
}

export type Failure = FtpOutcome & { readonly ok: false };

/** What a command's store call is for: it decides between codes for one failure. */
export interface FailureContext {
  /** A name is to be made: a bad one is 553, otherwise 550. */
  readonly creates?: boolean;
  /** A transfer from an offset: a store that cannot begin there is 554 (RFC 3659 §5). */
  readonly restarts?: boolean;
}

/** A transfer under way, for STAT. */
export interface RunningTransfer {
  readonly transfer: FtpTransfer;
  readonly bytes: number;
}

export interface CommandContext {
  readonly session: Session;
  readonly policy: ServerPolicy;
  /** As the client sent it: the alias, not the command's name. */
  readonly verb: string;
  readonly running: RunningTransfer | undefined;
  /** The final reply. */
  reply(code: number, text: string): void;
  /** The final reply in several lines. */
  replyLines(code: number, first: string, lines: readonly string[], last: string): void;
  /** The final reply for a failure. */
  fail(failure: { readonly kind: FtpFailureKind; readonly peerText?: string }, context?: FailureContext): void;
  /** The path that an argument means; undefined when there is none, and then the reply is given. */
  path(argument: string, context?: FailureContext): VirtualPath | undefined;
  /** False when the account has none of these rights, and then the reply is given. */
  allowed(...rights: readonly Right[]): boolean;
  /** Asks for an action with an outcome. */
  ask(action: (id: number) => FtpAction, settled: (outcome: FtpOutcome) => void): void;
  /** Asks the store; a failure is answered unless `failed` says that it took care. */
  call(call: StoreCall, done: (value: FtpValue | undefined) => void, context?: FailureContext): void;
  stat(path: VirtualPath, done: (entry: Entry) => void, failed?: (failure: Failure) => void): void;
  /** Starts a transfer: 150 when its store side is open. `settled` gives the final reply. */
  startTransfer(transfer: FtpTransfer, settled: (outcome: FtpOutcome) => void): void;
  /** An action without an outcome. */
  send(action: FtpAction): void;
  /** Back to before the login. */
  forgetLogin(): void;
  /** After the reply no command is read any more until TLS is up. */
  upgrade(): void;
  /** Ends the session after the reply. */
  close(reason: string): void;
}
