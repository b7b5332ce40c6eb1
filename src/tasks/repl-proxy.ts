/**
 * The thread's side of the program's prompt: a REPL host whose sessions live in the program's thread. It answers while
 * the program is busy: keys wait, output flows, an interrupt gets through.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import { LIMITS } from "../contracts/limits.ts";
import type { LeaveReason, RemoteTerminal, ReplHost, ReplSession, WindowSize } from "../contracts/repl.ts";
import { Bell } from "../native/bell.ts";
import { EchoChain } from "./echo-chain.ts";
import { createEchoPermit, EchoPermitReader } from "./echo-permit.ts";
import type { Interrupter, InterruptOutcome } from "./interrupt.ts";
import { createStaleMark, KeySender } from "./key-sender.ts";
import { createKeySlot, KeySlot } from "./key-slot.ts";
import { createRing, RingReader } from "./output-ring.ts";
import { LEAVE_REASONS, type ReplAnswer, type ReplRequest } from "./repl-messages.ts";

const SEAT_PATIENCE_MS = 1_000;
const INTERRUPT_PATIENCE_MS = 1_500;
const encoder = new TextEncoder();

/** What the proxy needs to know of the program's REPL before anybody sits at it. */
export interface ReplProxyOptions {
  readonly name: string;
  readonly version: string;
  readonly port: MessagePort;
  readonly interrupter: Interrupter;
  /** Why a busy program cannot be interrupted: each user is told once, at login. */
  readonly interruptUnavailable: string | undefined;
}

/** A host for a server in this thread. */
export function createReplProxy(options: ReplProxyOptions): ReplHost {
  const sessions = new Map<number, ProxySession>();
  let last = 0;
  options.port.on("message", (answer: ReplAnswer) => {
    const session = sessions.get(answer.session);
    if (answer.type === "seated") session?.seated();
    else session?.taken(answer.bytes);
  });
  return {
    name: options.name,
    version: options.version,
    open(terminal) {
      const id = ++last;
      const session = new ProxySession(id, terminal, options, () => sessions.delete(id));
      sessions.set(id, session);
      return session;
    },
  };
}

class ProxySession implements ReplSession {
  readonly #id: number;
  readonly #terminal: RemoteTerminal;
  readonly #options: ReplProxyOptions;
  readonly #onClosed: () => void;
  readonly #reader: RingReader;
  #closed = false;
  #seated = false;
  readonly #keys: KeySender;
  readonly #permit: EchoPermitReader;
  readonly #chain: EchoChain = new EchoChain();
  #shownBytes = 0;
  /** False while the terminal is to be waited for. */
  #hasRoom = true;
  readonly #bell: Bell | undefined = Bell.hang();
  #patience: NodeJS.Timeout;

