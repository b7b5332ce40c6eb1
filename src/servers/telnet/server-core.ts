/**
 * The Telnet server behind its options: who is connected, who has the seat, where is listened.
 *
 * @module
 */

import type { ServerCounters } from "../../contracts/counters.ts";
import { PortholeError } from "../../contracts/errors.ts";
import type { TelnetServerEvent } from "../../contracts/events.ts";
import { LIMITS } from "../../contracts/limits.ts";
import type { LeaveReason, ReplHost } from "../../contracts/repl.ts";
import type { TelnetState } from "../../contracts/task.ts";
import { type Arrival, Arrivals } from "../arrivals.ts";
import { type Clock, systemClock } from "../clock.ts";
import { crowded } from "../crowded.ts";
import { createEventHub, type EventHub } from "../event-hub.ts";
import { type Listener, openListener } from "../listener.ts";
import { formatAddress } from "../peer-address.ts";
import { isProtected, listeningHost } from "../protected-mode.ts";
import { Resources } from "../resources.ts";
import { Tally } from "../tally.ts";
import { secureSocket } from "../tls.ts";
import { createOneUser, createUsers, type Users } from "../users.ts";
import { checkLogin } from "./login-check.ts";
import type { TelnetServerSettings } from "./options.ts";
import { Recordings } from "./recording.ts";
import { Seat } from "./seat.ts";
import type { Session } from "./session.ts";
import type { SessionServer } from "./session-server.ts";
import type { TelnetListenOptions, TelnetServer } from "./telnet-server.ts";

/** How long clients have for their last text when the server closes. */
const CLOSE_MS = 2_000;

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** A server for options that have been checked already, for example in another thread. */
export function createTelnetServerFrom(repl: ReplHost, settings: TelnetServerSettings, clock?: Clock): TelnetServer {
  return new TelnetServerCore(repl, settings, (change) => ({ ...settings, ...change }), clock);
}

export class TelnetServerCore implements TelnetServer {
  readonly on: EventHub<TelnetServerEvent>["on"];
  readonly #hub: EventHub<TelnetServerEvent> = createEventHub();
  readonly #repl: ReplHost;
  readonly #clock: Clock;
  readonly #parseCredentials: (change: Credentials) => TelnetServerSettings;
  readonly #resources: Resources;
  readonly #tally: Tally = new Tally();
  readonly #seat: Seat<Session> = new Seat();
  readonly #arrivals: Arrivals;
  /** Sessions that are not over, the oldest first. */
  readonly #sessions: Set<Session> = new Set();
  /** All whose connection is not closed. */
  readonly #open: Set<Session> = new Set();
  #settings: TelnetServerSettings;
  #users: Users;
  #listener: Listener | undefined;
  readonly #recordings: Recordings = new Recordings();
  #stage: "closed" | "starting" | "listening" | "paused" = "closed";
  /** Where was listened last: the port is no longer 0. */
  #place: { readonly askedHost: string; readonly port: number } = { askedHost: "", port: 0 };
  #lastSessionId = 0;
  #whenEmpty: (() => void)[] = [];
  #forgetSignal: () => void = () => undefined;

