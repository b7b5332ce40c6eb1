/**
 * What an FTP server is to its program.
 *
 * @module
 */

import type { ServerCounters } from "../../contracts/counters.ts";
import type { PortholeError } from "../../contracts/errors.ts";
import type { FtpServerEvent } from "../../contracts/events.ts";
import type { FTP_DATA_STATES, FTP_STATES, FtpDataState, FtpState } from "../../contracts/task.ts";
import type { EventHub } from "../event-hub.ts";
import type { FtpSessionInfo } from "./session-host.ts";
import type { FtpListenOptions } from "./settings.ts";

/**
 * An FTP server in the calling thread: RFC 959 with the extensions that the page "Conformance" lists. Disposing of it
 * (`await using`) is `close()`.
 */
export interface FtpServer extends AsyncDisposable {
  /**
   * Listens. Rejects with {@link PortholeError} `PORTHOLE_ERR_ADDRESS_IN_USE`, `PORTHOLE_ERR_ADDRESS`, or
   * `PORTHOLE_ERR_STATE` when it listens already.
   *
   * @returns where it listens.
   */
  listen(options?: FtpListenOptions): Promise<{ readonly host: string; readonly port: number }>;
  /**
   * Stops listening, tells clients 421, and lets transfers end. Those that still run after the grace are aborted.
   * Settles when the last connection is closed. The server can listen again afterwards.
   *
   * @param options - `graceSeconds`: default 10; 0 aborts at once.
   */
  close(options?: { readonly graceSeconds?: number }): Promise<void>;
  /** Stops listening; clients stay. Does nothing when the server does not listen. */
  pause(): Promise<void>;
  /** Listens again where it did before `pause()`. Rejects as `listen()`. */
  resume(): Promise<void>;
  /** Where it listens, as `host:port`; none when it does not. */
  readonly addresses: readonly string[];
  /** What downloads are sped up with, or why nothing is: `koffi 3.3.4`, `koffi is not installed`, `off by option`. */
  readonly accelerator: string;
  /** As the device tells it; with several clients, of the one that does most. {@link FTP_STATES} has the texts. */
  readonly state: FtpState;
  /** Of the data connection of that client. {@link FTP_DATA_STATES} has the texts. */
  readonly dataState: FtpDataState;
  /** Who is connected, also those who have not logged in yet, oldest first. */
  sessions(): readonly FtpSessionInfo[];
  /** As many as `sessions()` tells of. */
  readonly clientCount: number;
  /** What it has counted since it was made, and how it is now. */
  counters(): ServerCounters;
  /** Sends a client away with 421, aborting its transfer; false when there is no such session. */
  kick(sessionId: number): boolean;
  /**
   * New user and password for logins from now on; who is in stays. Protected mode is decided anew at the next `listen()`.
   *
   * @throws {@link PortholeError} `PORTHOLE_ERR_STATE` when the server has `users` or `authenticate`.
   */
  setCredentials(user: string, password: string): void;
  /** Listens to one type of event, or with `"*"` to all of them; returns what takes the listener back. */
  on: EventHub<FtpServerEvent>["on"];
}
