/**
 * sendfile(2) in another thread, which waits for a quick client there: nobody is woken for each piece that has left.
 *
 * @module
 */

import type { SystemCalls } from "../../native/system-calls.ts";
import type { DataConnection } from "./data-connection.ts";
import type { Patience } from "./patience.ts";
import type { ThreadTurns } from "./thread-turns.ts";

/** A client who takes nothing for so long is waited for in Node's own way. */
const CLIENT_MS = 20;
/** So long is a turn. */
const TURN_MS = 100;
/** Who takes less than this in a millisecond is no quick client. */
const QUICK_BYTES_MS = 131_072;
/** So long the disk is waited for after the connection has failed: the call then ends at once, and tells what it sent. */
const LAST_MS = 100;

export interface Sent {
  readonly bytes: number;
  readonly quick: boolean;
}

/** Sends parts of one file to one connection. */
export class WaitingSend {
  readonly #calls: SystemCalls;
  readonly #connection: DataConnection;
  readonly #patience: Patience;
  readonly #threads: ThreadTurns;
  /** The socket's second descriptor: its number stays ours while another thread uses it, whatever becomes of the first. */
  #socket: number | undefined;
  #inUse: Promise<void> | undefined;

  constructor(calls: SystemCalls, connection: DataConnection, patience: Patience, threads: ThreadTurns) {
    this.#calls = calls;
    this.#connection = connection;
    this.#patience = patience;
    this.#threads = threads;
  }

  /**
   * Sends what is in memory, for one turn at most.
   *
   * @returns how many bytes were sent, and whether the client took them quickly. Undefined: there was no turn, or there
   * is none for this connection. When an error was met its name is not known: whoever sends next will meet it too.
   */
  async send(file: number, offsetBytes: number, countBytes: number): Promise<Sent | undefined> {
    const connection = this.#connection;
    if (!(await this.#threads.takeFor(connection))) return undefined;
    const socket = this.#open();
    if (socket === undefined || !connection.letRead(false)) {
      this.#threads.give();
      return undefined;
    }
    const calls = this.#calls;
    calls.setBlocking(socket, CLIENT_MS);
    const startMs = performance.now();
    const sending = calls.sendFileLater(socket, file, offsetBytes, countBytes);
    const turn = setTimeout(() => calls.setBlocking(socket, 0), TURN_MS);
    this.#inUse = sending.then(() => {
      clearTimeout(turn);
      calls.setBlocking(socket, 0);
      this.#threads.give();
      this.#inUse = undefined;
    });
    try {
      const sent = await this.#untilFailed(this.#patience.wait(sending), socket);
      if (connection.failure === undefined) connection.letRead(true);
      return { bytes: Math.max(0, sent), quick: sent > 0 && sent >= (performance.now() - startMs) * QUICK_BYTES_MS };
    } catch (error) {
      calls.shutDown(socket);
      throw error;
    }
  }

  /** Closes what is its own. The file has to stay open until the promise is settled; undefined: it has not. */
  close(): Promise<void> | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return undefined;
    if (this.#inUse === undefined) this.#calls.close(socket);
    return this.#inUse?.then(() => this.#calls.close(socket));
  }

  #open(): number | undefined {
    const { descriptor } = this.#connection;
    if (descriptor === undefined) return undefined;
    if (this.#socket === undefined) {
      const socket = this.#calls.duplicate(descriptor);
      if (socket >= 0) this.#socket = socket;
    }
    return this.#socket;
  }

  #untilFailed(sending: Promise<number>, socket: number): Promise<number> {
    const connection = this.#connection;
    connection.waitForStore(true);
    return new Promise<number>((resolve, reject) => {
      connection.onFailure(() => {
        this.#calls.shutDown(socket);
        setTimeout(resolve, LAST_MS, 0).unref();
      });
      sending.then(resolve, reject);
    }).finally(() => {
      connection.onFailure(undefined);
      connection.waitForStore(false);
    });
  }
}
