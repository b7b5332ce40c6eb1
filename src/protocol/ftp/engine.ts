/**
 * The FTP engine: what a client sends, finished work and time go in; replies and actions come out. It owns no socket,
 * timer or clock.
 *
 * @module
 */

import { PortholeError } from "../../contracts/errors.ts";
import { LIMITS } from "../../contracts/limits.ts";
import type { VirtualPath } from "../../contracts/store.ts";
import type { FtpAction, FtpOutcome, FtpTransfer } from "./actions.ts";
import type { RunningTransfer } from "./command.ts";
import { type CommandHost, runCommand } from "./dispatch.ts";
import { type ClientLine, createLineReader, type LineReader } from "./lines.ts";
import { Output } from "./output.ts";
import { createPolicy, type FtpEngineOptions, type ServerPolicy } from "./policy.ts";
import { formatLongReply, formatReply } from "./replies.ts";
import { createSession, forgetLogin, type Session } from "./session.ts";
import { openingText } from "./transfers.ts";

export type { FtpEngineOptions } from "./policy.ts";

export type FtpPhase =
  | { readonly name: "user" }
  | { readonly name: "password"; readonly user: string }
  /** PASS was sent, the `authenticate` action is under way. */
  | { readonly name: "authenticating"; readonly user: string }
  | { readonly name: "ready"; readonly user: string; readonly cwd: VirtualPath }
  | {
      readonly name: "transfer";
      readonly user: string;
      readonly cwd: VirtualPath;
      readonly actionId: number;
      readonly transfer: FtpTransfer;
    }
  /** No further byte is read or written; what is under way may still be settled. */
  | { readonly name: "closed"; readonly reason: string };

export interface FtpEngine {
  readonly phase: FtpPhase;
  /** False: pause the socket. What arrives all the same is kept up to `LIMITS.ftpPipelinedBytes`, then the session ends. */
  readonly wantsInput: boolean;
  /**
   * Commands wait until the replies so far are sent: when the socket has drained call `resume()`. Only so is the memory
   * bounded that a client can make us hold by asking much and reading nothing.
   */
  readonly waitsForOutput: boolean;
  /**
   * QUIT waits behind a transfer: a client that closes its connection now means to leave, and was not cut off in the
   * middle of what it sends.
   */
  readonly quitWaits: boolean;
  /** How many commands it has taken up. */
  readonly commandCount: number;
  /** When `tick()` is wanted next; undefined: not at all. Ask again after every call. */
  readonly deadlineMs: number | undefined;
  /** Takes bytes of the control connection; no bytes make it throw. The chunk is copied where it must be kept. */
  receive(chunk: Uint8Array, nowMs: number): readonly FtpAction[];
  /**
   * A transfer's store side is open: 150 is owed to the client.
   *
   * @param info - `totalBytes`: what is going to be sent, told in the reply. `path`: the name that STOU chose.
   */
  opened(id: number, info?: { readonly totalBytes?: number; readonly path?: VirtualPath }): readonly FtpAction[];
  /**
   * Takes the result of an action; each `id` is settled once, also after the session has closed.
   *
   * @throws PortholeError `PORTHOLE_ERR_STATE` when no such action is under way.
   */
  settle(outcome: FtpOutcome, nowMs: number): readonly FtpAction[];
  /** Bytes that a transfer has moved so far: STAT tells them. */
  transferBytes(id: number, bytes: number): void;
  /** The TLS handshake that an `upgrade` action asked for is done. */
  secured(nowMs: number): readonly FtpAction[];
  /** Goes on after `waitsForOutput`. */
  resume(nowMs: number): readonly FtpAction[];
  tick(nowMs: number): readonly FtpAction[];
  /** The peer sends no more (FIN or a broken connection): what it asked for is finished, then `close` comes. */
  end(nowMs: number): readonly FtpAction[];
  /** Says 421 with this text, aborts a transfer and closes. For a graceful end let the transfer settle first. */
  shutdown(text: string): readonly FtpAction[];
  /** Every byte owed to the peer, in order; empties the queue. Empty when nothing is owed. */
  takeOutput(): Uint8Array;
}

/** An action whose outcome the current command waits for. */
interface Pending {
  readonly id: number;
  readonly settled: (outcome: FtpOutcome) => void;
  readonly transfer: FtpTransfer | undefined;
  bytes: number;
  opened: boolean;
  aborting: boolean;
}

const NO_ACTIONS: readonly FtpAction[] = [];
const DEFAULT_IDLE_MS = 300_000;

class SessionEngine implements FtpEngine, CommandHost {
  readonly policy: ServerPolicy;
  readonly session: Session;
  readonly #lines: LineReader = createLineReader();
  /** Whole lines that wait for their turn. */
  readonly #queue: ClientLine[] = [];
  readonly #output = new Output();
  readonly #idleMs: number;
  readonly #loginMs: number;
  commandCount = 0;
  #pending: Pending | undefined;
  /** Ids of a session that has closed under them. */
  #orphans: Set<number> | undefined;
  #nextId = 1;
  #actions: FtpAction[] | undefined;
  #nowMs: number;
  #activeMs: number;
  #loginStartMs: number;
  #closed: string | undefined;
  #upgrading = false;
  #ended = false;

