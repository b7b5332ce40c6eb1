/**
 * The FTP server behind its options: who is connected, where is listened.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { ServerCounters } from "../../contracts/counters.ts";
import { PortholeError } from "../../contracts/errors.ts";
import type { FtpServerEvent } from "../../contracts/events.ts";
import type { FtpDataState, FtpState } from "../../contracts/task.ts";
import { type Accelerator, accelerator } from "../../native/accelerator.ts";
import type { SystemCalls } from "../../native/system-calls.ts";
import { type Arrival, Arrivals } from "../arrivals.ts";
import { crowded } from "../crowded.ts";
import { createEventHub, type EventHub } from "../event-hub.ts";
import { type Listener, openListener } from "../listener.ts";
import { formatAddress } from "../peer-address.ts";
import { type Exposure, isProtected, listeningHost } from "../protected-mode.ts";
import { Resources } from "../resources.ts";
import type { SharedGuard } from "../shared-guard.ts";
import { Tally } from "../tally.ts";
import type { TlsIdentity } from "../tls.ts";
import { createOneUser, createOwnUsers, createUsers, type Users, withGuest } from "../users.ts";
import { offerAccepted } from "./accepted-connection.ts";
import { AccountUses } from "./account-use.ts";
import { BufferPool } from "./buffers.ts";
import { CipherThreads } from "./cipher/cipher-threads.ts";
import { controlSocket } from "./control-socket.ts";
import type { FtpServer } from "./ftp-server.ts";
import { PortRange } from "./passive.ts";
import { Patience } from "./patience.ts";
import { ReceivingThreads } from "./receiver/receiving-threads.ts";
import { RefusedConnections } from "./refused-connections.ts";
import type { FtpSession } from "./session.ts";
import type { FtpSessionInfo, SessionHost } from "./session-host.ts";
import { type SessionState, SessionStates } from "./session-states.ts";
import { type FtpSettings, type GivenListenOptions, listenSettings } from "./settings.ts";

const DEFAULT_GRACE_SECONDS = 10;
/** What a client that was told 421 may take to read it. */
const LAST_WORDS_MS = 3_000;

/** A server for settings that have been checked already, for example in another thread. */
export function createFtpServerFrom(settings: FtpSettings): FtpServerCore {
  return new FtpServerCore(settings);
}

export class FtpServerCore implements FtpServer, SessionHost {
  readonly settings: FtpSettings;
  readonly pool: BufferPool = new BufferPool();
  readonly patience: Patience;
  readonly uses: AccountUses;
  readonly ciphers: CipherThreads;
  readonly receivers: ReceivingThreads;
  #accelerator: Accelerator | undefined;
  readonly ports: PortRange | undefined;
  readonly arrivals: Arrivals;
  readonly #resources: Resources;
  readonly #hub = createEventHub<FtpServerEvent>();
  readonly #tally = new Tally();
  readonly #sessions = new Map<number, FtpSession>();
  /** Have made room for others, and are about to be closed. */
  readonly #crowdedOut = new Set<number>();
  readonly #states = new SessionStates();
  /** How many sessions each address has. */
  readonly #addresses = new Map<string, number>();
  /** Called when `state` or `dataState` of a session has changed. */
  onState: (() => void) | undefined;
  readonly #refused = new RefusedConnections();
  #user: string;
  #password: string;
  #users: Users;
  #listener: Listener | undefined;
  #where: { readonly host: string; readonly port: number } | undefined;
  #state: "stopped" | "starting" | "listening" | "paused" | "closing" = "stopped";
  #lastSessionId = 0;
  #lastOpening = 0;
  #lastTransferId = 0;
  #whenEmpty: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #forgetSignal: (() => void) | undefined;