  constructor(id: number, terminal: RemoteTerminal, options: ReplProxyOptions, onClosed: () => void) {
    this.#id = id;
    this.#terminal = terminal;
    this.#options = options;
    this.#onClosed = onClosed;
    const ring = createRing(LIMITS.telnetOutputBufferBytes.value);
    this.#reader = new RingReader(ring);
    const permit = createEchoPermit();
    this.#permit = new EchoPermitReader(permit);
    const staleMark = createStaleMark();
    const slot = createKeySlot();
    this.#keys = new KeySender({
      staleMark,
      slot: new KeySlot(slot, this.#bell && (() => this.#bell?.ring())),
      post: (bytes, number, shownAt) => this.#post({ type: "input", session: id, bytes, number, shownAt }),
      interrupt: () => this.#interrupt(),
    });
    if (options.interruptUnavailable !== undefined) {
      this.#tell(`Ctrl-C does not reach a busy program here: ${options.interruptUnavailable}.`);
    }
    const { peer, user, type, size } = terminal;
    const bell = this.#bell?.end;
    this.#post({
      type: "open",
      session: id,
      peer,
      user,
      terminalType: type,
      size,
      ring,
      staleMark,
      slot,
      permit,
      bell,
    });
    this.#patience = setTimeout(() => void this.#tellBusy(), SEAT_PATIENCE_MS);
    void this.#show();
  }

  seated(): void {
    this.#seated = true;
    clearTimeout(this.#patience);
  }

  taken(bytes: number): void {
    this.#keys.taken(bytes);
  }

  input(bytes: Uint8Array): undefined | Promise<void> {
    if (this.#closed) return undefined;
    if (!this.#showAhead(bytes)) return this.#keys.input(bytes);
    this.#keys.inputShown(bytes, this.#chain.written);
    return undefined;
  }

  resize(size: WindowSize): void {
    if (this.#closed) return;
    this.#keys.flush();
    this.#post({ type: "resize", session: this.#id, size });
  }

  interrupt(): void {
    if (this.#closed) return;
    this.#chain.break(this.#keys.posted);
    this.#keys.interrupt();
  }

  close(reason: LeaveReason): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#patience);
    this.#keys.flush();
    // A user who was sent away runs nothing more; one who has left may have piped in a script that still runs.
    if (reason !== "left") this.#keys.markStale();
    this.#keys.close();
    this.#reader.close();
    this.#bell?.close();
    this.#post({ type: "close", session: this.#id, reason });
    this.#onClosed();
  }

  /** Output, in order and at the client's pace; its end comes after all of it. */
  async #show(): Promise<void> {
    for (;;) {
      const item = await this.#reader.read();
      if (item === undefined || this.#closed) return;
      if ("endCode" in item) {
        this.#terminal.end(LEAVE_REASONS[item.endCode] ?? "exited");
        return;
      }
      this.#shownBytes = (this.#shownBytes + item.bytes.length) | 0;
      const wait = this.#write(item.bytes);
      if (wait !== undefined) await wait;
    }
  }

  /** Shows keys before the program has them, where its prompt has said what it would show. */
  #showAhead(keys: Uint8Array): boolean {
    const { columns } = this.#terminal.size;
    const isFree = this.#hasRoom && this.#keys.isFree;
    const screen = isFree ? { columns, written: this.#reader.written, shown: this.#shownBytes } : undefined;
    const shown = this.#chain.show(keys, this.#keys.posted, this.#permit.read(), screen);
    if (shown === undefined) return false;
    void this.#write(shown);
    this.#terminal.flush?.();
    return true;
  }

  /** Undefined when more may come at once. */
  #write(bytes: Uint8Array): undefined | Promise<void> {
    const wait = this.#terminal.write(bytes);
    if (wait === undefined) return undefined;
    this.#hasRoom = false;
    const goOn = (): void => {
      this.#hasRoom = true;
    };
    return wait.then(goOn, goOn);
  }

  async #interrupt(): Promise<void> {
    const patience = setTimeout(
      () => this.#tell("The program is in one long operation; it is stopped as soon as that ends."),
      INTERRUPT_PATIENCE_MS,
    );
    const outcome = await this.#options.interrupter.interrupt({
      ask: (request) => this.#post({ type: "interrupt", session: this.#id, request }),
      setDropping: (dropping) => this.#reader.setDropping(dropping),
      forgetKeys: () => this.#keys.markStale(),
    });
    clearTimeout(patience);
    const text = describeOutcome(outcome);
    if (text !== undefined) this.#tell(text);
  }

  async #tellBusy(): Promise<void> {
    const where = await this.#options.interrupter.whereBusy((request) => this.#post({ type: "ping", request }));
    if (where === undefined || this.#seated) return;
    this.#tell(`The program is busy${where === "" ? "" : ` in ${where}`}; its prompt comes when it is free.`);
  }

  /** A line from the server itself, beside what the program prints. */
  #tell(text: string): void {
    if (this.#closed) return;
    this.#chain.litter(this.#keys.posted);
    void this.#terminal.write(encoder.encode(`\r\n[${text}]\r\n`));
  }

  #post(request: ReplRequest): void {
    this.#options.port.postMessage(request);
  }
}

/** What the user who pressed Ctrl-C is told; undefined when the prompt shows it by itself. */
export function describeOutcome(outcome: InterruptOutcome): string | undefined {
  switch (outcome.outcome) {
    case "handed-over":
    case "stopped":
    case "under-way":
      return undefined;
    case "left-alone":
      return `busy in ${outcome.where}; it is not the prompt's own line and is left alone`;
    case "unavailable":
      return `the program is busy and cannot be interrupted: ${outcome.reason}`;
  }
}
