/**
 * What a Telnet server is to its program.
 *
 * @module
 */

import type { ServerCounters } from "../../contracts/counters.ts";
import type { PortholeError } from "../../contracts/errors.ts";
import type { TelnetServerEvent } from "../../contracts/events.ts";
import type { LeaveReason } from "../../contracts/repl.ts";
import type { TelnetState } from "../../contracts/task.ts";
import type { EventHub } from "../event-hub.ts";

/** Where a Telnet server listens. */
export interface TelnetListenOptions {
  /** In place of the option `host`. */
  readonly host?: string | undefined;
  /** In place of the option `port`. */
  readonly port?: number | undefined;
  /** Closes the server when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A Telnet server in the calling thread: RFC 854 with the options that the page "Conformance" lists. Disposing of it
 * (`await using`) is `close()`.
 */
export interface TelnetServer extends AsyncDisposable {
  /**
   * Begins to listen.
   *
   * Rejects with {@link PortholeError} `PORTHOLE_ERR_ADDRESS_IN_USE`, `PORTHOLE_ERR_ADDRESS`, or `PORTHOLE_ERR_STATE`
   * when it has been called already.
   *
   * @returns where: in protected mode not the host that was asked for.
   */
  listen(options?: TelnetListenOptions): Promise<{ readonly host: string; readonly port: number }>;
  /**
   * Sends everybody away and stops listening; settles when the port is free and the connections are closed. The server
   * may listen again.
   *
   * @param options - `force: false` does nothing while a user is logged in. Default true.
   * @returns false when nothing was done.
   */
  close(options?: { readonly force?: boolean }): Promise<boolean>;
  /**
   * Stops listening; who has not logged in yet is sent away.
   *
   * @param options - `force: true` sends a logged-in user away too, instead of doing nothing. Default false.
   * @returns false when a user is logged in, or when it does not listen.
   */
  pause(options?: { readonly force?: boolean }): boolean;
  /** Listens again where it did. Rejects as {@link listen} does. @returns false unless it was paused. */
  resume(): Promise<boolean>;
  /** The device's state number; `TELNET_STATES` has the texts. */
  readonly state: TelnetState;
  /** What is listened on, as `host:port`. */
  readonly addresses: readonly string[];
  /** Who has the seat. */
  readonly user: { readonly user: string; readonly peer: string; readonly sinceMs: number } | undefined;
  /**
   * Other credentials from the next login on. Users who are in stay. What protected mode says is looked at again, and
   * the same port is listened on elsewhere when it says something else now.
   *
   * @throws TypeError or RangeError with code `PORTHOLE_ERR_ARGUMENT`; then nothing has changed.
   */
  setCredentials(credentials: { readonly user: string; readonly password: string }): Promise<void>;
  /** Sends the logged-in user away. @returns false when nobody is in. */
  disconnectUser(reason?: LeaveReason): boolean;
  /** Sends any client away, also one who only watches or has not logged in. @returns false when there is no such session. */
  kick(sessionId: number): boolean;
  /** What it has counted since it was made, and how it is now. */
  counters(): ServerCounters;
  /** Listens to events of one type, or with `"*"` of all types. @returns a function that takes the listener back. */
  readonly on: EventHub<TelnetServerEvent>["on"];
}
