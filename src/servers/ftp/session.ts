/**
 * One client: its control connection, and what the engine asks for on its behalf.
 *
 * @module
 */

import type { FtpDataState, FtpState } from "../../contracts/task.ts";
import type { FtpAction, FtpOutcome, StoreCall } from "../../protocol/ftp/actions.ts";
import { createFtpEngine, type FtpEngine } from "../../protocol/ftp/engine.ts";
import type { Arrival } from "../arrivals.ts";
import type { SessionTls } from "../tls.ts";
import { ControlConnection, type ControlListener } from "./control-connection.ts";
import type { Announced, DataPort } from "./data-port.ts";
import { DataSockets } from "./data-sockets.ts";
import { Deadline, type Waiting } from "./deadline.ts";
import { listInline } from "./listing.ts";
import { type Login, logIn } from "./login.ts";
import { failure, failureOf, isUnexpected, messageOf } from "./outcomes.ts";
import type { FtpSessionInfo, SessionHost } from "./session-host.ts";
import { createSessionPort } from "./session-port.ts";
import { type SessionState, stateOf } from "./session-states.ts";
import { mostFileBytes } from "./size-limit.ts";
import { callStore, changeOf } from "./store-call.ts";
import { Transfer } from "./transfer.ts";
import { TransferEvents } from "./transfer-events.ts";

/** How long a client may take to read our last words and to close. */
const FAREWELL_MS = 5_000;

export class FtpSession implements ControlListener, Waiting {
  readonly #id: number;
  readonly #connection: ControlConnection;
  readonly #tls: SessionTls | undefined;
  readonly #host: SessionHost;
  readonly #engine: FtpEngine;
  /** Made when it is first needed. */
  #port: DataPort | undefined;
  /** Data connections are private. */
  #privateData: boolean;
  readonly #peer: { readonly sessionId: number; readonly address: string; readonly port: number };
  readonly #startMs: number = performance.now();
  #login: Login | undefined;
  #failedLogins = 0;
  #transfer: Transfer | undefined;
  readonly #dataSockets = new DataSockets();
  #commandsCounted = 0;
  #holdsReplies = false;
  /** Commands wait until the replies that were sent have left. */
  #waitsToGoOn = false;
  readonly #deadline = new Deadline(this);
  #told: SessionState | undefined;
  /** What was asked for last was done at once. */
  #settled: FtpOutcome | undefined;
  #farewell: NodeJS.Timeout | undefined;
  #reason: string | undefined;
  /** Said 421 with this text when the transfer under way has ended. */
  #leaving: string | undefined;
  #gone = false;
  #hasEnded = false;

