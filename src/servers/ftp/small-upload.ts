/**
 * A small file on its way in: its bytes and its end are received before Node makes a socket of the connection, and none
 * is made then.
 *
 * @module
 */

import type { WriteHandle } from "../../contracts/store.ts";
import { type SystemCalls, WOULD_BLOCK } from "../../native/system-calls.ts";
import type { AcceptedConnection } from "./accepted-connection.ts";
import type { BufferPool } from "./buffers.ts";
import { answerOf } from "./patience.ts";
import { Waits } from "./waits.ts";

/** A client that takes longer is waited for by those who watch whether it stalls. */
const waits = new Waits(100);

/** How the beginning of a file has come: with the file's end, with the connection's failure, or only the beginning. */
type Ending = "ended" | "lost" | "more";

export interface SmallUploadOptions {
  readonly pool: BufferPool;
  /** The most that is stored; undefined: all that comes. */
  readonly mostBytes: number | undefined;
  /** What has come is stored also when the connection fails: for files that are changed in place. */
  readonly keepPart: boolean;
  /** Told how many bytes have come. */
  readonly moved: (bytes: number) => void;
}

/** Undefined where Node's insides or the system calls for it are missing. */
export function smallUpload(accepted: AcceptedConnection, calls: SystemCalls | undefined): SmallUpload | undefined {
  const { descriptor } = accepted;
  if (calls === undefined || descriptor === undefined || !accepted.readsIntoBuffers) return undefined;
  return new SmallUpload(accepted, descriptor, calls);
}

/** Receives what one small buffer holds, from a connection that is plain and of which nothing was read. */
export class SmallUpload {
  readonly #accepted: AcceptedConnection;
  readonly #descriptor: number;
  readonly #calls: SystemCalls;
  #count = 0;
  #finish: ((ending: Ending) => void) | undefined;

  constructor(accepted: AcceptedConnection, descriptor: number, calls: SystemCalls) {
    this.#accepted = accepted;
    this.#descriptor = descriptor;
    this.#calls = calls;
  }

  /**
   * Writes what comes, up to the peer's FIN.
   *
   * @returns true when that has come and the store has every byte. `more` when it has not come in a moment, or behind more
   * bytes: the connection then is to be read further, by a socket that has a buffer of its own; the store has the bytes
   * that came, unless they are more than it may have. False when the connection failed, or after `stop()`. Rejects when
   * the store does. The connection and the handle stay open; no write is under way when this settles.
   */
  async receive(
    handle: WriteHandle,
    { pool, mostBytes = Number.POSITIVE_INFINITY, keepPart, moved }: SmallUploadOptions,
  ): Promise<boolean | "more"> {
    const buffer = pool.takeLeast();
    /** The store may write from the buffer until this settles. */
    let inUse: Promise<void> | undefined;
    try {
      const ending = await this.#fill(buffer);
      const count = this.#count;
      moved(count);
      if (count > mostBytes) return "more";
      if (ending === "lost" && !keepPart) return false;
      const writing = count === 0 ? undefined : handle.write([buffer.subarray(0, count)]);
      if (writing !== undefined) await writing;
      return ending === "more" ? "more" : ending === "ended";
    } catch (error) {
      inUse = answerOf(error);
      throw error;
    } finally {
      pool.giveAfter(buffer, inUse);
    }
  }

  /** Ends the waiting for bytes: the connection counts as lost. */
  stop(): void {
    this.#finish?.("lost");
  }

  #fill(buffer: Buffer): Promise<Ending> {
    return new Promise((resolve) => {
      this.#finish = (ending) => {
        this.#finish = undefined;
        waits.end(wait);
        this.#accepted.stopReading();
        resolve(ending);
      };
      const wait = waits.begin(() => this.#finish?.("more"));
      this.#accepted.startReading(buffer, (count) => this.#heard(buffer, count));
    });
  }

  /** Takes what else has come by now: mostly that is the end, which then costs no turn of the event loop. */
  #heard(buffer: Buffer, heardBytes: number): Buffer | undefined {
    if (this.#finish === undefined) return undefined;
    this.#count += heardBytes;
    while (this.#count < buffer.length) {
      const rest = buffer.subarray(this.#count);
      const count = this.#calls.receive(this.#descriptor, rest);
      if (count === WOULD_BLOCK) return rest;
      if (count <= 0) {
        // Who was told of a reset is told of an end then.
        this.#finish(count === 0 && !this.#calls.isBroken(this.#descriptor) ? "ended" : "lost");
        return undefined;
      }
      this.#count += count;
    }
    this.#finish("more");
    return undefined;
  }
}
