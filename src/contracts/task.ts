/**
 * A task: a server that runs in a thread of its own, with the device's methods. All of them are synchronous and cheap.
 *
 * @module
 */

import type { ServerCounters } from "./counters.ts";

/** State numbers and texts of `network.telnet.status()`, as on the device. */
export const TELNET_STATES = {
  [-1]: "Not started",
  0: "Disabled",
  1: "Starting",
  2: "Listen",
  3: "Connected",
  4: "Logged in",
} as const;
/** A key of {@link TELNET_STATES}. */
export type TelnetState = keyof typeof TELNET_STATES;

/** State numbers and texts of `network.ftp.status()`, as on the device. */
export const FTP_STATES = {
  [-2]: "Busy!",
  [-1]: "Not started",
  0: "Disabled",
  1: "Starting",
  2: "Ready",
  3: "EndTransfer",
  4: "Listing",
  5: "Sending file",
  6: "Receiving file",
  7: "Connected",
} as const;
/** A key of {@link FTP_STATES}. */
export type FtpState = keyof typeof FTP_STATES;

/** Data channel states of `network.ftp.status()`, as on the device. */
export const FTP_DATA_STATES = {
  0: "Data: Disconnected",
  1: "Data: Listen",
  2: "Data: Connected",
} as const;
/** A key of {@link FTP_DATA_STATES}. */
export type FtpDataState = keyof typeof FTP_DATA_STATES;

/** `[state, text, addresses]`; addresses as `host:port`. */
export type TelnetStatus = readonly [state: TelnetState, text: string, addresses: readonly string[]];

/** `[state, data state, text, data text, addresses]`. */
export type FtpStatus = readonly [
  state: FtpState,
  dataState: FtpDataState,
  text: string,
  dataText: string,
  addresses: readonly string[],
];

/**
 * A server in a thread of its own, with the device's methods: each is synchronous. `start()` takes about 40 to 100 ms,
 * `pause()` and `resume()` about 1 ms, `status()` reads shared memory.
 */
export interface Task<Options, Status> {
  /**
   * Starts the task, or gives a running one new credentials.
   *
   * @returns true when it listens; false when it cannot, the reason is in {@link lastError} and in the log.
   * @throws {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` for a wrong option: nothing has changed then.
   */
  start(options?: Options): boolean;
  /** Stops listening, keeps the thread. False while a client is in; `force` sends the client away first. */
  pause(options?: { readonly force?: boolean }): boolean;
  /** Listens again where it did before `pause()`. False when it can't; {@link lastError} says why. */
  resume(): boolean;
  /** Ends the thread and frees its memory. False while a client is in; `force` sends the client away first. */
  stop(options?: { readonly force?: boolean }): boolean;
  /**
   * Sends one client away; `sessionId` is in the events that tell of it. False when there is no such session.
   */
  kick(sessionId: number): boolean;
  /** What all its threads have counted, and how it is now: a read of shared memory, some 50 ms old at the most. */
  counters(): ServerCounters;
  /** The last published state: a read of shared memory. */
  status(): Status;
  /**
   * The most bytes of the thread's stack that were ever touched.
   *
   * @returns -1 when the task is not running, null where the platform cannot tell.
   */
  stack(): number | null;
  /** Why the last call gave false, or why the task ended by itself. */
  readonly lastError: Error | undefined;
  /** Settles when the thread of the last `start()` is gone. */
  readonly stopped: Promise<void>;
}