  constructor(id: number, { socket, address, port }: Arrival, host: SessionHost) {
    const { settings, tls } = host;
    this.#id = id;
    this.#tls = tls?.forSession();
    const implicit = this.#tls !== undefined && tls?.settings.implicit === true;
    this.#privateData = implicit;
    this.#connection = new ControlConnection(socket, this, {
      handshakeMs: settings.loginMs,
      implicit: implicit ? this.#tls : undefined,
      calls: host.calls,
    });
    this.#host = host;
    this.#peer = { sessionId: id, address, port };
    this.#engine = createFtpEngine({
      peer: this.#peer,
      nowMs: performance.now(),
      active: settings.active,
      deviceLimits: settings.deviceLimits,
      idleMs: settings.idleMs,
      loginMs: settings.loginMs,
      tls: tls === undefined ? "off" : tls.settings.required ? "required" : "available",
      secure: implicit,
      ...(settings.greeting === undefined ? {} : { greeting: settings.greeting }),
    });
  }

  get address(): string {
    return this.#peer.address;
  }

  get id(): number {
    return this.#id;
  }

  get info(): FtpSessionInfo {
    return {
      ...this.#peer,
      user: this.#login?.account.user,
      seconds: (performance.now() - this.#startMs) / 1000,
      transfer: this.#transfer?.info,
    };
  }

  /** As the device tells it. */
  get state(): FtpState {
    return stateOf(this.#transfer);
  }

  get dataState(): FtpDataState {
    return this.#transfer?.connected === true ? 2 : (this.#port?.state ?? 0);
  }

  /** Greets the client and goes on until it leaves. */
  start(): void {
    this.#host.emit({ type: "connected", ...this.#peer });
    this.#run(nothing);
  }

  /** Says 421 with this text: at once, or when the transfer under way has ended. */
  leave(text: string): void {
    if (this.#transfer === undefined) this.kick(text);
    else this.#leaving ??= text;
  }

  /** Says 421 with this text at once; a transfer is aborted. */
  kick(text: string): void {
    this.#run(() => this.#engine.shutdown(text));
  }

  /** Closes without a word, also a connection whose client does not read. */
  destroy(): void {
    this.#transfer?.abort();
    this.#connection.destroy();
  }

  received(chunk: Buffer): void {
    this.#run((now) => this.#engine.receive(chunk, now));
  }

  drained(): void {
    this.#run(nothing);
  }

  failed(error: Error): void {
    this.#reason ??= `connection lost: ${(error as NodeJS.ErrnoException).code ?? "unknown"}`;
  }

  late(): void {
    this.#reason ??= "login timeout";
  }

  due(): void {
    this.#run((now) => this.#engine.tick(now));
  }

  /** Calls the engine, does what it asks for, sends what it says. The one place where the engine is called. */
  #run(call: (nowMs: number) => readonly FtpAction[]): void {
    const engine = this.#engine;
    try {
      this.#perform(call(performance.now()));
      this.#send();
      while (this.#waitsToGoOn && this.#connection.clear) {
        this.#waitsToGoOn = false;
        this.#perform(engine.resume(performance.now()));
        this.#send();
      }
      this.#host.countCommands(engine.commandCount - this.#commandsCounted);
      this.#commandsCounted = engine.commandCount;
      this.#connection.setReading(engine.wantsInput || engine.phase.name === "closed");
      if (this.#gone) this.#deadline.clear();
      else this.#deadline.set(engine.deadlineMs);
      this.#tellState();
    } catch (error) {
      this.#host.emit({ type: "error", message: `session ${this.#id}: ${messageOf(error)}` });
      this.#reason ??= "internal error";
      this.destroy();
    }
  }

  /** Does what the engine asks for, and what it asks for when that was done at once. */
  #perform(actions: readonly FtpAction[]): void {
    for (const action of actions) this.#do(action);
    for (let settled = this.#settled; settled !== undefined; settled = this.#settled) {
      this.#settled = undefined;
      for (const action of this.#engine.settle(settled, performance.now())) this.#do(action);
    }
  }

  #send(): void {
    if (this.#holdsReplies) return;
    this.#waitsToGoOn ||= this.#engine.waitsForOutput;
    const output = this.#engine.takeOutput();
    if (output.length > 0) this.#connection.write(output);
    if (this.#farewell !== undefined) this.#connection.end();
  }

  /** Tells what the session is doing when that is something else than before. */
  #tellState(): void {
    if (this.#hasEnded) return;
    const { state, dataState } = this;
    if (this.#told?.state === state && this.#told.dataState === dataState) return;
    const before = this.#told;
    this.#told = { state, dataState };
    this.#host.stateChanged(before, this.#told);
  }

  #do(action: FtpAction): void {
    switch (action.type) {
      case "authenticate":
        void this.#settleWith(action.id, this.#authenticate(action));
        break;
      case "store":
        void this.#settleWith(action.id, this.#call(action.id, action.call));
        break;
      case "listen":
        this.#listen(action.id, action.extended);
        break;
      case "list-inline":
        void this.#settleWith(action.id, this.#listInline(action));
        break;
      case "connect-to":
        this.#dataPort.connectTo(action.host, action.port);
        this.#settled = { id: action.id, ok: true };
        break;
      case "transfer":
        this.#startTransfer(action);
        break;
      case "abort":
        if (this.#transfer?.id === action.id) this.#transfer.abort();
        break;
      case "reset":
        this.#port?.reset();
        this.#login?.use.leave();
        this.#login = undefined;
        break;
      case "close":
        this.#reason ??= action.reason;
        if (action.reason.startsWith("spoke ")) this.#connection.destroy(); // a stranger is told nothing
        if (!this.#gone) this.#farewell ??= setTimeout(() => this.#connection.destroy(), FAREWELL_MS);
        break;
      case "upgrade":
        if (this.#tls === undefined) throw new Error("bug: AUTH without TLS");
        this.#send(); // 234 is the last that goes in plain
        this.#connection.upgrade(this.#tls, () => this.#run((now) => this.#engine.secured(now)));
        break;
      case "protect":
        this.#privateData = action.private;
        this.#port?.protect(action.private ? this.#tls : undefined);
        break;
    }
  }

  async #settleWith(id: number, outcome: Promise<FtpOutcome>): Promise<void> {
    let settled: FtpOutcome;
    try {
      settled = await outcome;
    } catch (error) {
      this.#report(error);
      settled = failureOf(id, error);
    }
    this.#run((now) => this.#engine.settle(settled, now));
  }

  async #authenticate(action: FtpAction & { readonly type: "authenticate" }): Promise<FtpOutcome> {
    const login = await logIn(this.#host, action, this.#peer, () => ++this.#failedLogins);
    if (typeof login === "string") return failure(action.id, login);
    if (this.#gone) {
      login.use.leave();
      return failure(action.id, "bad-credentials"); // nobody is there to be told
    }
    this.#login = login;
    this.#host.emit({ type: "logged-in", user: login.account.user, ...this.#peer });
    return { id: action.id, ok: true, value: { type: "account", account: login.account } };
  }

  async #call(id: number, call: StoreCall): Promise<FtpOutcome> {
    const { store, account } = this.#loggedIn();
    const value = await callStore(store, call, () => this.#gone);
    const change = changeOf(call);
    if (change !== undefined) this.#host.emit({ type: "change", user: account.user, ...change, ...this.#peer });
    return value === undefined ? { id, ok: true } : { id, ok: true, value };
  }

  #listen(id: number, extended: boolean): void {
    const announced = this.#dataPort.listen(extended);
    if (announced instanceof Promise) {
      void this.#settleWith(
        id,
        announced.then((address) => {
          if (this.#gone) this.#port?.reset();
          return listening(id, address);
        }),
      );
    } else this.#settled = listening(id, announced);
  }

  async #listInline(action: FtpAction & { readonly type: "list-inline" }): Promise<FtpOutcome> {
    const { store, account } = this.#loggedIn();
    const lines = await listInline(store, action.transfer, account);
    return { id: action.id, ok: true, value: { type: "lines", lines } };
  }

  #startTransfer(action: FtpAction & { readonly type: "transfer" }): void {
    if (this.#gone) {
      // What had come before the connection broke; nobody is there to send to, or to be told.
      this.#settled = failure(action.id, "no-data-connection");
      return;
    }
    const { settings, pool } = this.#host;
    const { store, account, use } = this.#loggedIn();
    const events = new TransferEvents((event) => this.#host.emit(event), account.user, this.#peer);
    const transfer = new Transfer(action.id, this.#host.nextTransferId(), action.transfer, {
      store,
      account,
      use,
      address: this.#peer.address,
      port: this.#dataPort,
      pool,
      buffsizeBytes: settings.buffsizeBytes,
      patience: this.#host.patience,
      stallMs: settings.stallMs,
      calls: this.#host.calls,
      receivers: this.#host.receivers,
      mostFileBytes: mostFileBytes(settings.maxUploadBytes, account.limits),
      onUpload: settings.onUpload,
      opened: (info) => {
        this.#run(() => this.#engine.opened(action.id, info));
        events.start(transfer.info);
      },
      holdReplies: (holds) => {
        this.#holdsReplies = holds;
        if (!holds) this.#run(nothing);
      },
      connected: (socket) => {
        this.#dataSockets.add(socket);
        this.#tellState();
      },
      isQuiet: () => this.#connection.isQuiet(this.#host.calls),
      ending: () => this.#tellState(),
      moved: () => {
        this.#engine.transferBytes(action.id, transfer.bytes);
        events.progress(transfer);
      },
      troubled: (error) => this.#report(error),
    });
    this.#transfer = transfer;
    void transfer.run((outcome) => {
      this.#transfer = undefined;
      this.#holdsReplies = false;
      this.#run((now) => {
        const actions = this.#engine.settle(outcome, now);
        return this.#leaving === undefined ? actions : [...actions, ...this.#engine.shutdown(this.#leaving)];
      });
      events.end(outcome, transfer.info); // the client need not wait until it is told
      if (this.#gone) this.#leave();
    });
  }

  /** The client sends no more. */
  ended(): void {
    if (!this.#engine.quitWaits) this.#transfer?.peerLeft();
    this.#run((now) => this.#engine.end(now));
  }

  closed(): void {
    this.#gone = true;
    clearTimeout(this.#farewell);
    this.#transfer?.abort();
    this.#port?.reset();
    this.#run((now) => this.#engine.end(now));
    if (this.#transfer === undefined) this.#leave();
  }

  /** The connection is closed and no transfer is under way: nothing of the client is left. */
  #leave(): void {
    this.#dataSockets.destroy();
    this.#host.emit({
      type: "left",
      user: this.#login?.account.user,
      reason: this.#reason ?? "connection lost",
      seconds: (performance.now() - this.#startMs) / 1000,
      ...this.#peer,
    });
    this.#login?.use.leave();
    this.#hasEnded = true;
    this.#host.stateChanged(this.#told, undefined);
    this.#host.ended(this.#id);
  }

  get #dataPort(): DataPort {
    if (this.#port === undefined) {
      const { localAddress } = this.#connection;
      this.#port = createSessionPort(this.#host, this.address, localAddress, (error) => this.#report(error));
      if (this.#privateData) this.#port.protect(this.#tls);
    }
    return this.#port;
  }

  #loggedIn(): Login {
    if (this.#login === undefined) throw new Error("bug: nobody is logged in");
    return this.#login;
  }

  #report(error: unknown): void {
    if (isUnexpected(error)) {
      this.#host.emit({ type: "error", message: `session ${this.#id}: ${messageOf(error)}` });
    }
  }
}

const NOTHING: readonly FtpAction[] = [];

function nothing(): readonly FtpAction[] {
  return NOTHING;
}

function listening(id: number, address: Announced): FtpOutcome {
  if (address === undefined) return failure(id, "no-data-connection");
  return { id, ok: true, value: { type: "address", host: address.host, port: address.port } };
}