  /** @param parseCredentials - Checks new credentials together with the other options. */
  constructor(
    repl: ReplHost,
    settings: TelnetServerSettings,
    parseCredentials: (change: Credentials) => TelnetServerSettings,
    clock: Clock = systemClock,
  ) {
    this.#repl = repl;
    this.#settings = settings;
    this.#parseCredentials = parseCredentials;
    this.#clock = clock;
    this.#users = usersOf(settings);
    const now = () => clock.now();
    const guardNow = () => clock.elapsedMs();
    const emit = this.#hub.emit;
    this.#resources = new Resources({ service: "telnet", settings, emit, guardNow, now });
    this.#arrivals = new Arrivals(settings.proxies);
    this.on = this.#hub.on;
    this.#hub.on("*", (event) => {
      this.#tally.add(event);
      this.#resources.add(event);
    });
  }

  async listen(options: TelnetListenOptions = {}): Promise<{ readonly host: string; readonly port: number }> {
    if (this.#stage !== "closed") {
      throw new PortholeError("PORTHOLE_ERR_STATE", "this Telnet server has been started; close it first");
    }
    const { signal } = options;
    signal?.throwIfAborted();
    const askedHost = options.host ?? this.#settings.host;
    this.#place = { askedHost, port: options.port ?? this.#settings.port };
    const place = await this.#listen("closed");
    if (signal !== undefined) {
      const abort = () => void this.close();
      signal.addEventListener("abort", abort, { once: true });
      this.#forgetSignal = () => signal.removeEventListener("abort", abort);
      if (signal.aborted) await this.close();
      signal.throwIfAborted();
    }
    return place;
  }

  async close({ force = true }: { readonly force?: boolean } = {}): Promise<boolean> {
    if (!force && this.#seat.occupant !== undefined) return false;
    this.#forgetSignal();
    const wasOpen = this.#stage !== "closed";
    this.#stage = "closed";
    const freed = this.#stopListening();
    this.#arrivals.close();
    this.#sendAway(() => true);
    await freed;
    if (this.#open.size > 0) {
      const forget = this.#clock.after(CLOSE_MS, () => {
        for (const session of this.#open) session.destroy();
      });
      await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
      forget();
    }
    if (wasOpen) this.#hub.emit({ type: "closed" });
    await Promise.all([this.#resources.close(), this.#recordings.close()]);
    return true;
  }

  counters(): ServerCounters {
    return this.#tally.counters("telnet", { listening: this.#stage === "listening", accelerated: false });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close().then(() => undefined);
  }

  pause({ force = false }: { readonly force?: boolean } = {}): boolean {
    if (this.#stage === "paused") return true;
    if (this.#stage !== "listening") return false;
    if (!force && this.#seat.occupant !== undefined) return false;
    this.#stage = "paused";
    void this.#stopListening();
    this.#sendAway(() => true);
    return true;
  }

  async resume(): Promise<boolean> {
    if (this.#stage !== "paused") return false;
    await this.#listen("paused");
    return true;
  }

  get state(): TelnetState {
    if (this.#stage === "closed") return -1;
    if (this.#stage === "paused") return 0;
    if (this.#seat.occupant !== undefined) return 4;
    if (this.#sessions.size > 0) return 3;
    return this.#stage === "starting" ? 1 : 2;
  }

  get addresses(): readonly string[] {
    const { askedHost, port } = this.#place;
    if (this.#listener !== undefined) return [formatAddress(this.#listener.host, this.#listener.port)];
    const full = this.#stage === "listening"; // with the device's limits nobody else can connect for now
    return full ? [formatAddress(this.#host(askedHost), port)] : [];
  }

  get user(): { readonly user: string; readonly peer: string; readonly sinceMs: number } | undefined {
    const occupant = this.#seat.occupant;
    return occupant && { user: occupant.user, peer: occupant.peer, sinceMs: occupant.sinceMs };
  }

  async setCredentials({ user, password }: Credentials): Promise<void> {
    this.#settings = this.#parseCredentials({ user, password });
    this.#users = usersOf(this.#settings);
    const listener = this.#listener;
    if (listener === undefined || this.#stage !== "listening") return;
    if (this.#host(this.#place.askedHost) === this.#listenedHost) return;
    this.#stage = "starting";
    await this.#stopListening();
    if (this.#isStarting()) await this.#listen("paused");
  }

  disconnectUser(reason: LeaveReason = "evicted"): boolean {
    const occupant = this.#seat.occupant;
    occupant?.end(reason);
    return occupant !== undefined;
  }

  kick(sessionId: number): boolean {
    for (const session of this.#sessions) {
      if (session.sessionId !== sessionId) continue;
      session.end("evicted");
      return true;
    }
    return false;
  }

  /** The host given to the system, which may have made an address of it. */
  #listenedHost = "";

  #host(askedHost: string): string {
    return listeningHost({ ...this.#exposure, host: askedHost });
  }

  get #exposure(): Parameters<typeof isProtected>[0] {
    const { user, password, allowDefaultPassword, authenticate, users } = this.#settings;
    const ownAuthentication = authenticate !== undefined || users !== undefined;
    return { host: "", user, password, allowDefaultPassword, ownAuthentication };
  }

  /** Listens at the place; falls back to `before` when that cannot be. */
  async #listen(before: "closed" | "paused"): Promise<{ readonly host: string; readonly port: number }> {
    const { askedHost, port } = this.#place;
    const host = this.#host(askedHost);
    this.#stage = "starting";
    let listener: Listener;
    try {
      await this.#resources.open(this.#users);
      listener = await this.#openListener(host, port);
    } catch (error) {
      if (this.#isStarting()) this.#stage = before;
      if (this.#isClosed()) await this.#resources.close();
      throw error;
    }
    if (!this.#isStarting()) {
      await listener.close();
      throw new PortholeError("PORTHOLE_ERR_STATE", "the Telnet server was closed while it was being started");
    }
    this.#listener = listener;
    this.#listenedHost = host;
    this.#place = { askedHost, port: listener.port };
    this.#stage = "listening";
    this.#resources.announce(listener.host, listener.port);
    if (host !== askedHost) this.#hub.emit({ type: "protected", askedHost, host });
    this.#hub.emit({ type: "listening", host: listener.host, port: listener.port });
    return { host: listener.host, port: listener.port };
  }

  async #openListener(host: string, port: number): Promise<Listener> {
    const { Session } = await import("./session.ts"); // with the engine: `import "porthole"` goes without
    return openListener({
      host,
      port,
      service: "telnet",
      onConnection: (socket) => this.#arrivals.admit(socket, (arrival) => this.#accept(arrival, Session)),
      onError: (error) => this.#hub.emit({ type: "error", message: error.message }),
    });
  }

  #isClosed(): boolean {
    return this.#stage === "closed";
  }

  #isStarting(): boolean {
    return this.#stage === "starting";
  }

  async #stopListening(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await Promise.all([listener?.close(), this.#resources.withdraw()]);
  }

  #accept(arrival: Arrival, NewSession: typeof Session): void {
    const { socket, address, local } = arrival;
    if (this.#stage !== "listening") {
      socket.destroy();
      return;
    }
    if (this.#settings.limits === "device" && this.#sessions.size > 0) {
      socket.resetAndDestroy(); // it came while the listener was being closed
      return;
    }
    const before = [...this.#sessions].filter((session) => session.address === address).length;
    const { tls } = this.#resources;
    const loginMs = this.#settings.loginTimeout * 1000;
    const secured = tls === undefined ? socket : secureSocket(socket, tls, loginMs, () => session.end("timeout"));
    const session = new NewSession(++this.#lastSessionId, { ...arrival, socket: secured }, this.#server);
    this.#sessions.add(session);
    this.#open.add(session);
    session.begin();
    if (isProtected(this.#exposure) && !local) {
      session.refuse("protected mode: the default password is for this machine only", "");
    } else if (before >= this.#settings.maxClientsPerAddress) {
      session.refuse("too many connections from this address", "\r\nToo many connections.\r\n");
    } else if (this.#settings.limits === "device") {
      void this.#stopListening();
    } else {
      this.#makeRoom();
    }
  }

  /**
   * When too many have not logged in, or not chosen, one goes: the oldest of the address that has most of them, so that
   * nobody can push the others out.
   */
  #makeRoom(): void {
    for (const [phase, reason] of [
      ["login", "too many connections have not logged in"],
      ["choosing", "too many users have not chosen"],
    ] as const) {
      const waiting = [...this.#sessions].filter((session) => session.phase === phase);
      if (waiting.length > LIMITS.telnetHalfOpenConnections.value) {
        crowded(waiting)?.refuse(reason, "\r\nToo many connections.\r\n");
      }
    }
  }

  #sendAway(which: (session: Session) => boolean): void {
    for (const session of [...this.#sessions]) if (which(session)) session.end("stopped");
  }

  readonly #server: SessionServer<Session> = this.#serverForSessions();

  #serverForSessions(): SessionServer<Session> {
    const core = this;
    return {
      get clock() {
        return core.#clock;
      },
      get settings() {
        return core.#settings;
      },
      get repl() {
        return core.#repl;
      },
      get seat() {
        return core.#seat;
      },
      get sessions() {
        return core.#resources.sessions;
      },
      check: (attempt, address) =>
        checkLogin(attempt, address, {
          users: this.#users,
          guard: this.#resources.guard,
          clock: this.#clock,
          emit: this.#hub.emit,
        }),
      tellableUser: (user) => (this.#users.knows(user) ? user : "***"),
      emit: (event) => this.#hub.emit(event),
      record: (session) =>
        this.#recordings.start(core.#settings.record, {
          ...session.shownTo,
          title: `${session.user} from ${session.peer}`,
          user: session.user,
          now: () => this.#clock.now(),
          elapsedMs: () => this.#clock.elapsedMs(),
          onTrouble: this.#resources.troubled,
        }),
      takeOver: (session) => this.#takeOver(session),
      seatFreed: (session) => this.#seatFreed(session),
      over: (session) => this.#over(session),
      gone: (session) => this.#gone(session),
    };
  }

  #takeOver(session: Session): void {
    const before = this.#seat.occupant;
    // First the seat changes hands, so that nobody who waits for it comes in between.
    if (before !== undefined) this.#seat.leave(before);
    this.#seat.take(session);
    before?.end("taken-over", `\r\n[Telnet] ${session.user} from ${session.peer} took over\r\n`);
    this.#tellWatchers(`${session.user} from ${session.peer} is at the prompt now`);
    session.sit();
  }

  #seatFreed(before: Session): void {
    if (this.#stage !== "listening") return;
    for (const session of this.#sessions) {
      if (session.phase !== "choosing" || !session.hasPlace()) continue;
      this.#takeOver(session);
      return;
    }
    this.#tellWatchers(`${before.user} from ${before.peer} has left; Ctrl-T takes the seat`);
  }

  #tellWatchers(line: string): void {
    for (const watcher of this.#seat.watchers) watcher.tell(line);
  }

  #over(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size > 0 || this.#stage !== "listening" || this.#listener !== undefined) return;
    // The device's limits: with nobody connected the next one may come.
    const { askedHost, port } = this.#place;
    void this.#openListener(this.#host(askedHost), port).then(
      (listener) => {
        if (this.#stage === "listening" && this.#listener === undefined) this.#listener = listener;
        else void listener.close();
      },
      (error: Error) => {
        this.#stage = "paused";
        this.#hub.emit({ type: "error", message: error.message });
      },
    );
  }

  #gone(session: Session): void {
    this.#open.delete(session);
    if (this.#open.size > 0) return;
    const waiting = this.#whenEmpty;
    this.#whenEmpty = [];
    for (const resolve of waiting) resolve();
  }
}

/** With `authenticate`, the name `user` may stand in events. */
function usersOf({ users, authenticate, user, password }: TelnetServerSettings): Users {
  if (users !== undefined) return createUsers(users);
  const one = createOneUser(user, password);
  return authenticate === undefined ? one : { ...one, authenticate };
}