  constructor(settings: FtpSettings) {
    this.settings = settings;
    this.patience = new Patience(settings.storeMs);
    this.arrivals = new Arrivals(settings.proxies);
    this.ciphers = new CipherThreads({
      mostThreads: settings.dataWorkers,
      pool: this.pool,
      buffsizeBytes: settings.buffsizeBytes,
      calls: () => this.calls,
      troubled: (error) => this.emit({ type: "error", message: `private transfers were ended: ${error.message}` }),
    });
    this.receivers = new ReceivingThreads({
      troubled: (error) => this.emit({ type: "error", message: `an upload was ended: ${error.message}` }),
    });
    this.#user = settings.user;
    this.#password = settings.password;
    const guardNow = () => performance.now();
    const emit = (event: FtpServerEvent) => this.emit(event);
    this.#resources = new Resources({ service: "ftp", settings, emit, guardNow, now: Date.now });
    this.uses = new AccountUses(this.#resources.sessions);
    this.#users = usersOf(settings);
    this.#hub.on("*", (event) => {
      this.#tally.add(event);
      this.#resources.add(event);
    });
    const range = settings.passivePorts;
    this.ports = range === undefined ? undefined : new PortRange(range.from, range.to);
  }

  readonly on: EventHub<FtpServerEvent>["on"] = (type, listener) => this.#hub.on(type, listener);

  get guard(): SharedGuard {
    return this.#resources.guard;
  }

  get tls(): TlsIdentity | undefined {
    return this.#resources.tls;
  }

  get users(): Users {
    return this.#users;
  }

  get calls(): SystemCalls | undefined {
    return this.#found().calls;
  }

  get accelerator(): string {
    return this.#found().text;
  }

  /** Looked for when the server first listens, so that no client waits for it. */
  #found(): Accelerator {
    this.#accelerator ??= this.settings.accelerator ? accelerator() : { calls: undefined, text: "off by option" };
    return this.#accelerator;
  }

  get addresses(): readonly string[] {
    return this.#listener === undefined ? [] : [formatAddress(this.#listener.host, this.#listener.port)];
  }

  get state(): FtpState {
    if (this.#state === "stopped") return -1;
    if (this.#state === "starting") return 1;
    const { busiest } = this.#states;
    if (busiest !== undefined) return busiest;
    return this.#state === "listening" ? 2 : 0;
  }

  get dataState(): FtpDataState {
    return this.#states.dataState;
  }

  async listen(options: GivenListenOptions = {}): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port, signal } = listenSettings(options);
    if (this.#state !== "stopped") {
      throw new PortholeError("PORTHOLE_ERR_STATE", `cannot listen: the FTP server is ${this.#state}; close it first`);
    }
    signal?.throwIfAborted();
    const allowed = listeningHost({ ...this.#exposure, host });
    if (allowed !== host) this.emit({ type: "protected", askedHost: host, host: allowed });
    const where = await this.#open(allowed, port, "stopped");
    if (signal !== undefined) {
      const abort = () => void this.close({ graceSeconds: 0 });
      signal.addEventListener("abort", abort, { once: true });
      this.#forgetSignal = () => signal.removeEventListener("abort", abort);
      if (signal.aborted) abort();
    }
    return where;
  }

  async pause(): Promise<void> {
    if (this.#state !== "listening") return;
    this.#state = "paused";
    await this.#stopListening();
  }

  async resume(): Promise<void> {
    if (this.#state === "listening") return;
    if (this.#state !== "paused" || this.#where === undefined) {
      throw new PortholeError("PORTHOLE_ERR_STATE", `cannot resume: the FTP server is ${this.#state}, not paused`);
    }
    await this.#open(this.#where.host, this.#where.port, "paused");
  }

  close(options: { readonly graceSeconds?: number } = {}): Promise<void> {
    const { graceSeconds = DEFAULT_GRACE_SECONDS } = options;
    if (this.#state === "stopped") return Promise.resolve();
    if (this.#closing !== undefined && graceSeconds === 0) this.#kickAll();
    this.#closing ??= this.#close(graceSeconds).finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close({ graceSeconds: 0 });
  }

  get clientCount(): number {
    return this.#sessions.size;
  }

  sessions(): readonly FtpSessionInfo[] {
    return [...this.#sessions.values()].map((session) => session.info);
  }

  counters(): ServerCounters {
    const listening = this.#state === "listening";
    return this.#tally.counters("ftp", { listening, accelerated: this.#accelerator?.calls !== undefined });
  }

  countCommands(count: number): void {
    this.#tally.commands(count);
  }

  kick(sessionId: number): boolean {
    const session = this.#sessions.get(sessionId);
    session?.kick("You were sent away.");
    return session !== undefined;
  }

  setCredentials(user: string, password: string): void {
    if (this.settings.authenticate !== undefined || this.settings.users !== undefined) {
      throw new PortholeError("PORTHOLE_ERR_STATE", "cannot set credentials: there are several users");
    }
    this.#users = withGuest(createOneUser(user, password), this.settings.anonymous);
    this.#user = user;
    this.#password = password;
  }

  nextTransferId(): number {
    return ++this.#lastTransferId;
  }

  emit(event: FtpServerEvent): void {
    this.#hub.emit(event);
  }

  stateChanged(before: SessionState | undefined, after: SessionState | undefined): void {
    this.#states.change(before, after);
    this.onState?.();
  }

  ended(sessionId: number): void {
    const address = this.#sessions.get(sessionId)?.address ?? "";
    this.#sessions.delete(sessionId);
    this.#crowdedOut.delete(sessionId);
    const left = (this.#addresses.get(address) ?? 0) - 1;
    if (left > 0) this.#addresses.set(address, left);
    else this.#addresses.delete(address);
    if (this.#sessions.size === 0) this.#whenEmpty?.();
  }

  async #open(
    host: string,
    port: number,
    otherwise: "stopped" | "paused",
  ): Promise<{ readonly host: string; readonly port: number }> {
    this.#state = "starting";
    const turn = ++this.#lastOpening;
    this.#found();
    try {
      await this.#resources.open(this.#users);
      const { FtpSession } = await import("./session.ts"); // with all commands: a third of `import "porthole"`
      const admit = (socket: Socket) => this.arrivals.admit(socket, (arrival) => this.#accept(arrival, FtpSession));
      const listener = await openListener({
        host,
        port,
        service: "ftp",
        onConnection: admit,
        prepare: (server) =>
          offerAccepted(server, (accepted) => {
            const socket = controlSocket(accepted);
            if (socket !== undefined) admit(socket);
            return socket !== undefined;
          }),
        onError: (error) => this.emit({ type: "error", message: `cannot accept connections: ${error.message}` }),
      });
      if (this.#state !== "starting" || turn !== this.#lastOpening) {
        await listener.close();
        throw new PortholeError("PORTHOLE_ERR_STATE", "the FTP server was closed while it was about to listen");
      }
      this.#listener = listener;
      this.#where = { host: listener.host, port: listener.port };
      this.#state = "listening";
    } catch (error) {
      if (this.#state === "starting" && turn === this.#lastOpening) this.#state = otherwise;
      if (this.#state === "stopped") await this.#resources.close();
      throw error;
    }
    this.#resources.announce(this.#where.host, this.#where.port);
    this.emit({ type: "listening", ...this.#where });
    return this.#where;
  }

  async #stopListening(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await Promise.all([listener?.close(), this.#resources.withdraw()]);
  }

  #accept(arrival: Arrival, Session: typeof FtpSession): void {
    const { socket } = arrival;
    if (this.#state !== "listening") {
      socket.on("error", ignore);
      socket.destroy();
      return;
    }
    const id = ++this.#lastSessionId;
    if (this.#clients >= this.settings.maxClients) this.#makeRoom(arrival.address);
    const reason = this.#fullFor(arrival);
    if (reason !== undefined) {
      this.#refuse(arrival, id, reason);
      return;
    }
    const session = new Session(id, arrival, this);
    this.#sessions.set(id, session);
    this.#addresses.set(arrival.address, (this.#addresses.get(arrival.address) ?? 0) + 1);
    session.start();
  }

  get #exposure(): Exposure {
    const { authenticate, users, allowDefaultPassword } = this.settings;
    return {
      host: "",
      user: this.#user,
      password: this.#password,
      ownAuthentication: authenticate !== undefined || users !== undefined,
      allowDefaultPassword,
    };
  }

  /** Without those that have made room. */
  get #clients(): number {
    return this.#sessions.size - this.#crowdedOut.size;
  }

  /**
   * Lets the oldest go that has not logged in, of the address that has most of them, when somebody comes who has fewer
   * connections: so nobody keeps the others out by connections alone, nor pushes their single ones out.
   */
  #makeRoom(forAddress: string): void {
    const waiting = [...this.#sessions.values()].filter(({ id, info }) => !info.user && !this.#crowdedOut.has(id));
    const oldest = crowded(waiting);
    if (oldest === undefined) return;
    const most = waiting.filter(({ address }) => address === oldest.address).length;
    if (most < 2 || most <= (this.#addresses.get(forAddress) ?? 0)) return;
    this.#crowdedOut.add(oldest.id);
    oldest.kick("Too many connections have not logged in.");
    oldest.destroy();
  }

  /** Why no further client can come from there. */
  #fullFor({ address, local }: Arrival): string | undefined {
    const { maxClients, maxClientsPerAddress } = this.settings;
    if (isProtected(this.#exposure) && !local) {
      return "the default password is for this machine only"; // it came through a proxy
    }
    if (this.#clients >= maxClients) {
      return `there ${maxClients === 1 ? "is a client" : `are ${maxClients} clients`} already`;
    }
    const count = this.#addresses.get(address) ?? 0;
    return count >= maxClientsPerAddress ? `there are ${count} clients from this address already` : undefined;
  }

  #refuse({ socket, address, port }: Arrival, sessionId: number, reason: string): void {
    this.emit({ type: "refused", reason, sessionId, address, port });
    this.#refused.add(socket, `421 Not now: ${reason}.\r\n`);
  }

  async #close(graceSeconds: number): Promise<void> {
    this.#state = "closing";
    this.#forgetSignal?.();
    this.#forgetSignal = undefined;
    await this.#stopListening();
    this.arrivals.close();
    this.#refused.close();
    if (graceSeconds > 0) for (const session of this.#sessions.values()) session.leave("The server is closing.");
    else this.#kickAll();
    if (this.#sessions.size > 0) await this.#empty(graceSeconds * 1000);
    this.ciphers.close();
    this.receivers.close();
    this.#state = "stopped";
    this.emit({ type: "closed" });
    await this.#resources.close();
  }

  #kickAll(): void {
    for (const session of this.#sessions.values()) session.kick("The server is closing.");
  }

  /** Waits until the last session has ended, first patiently, then not; a store that never answers is left behind. */
  #empty(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timers = [
        setTimeout(() => this.#kickAll(), graceMs),
        setTimeout(() => {
          for (const session of this.#sessions.values()) session.destroy();
        }, graceMs + LAST_WORDS_MS),
        setTimeout(() => this.#whenEmpty?.(), graceMs + 2 * LAST_WORDS_MS),
      ];
      this.#whenEmpty = () => {
        for (const timer of timers) clearTimeout(timer);
        this.#whenEmpty = undefined;
        resolve();
      };
    });
  }
}

function ignore(): void {}

function usersOf({ authenticate, users, user, password, anonymous }: FtpSettings): Users {
  if (authenticate !== undefined) return withGuest(createOwnUsers(authenticate), anonymous);
  return withGuest(users === undefined ? createOneUser(user, password) : createUsers(users), anonymous);
}