  constructor(options: FtpEngineOptions) {
    this.policy = createPolicy(options);
    this.session = createSession(this.policy.implicitTls);
    this.#idleMs = options.idleMs ?? DEFAULT_IDLE_MS;
    this.#loginMs = options.loginMs ?? LIMITS.ftpLoginSeconds.value * 1000;
    this.#nowMs = options.nowMs;
    this.#activeMs = options.nowMs;
    this.#loginStartMs = options.nowMs;
    const [first = "Porthole FTP ready", ...others] = this.policy.greeting;
    const last = others.pop();
    this.write(last === undefined ? formatReply(220, first) : formatLongReply(220, first, others, last));
  }

  get phase(): FtpPhase {
    const { user, account, cwd } = this.session;
    const pending = this.#pending;
    if (this.#closed !== undefined) return { name: "closed", reason: this.#closed };
    if (account === undefined) {
      if (user === undefined) return { name: "user" };
      return { name: pending === undefined ? "password" : "authenticating", user };
    }
    if (pending?.transfer === undefined) return { name: "ready", user: account.user, cwd };
    return { name: "transfer", user: account.user, cwd, actionId: pending.id, transfer: pending.transfer };
  }

  get wantsInput(): boolean {
    return (
      this.#closed === undefined &&
      !this.#upgrading &&
      !this.#ended &&
      this.#queue.length < LIMITS.ftpPipelinedCommands.value &&
      this.#lines.waitingBytes === 0
    );
  }

  get waitsForOutput(): boolean {
    return (
      this.#closed === undefined &&
      this.#output.bytes >= LIMITS.ftpReplyBytes.value &&
      (this.#queue.length > 0 || this.#lines.waitingBytes > 0 || this.#ended)
    );
  }

  get quitWaits(): boolean {
    return this.#queue.some((line) => line.type === "command" && line.verb === "QUIT");
  }

  get deadlineMs(): number | undefined {
    if (this.#closed !== undefined) return undefined;
    const login = this.session.account === undefined ? this.#loginStartMs + this.#loginMs : undefined;
    const idle = this.#pending === undefined ? this.#activeMs + this.#idleMs : undefined;
    if (login === undefined || idle === undefined) return login ?? idle;
    return Math.min(login, idle);
  }

  get running(): RunningTransfer | undefined {
    const pending = this.#pending;
    return pending?.transfer === undefined ? undefined : { transfer: pending.transfer, bytes: pending.bytes };
  }

  receive(chunk: Uint8Array, nowMs: number): readonly FtpAction[] {
    this.#nowMs = nowMs;
    if (this.#closed !== undefined || this.#upgrading || this.#ended) return this.#takeActions();
    if (this.#lines.waitingBytes > LIMITS.ftpPipelinedBytes.value) {
      this.#farewell("Too many commands wait.", "too many commands wait");
      return this.#takeActions();
    }
    this.#lines.push(chunk);
    this.#proceed();
    this.#lines.keep();
    return this.#takeActions();
  }

  opened(id: number, info: { readonly totalBytes?: number; readonly path?: VirtualPath } = {}): readonly FtpAction[] {
    if (this.#orphans?.has(id)) return NO_ACTIONS;
    const pending = this.#pendingOf(id);
    if (pending.transfer !== undefined && !pending.opened) {
      pending.opened = true;
      this.write(formatReply(150, openingText(pending.transfer, info)));
      this.#proceed();
    }
    return this.#takeActions();
  }

  settle(outcome: FtpOutcome, nowMs: number): readonly FtpAction[] {
    this.#nowMs = nowMs;
    if (this.#orphans?.delete(outcome.id)) return NO_ACTIONS;
    const pending = this.#pendingOf(outcome.id);
    this.#pending = undefined;
    this.#activeMs = nowMs;
    if (pending.transfer !== undefined) {
      if (outcome.ok && !pending.opened) this.write(formatReply(150, openingText(pending.transfer, {})));
      const used = outcome.ok || pending.opened || outcome.kind === "no-data-connection" || outcome.kind === "aborted";
      if (used) this.session.dataReady = false;
    }
    pending.settled(outcome);
    this.#proceed();
    return this.#takeActions();
  }

  transferBytes(id: number, bytes: number): void {
    if (this.#pending?.id === id) this.#pending.bytes = bytes;
  }

  secured(nowMs: number): readonly FtpAction[] {
    this.#nowMs = nowMs;
    this.#activeMs = nowMs;
    this.#upgrading = false;
    this.session.secure = true;
    return this.#takeActions();
  }

  resume(nowMs: number): readonly FtpAction[] {
    this.#nowMs = nowMs;
    this.#proceed();
    return this.#takeActions();
  }

  tick(nowMs: number): readonly FtpAction[] {
    this.#nowMs = nowMs;
    const deadlineMs = this.deadlineMs;
    if (deadlineMs !== undefined && nowMs >= deadlineMs) {
      if (this.session.account === undefined) this.#farewell("Nobody logged in for too long.", "login timeout");
      else this.#farewell("Nothing was asked for too long.", "idle timeout");
    }
    return this.#takeActions();
  }

  end(nowMs: number): readonly FtpAction[] {
    this.#nowMs = nowMs;
    this.#ended = true;
    if (this.#upgrading) this.close("peer left");
    this.#proceed();
    return this.#takeActions();
  }

  shutdown(text: string): readonly FtpAction[] {
    if (this.#closed === undefined) this.#farewell(text, "shutdown");
    return this.#takeActions();
  }

  takeOutput(): Uint8Array {
    return this.#output.take();
  }

  write(reply: string): void {
    if (this.#closed === undefined) this.#output.append(reply);
  }

  ask(
    action: (id: number) => FtpAction,
    settled: (outcome: FtpOutcome) => void,
    transfer: FtpTransfer | undefined = undefined,
  ): void {
    if (this.#pending !== undefined) throw new Error(`bug: action ${this.#pending.id} is under way already`);
    const id = this.#nextId++;
    this.#pending = { id, settled, transfer, bytes: 0, opened: false, aborting: false };
    this.send(action(id));
  }

  send(action: FtpAction): void {
    this.#actions ??= [];
    this.#actions.push(action);
  }

  forgetLogin(): void {
    if (this.session.account !== undefined) {
      this.send({ type: "reset" });
      this.#loginStartMs = this.#nowMs;
    }
    forgetLogin(this.session);
  }

  upgrade(): void {
    this.#upgrading = true;
    this.#queue.length = 0;
    this.#lines.clear();
    this.#loginStartMs = this.#nowMs;
    this.send({ type: "upgrade" });
  }

  close(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#queue.length = 0;
    this.#lines.clear();
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) {
      this.#orphans ??= new Set();
      this.#orphans.add(pending.id);
      if (pending.transfer !== undefined && !pending.aborting) this.send({ type: "abort", id: pending.id });
    }
    this.send({ type: "close", reason });
  }

  #farewell(text: string, reason: string): void {
    this.write(formatReply(421, text));
    this.close(reason);
  }

  #pendingOf(id: number): Pending {
    const pending = this.#pending;
    if (pending?.id === id) return pending;
    throw new PortholeError("PORTHOLE_ERR_STATE", `cannot settle action ${id}: it is not under way`);
  }

  #takeActions(): readonly FtpAction[] {
    const actions = this.#actions;
    this.#actions = undefined;
    return actions ?? NO_ACTIONS;
  }

  /** Runs what can be run now, in the order in which it came. */
  #proceed(): void {
    while (this.#closed === undefined && !this.#upgrading) {
      this.#fillQueue();
      if (this.#output.bytes >= LIMITS.ftpReplyBytes.value) return;
      const line = this.#queue[0];
      const pending = this.#pending;
      if (pending !== undefined) {
        if (line === undefined || !pending.opened || !isImmediate(line)) {
          this.#abortWhenAsked(pending);
          return;
        }
      } else if (line === undefined) {
        if (this.#ended) this.close("peer left");
        return;
      }
      this.#queue.shift();
      this.#run(line);
    }
  }

  #fillQueue(): void {
    while (this.#queue.length < LIMITS.ftpPipelinedCommands.value) {
      const line = this.#lines.next();
      if (line === undefined) return;
      this.#queue.push(line);
    }
  }

  /** ABOR waits for its turn like every command, but what runs before it is told to end at once. */
  #abortWhenAsked(pending: Pending): void {
    if (pending.transfer === undefined || pending.aborting) return;
    if (!this.#queue.some((line) => line.type === "command" && line.verb === "ABOR")) return;
    pending.aborting = true;
    this.send({ type: "abort", id: pending.id });
  }

  #run(line: ClientLine): void {
    switch (line.type) {
      case "option":
        this.#output.appendOctets(line.refusal);
        return;
      case "too-long":
        this.#activeMs = this.#nowMs;
        this.write(formatReply(500, `A command has at most ${LIMITS.ftpCommandBytes.value} bytes.`));
        return;
      case "foreign":
        if (this.session.account === undefined) this.close(`spoke ${line.protocol}`);
        else this.write(formatReply(500, "That is no command."));
        return;
      case "command":
        this.#activeMs = this.#nowMs;
        this.commandCount += 1;
        runCommand(this, line.verb, line.argument);
    }
  }
}

/** What is answered while a transfer runs: NOOP, STAT without a path; a refused TELNET option is no command. */
function isImmediate(line: ClientLine): boolean {
  if (line.type === "option") return true;
  if (line.type !== "command") return false;
  return line.verb === "NOOP" || (line.verb === "STAT" && line.argument.trim() === "");
}

/** An engine at the start of a connection: the greeting is its first output. */
export function createFtpEngine(options: FtpEngineOptions): FtpEngine {
  return new SessionEngine(options);
}
