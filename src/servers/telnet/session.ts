/**
 * One client from the first byte to the last: login, choice when the seat is taken, prompt or watching, end.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { TelnetServerEvent } from "../../contracts/events.ts";
import type { LeaveReason, RemoteTerminal, ReplSession, WindowSize } from "../../contracts/repl.ts";
import type { Arrival } from "../arrivals.ts";
import { AccountPlace } from "./account-place.ts";
import { Connection } from "./connection.ts";
import { InputQueue } from "./input-queue.ts";
import type { Recording } from "./recording.ts";
import {
  formatOccupied,
  type Occupant,
  parseChoice,
  parseWatcherKey,
  type SeatChoice,
  TOO_MANY_SESSIONS,
  TOO_MANY_WATCHERS,
  WATCHING,
} from "./seat.ts";
import { SessionLogin } from "./session-login.ts";
import { FAREWELLS, type SessionEvent, type SessionServer } from "./session-server.ts";

export type SessionPhase = "login" | "choosing" | "watching" | "seated" | "over";

/**
 * After the client has ended its side: how long no output means that the rest has been shown. A client that speaks
 * TELNET has ended because its user left, netcat because its input is over.
 */
const QUIET_MS = { telnet: 200, other: 1_000 } as const;

const KEYS_DROPPED =
  "\x07\r\n[Telnet] The program takes no keys: further ones are dropped. Ctrl-C forgets those that wait\r\n";

export class Session implements Occupant {
  readonly sessionId: number;
  phase: SessionPhase = "login";
  /** The account, after a right login. */
  user = "";
  /** Among the sessions of the account, after a right login. */
  place: AccountPlace | undefined;
  /** When the seat was taken, or the right login was. */
  sinceMs: number;
  readonly #server: SessionServer<Session>;
  readonly #connection: Connection;
  readonly #login: SessionLogin;
  #repl: ReplSession | undefined;
  #recording: Recording | undefined;
  #input: InputQueue | undefined;
  #inputEnded = false;
  /** When the phase began that has a deadline of its own, and the last sign of life; both of the clock's `elapsedMs`. */
  #phaseMs: number;
  #activeMs: number;
  readonly #cameMs: number;
  #forgetTimer: () => void = () => undefined;
  #forgetPause: () => void = () => undefined;
  #skipping = false; // output that a slow watcher does not get

  constructor(sessionId: number, arrival: Arrival, server: SessionServer<Session>) {
    this.sessionId = sessionId;
    this.#server = server;
    this.sinceMs = server.clock.now();
    this.#cameMs = server.clock.elapsedMs();
    this.#phaseMs = this.#cameMs;
    this.#activeMs = this.#phaseMs;
    this.#connection = new Connection(arrival, server.clock, {
      keys: (bytes) => this.#keys(bytes),
      interrupt: () => this.#interrupt(),
      resized: (size) => {
        this.#recording?.resize(size);
        this.#guarded(() => this.#repl?.resize(size));
      },
      foreign: (protocol) => {
        this.refuse(`spoke ${protocol}`, "");
        this.destroy();
      },
      ended: () => this.#peerEnded(),
      gone: () => {
        this.end("left");
        server.gone(this);
      },
    });
    this.#login = new SessionLogin(server, this.#connection, {
      loggedIn: (account) => this.#loggedIn(account),
      refused: (reason, text) => this.refuse(reason, text),
      left: () => this.end("left", "\r\n"),
      again: () => this.#releaseHeld(),
      emit: (event) => this.#emit(event),
    });
  }

  /** What the user looks at. */
  get shownTo(): { readonly size: WindowSize; readonly terminalType: string } {
    return { size: this.#connection.size, terminalType: this.#connection.terminalType };
  }

  get address(): string {
    return this.#connection.address;
  }

  /** Address and port. */
  get peer(): string {
    return this.#connection.peer;
  }

  begin(): void {
    this.#emit({ type: "connected" });
    this.#connection.greet();
    this.#login.begin();
    this.#armTimer();
  }

  /** Ends the session: the user is told why, the seat is free at once. Does nothing when it is over. */
  end(reason: LeaveReason, farewell: string = FAREWELLS[reason], event?: TelnetServerEvent): void {
    if (this.phase === "over") return;
    const user = this.user === "" ? undefined : this.user;
    this.phase = "over";
    this.#forgetTimer();
    this.#forgetPause();
    this.#login.close();
    const repl = this.#repl;
    this.#repl = undefined;
    this.#input?.close();
    this.#input = undefined;
    void this.#recording?.close();
    this.#recording = undefined;
    this.#guarded(() => repl?.close(reason));
    this.place?.leave();
    const freed = this.#server.seat.leave(this);
    this.#connection.write(farewell);
    this.#connection.end();
    const seconds = (this.#server.clock.elapsedMs() - this.#cameMs) / 1000;
    this.#emit(event ?? { type: "left", user, reason, seconds });
    this.#server.over(this);
    if (freed) this.#server.seatFreed(this);
  }

  /** Ends a session that never got in. */
  refuse(reason: string, text: string): void {
    if (this.phase === "over") return;
    this.end("left", text, this.#event({ type: "refused", reason }));
  }

  /** Refuses a session whose account has as many as it may. */
  hasPlace(): boolean {
    if (this.place?.take() === true) return true;
    this.refuse("too many sessions of this account", "\r\nToo many sessions of this account.\r\n");
    return false;
  }

  /** Closes the connection without ado. */
  destroy(): void {
    this.#connection.destroy();
  }

  /** The seat is this session's: opens the REPL. */
  sit(): void {
    this.phase = "seated";
    this.sinceMs = this.#server.clock.now();
    this.#active();
    this.#armTimer();
    this.#connection.readsWhileFull = true;
    this.#connection.settleOptions();
    this.#connection.write(this.#login.successText);
    this.#recording = this.#server.record(this);
    let repl: ReplSession;
    try {
      repl = this.#server.repl.open(this.#terminal());
    } catch (error) {
      const busy = (error as { code?: unknown } | null)?.code === "PORTHOLE_ERR_CONSOLE_BUSY";
      if (!busy) this.#failed(error);
      this.refuse(
        busy ? "the REPL is taken" : "the REPL could not be opened",
        `The REPL ${busy ? "is in use" : "is not available"}.\r\n`,
      );
      return;
    }
    if (this.phase !== "seated") {
      this.#guarded(() => repl.close("left")); // it ended while it began
      return;
    }
    this.#repl = repl;
    this.#input = new InputQueue(repl, this.#server.clock, {
      full: (full) => this.#connection.hold(full),
      dropping: () => this.#connection.write(KEYS_DROPPED),
      failed: (error) => {
        this.#failed(error);
        this.end("stopped");
      },
    });
    this.#emit({ type: "logged-in", user: this.user });
    this.#releaseHeld();
  }

  /** Output of the seat's user, for a watcher; what a slow one cannot take is skipped, and it is told so. */
  show(bytes: Uint8Array): void {
    if (this.#skipping) return;
    const room = this.#connection.room();
    if (room === undefined) {
      this.#connection.write(bytes);
      this.#active();
      return;
    }
    this.#skipping = true;
    void room.then(() => {
      this.#skipping = false;
      this.tell("Output skipped");
    });
  }

  /** A line for a watcher. */
  tell(line: string): void {
    this.#connection.write(`\r\n[Telnet] ${line}\r\n`);
  }

  #terminal(): RemoteTerminal {
    const session = this;
    const connection = this.#connection;
    return {
      peer: connection.peer,
      user: this.user,
      get type() {
        return connection.terminalType;
      },
      get size() {
        return connection.size;
      },
      write(bytes) {
        if (session.phase !== "seated") return undefined;
        session.#recording?.output(bytes);
        connection.write(bytes);
        for (const watcher of session.#server.seat.watchers) watcher.show(bytes);
        const room = connection.room();
        if (room === undefined) session.#active();
        else void room.then(() => session.#active());
        return room;
      },
      flush() {
        connection.flush();
      },
      end(reason) {
        session.end(reason);
      },
    };
  }

  #keys(bytes: Uint8Array): void {
    this.#active();
    switch (this.phase) {
      case "login":
        this.#login.keys(bytes);
        return;
      case "choosing":
        for (const octet of bytes) {
          const choice = parseChoice(octet);
          if (choice !== undefined) {
            this.#choose(choice);
            return;
          }
        }
        return;
      case "watching":
        for (const octet of bytes) {
          const choice = parseWatcherKey(octet);
          if (choice !== undefined) {
            this.#choose(choice);
            return;
          }
        }
        return;
      case "seated":
        this.#recording?.input(bytes);
        this.#input?.push(bytes);
        return;
      default:
    }
  }

  #interrupt(): void {
    this.#active();
    if (this.phase === "seated") this.#input?.interrupt();
    else this.#keys(Uint8Array.of(3));
  }

  /** Keys that had to wait, on to whom they are for now. */
  #releaseHeld(): void {
    this.#connection.hold(false);
    for (const bytes of this.#login.takeHeld()) this.#keys(bytes);
    if (this.#inputEnded) this.#peerEnded();
  }

  #loggedIn(account: Account): void {
    this.user = account.user;
    this.place = new AccountPlace(this.#server.sessions, account);
    const { seat, clock } = this.#server;
    if (seat.occupant === undefined) {
      if (!this.hasPlace()) return;
      seat.take(this);
      this.sit();
      return;
    }
    this.phase = "choosing";
    this.sinceMs = clock.now();
    this.#phaseMs = clock.elapsedMs();
    this.#armTimer();
    this.#login.takeHeld(); // keys meant for a prompt must not choose
    this.#connection.write(formatOccupied(seat.occupant, clock.now()));
    this.#releaseHeld();
  }

  #choose(choice: SeatChoice): void {
    const { seat } = this.#server;
    if (choice === "leave") {
      this.end("left", "\r\n");
    } else if (choice === "take-over") {
      // One's own session, which may be of a connection that is lost, gives its place.
      if (this.place?.takeFrom(seat.occupant?.place) === true) this.#server.takeOver(this);
      else this.#connection.write(TOO_MANY_SESSIONS);
    } else if (this.place?.take() !== true) {
      this.#connection.write(TOO_MANY_SESSIONS);
    } else if (seat.watch(this)) {
      this.phase = "watching";
      this.#armTimer();
      this.#connection.write(WATCHING);
      this.#emit({ type: "watching", user: this.user });
    } else {
      this.place.leave();
      this.#connection.write(TOO_MANY_WATCHERS);
    }
  }

  /** The client has ended its side: what it sent is still done, what comes of it still shown. */
  #peerEnded(): void {
    this.#inputEnded = true;
    if (this.phase === "login" && !this.#login.wantsKeys) return; // again after the verdict
    const input = this.#input;
    if (this.phase !== "seated" || input === undefined) {
      this.end("left", "");
      return;
    }
    // A client that speaks TELNET can be asked whether it is there at all; others would show the question.
    if (this.#connection.speaksTelnet) this.#connection.probe();
    void input.drained().then(() => this.#endWhenQuiet());
  }

  #endWhenQuiet(): void {
    if (this.phase !== "seated") return;
    const { clock } = this.#server;
    const quietMs = QUIET_MS[this.#connection.speaksTelnet ? "telnet" : "other"];
    const waitMs = this.#connection.isSending ? quietMs : this.#activeMs + quietMs - clock.elapsedMs();
    if (waitMs <= 0) this.end("left");
    else this.#forgetPause = clock.after(waitMs, () => this.#endWhenQuiet());
  }

  #deadlineMs(): number {
    const { timeout, loginTimeout } = this.#server.settings;
    if (this.phase === "login" || this.phase === "choosing") return this.#phaseMs + loginTimeout * 1000;
    return this.#activeMs + timeout * 1000;
  }

  #armTimer(): void {
    const { clock } = this.#server;
    this.#forgetTimer();
    this.#forgetTimer = clock.after(Math.max(0, this.#deadlineMs() - clock.elapsedMs()), () => {
      if (clock.elapsedMs() >= this.#deadlineMs()) this.end("timeout");
      else this.#armTimer();
    });
  }

  /** Not idle: a key, or output that the client takes. Pings and negotiation do not count. */
  #active(): void {
    this.#activeMs = this.#server.clock.elapsedMs();
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#server.emit({ type: "error", message: error instanceof Error ? error.message : String(error) });
  }

  #emit(event: SessionEvent | TelnetServerEvent): void {
    this.#server.emit(this.#event(event));
  }

  #event(event: SessionEvent | TelnetServerEvent): TelnetServerEvent {
    return {
      ...event,
      sessionId: this.sessionId,
      address: this.#connection.address,
      port: this.#connection.port,
    } as TelnetServerEvent;
  }
}
