/**
 * One data connection, seen by those who move bytes: it takes and gives bytes, it ends, or it fails once with a reason.
 *
 * @module
 */

import { unacknowledgedBytes } from "../../native/send-queue.ts";
import type { DataSocket } from "./data-socket.ts";

export type DataFailure = "connection-lost" | "stalled" | "aborted";

/** How long a connection that we have ended may stay when nothing moves, so that its last bytes arrive. */
const LINGER_MS = 10_000;

/** So long a connection stays whose upload was refused: a client that is reset at once does not read the reply. */
const REFUSED_MS = 1_000;

/** So little has long left, or fits into any window, when the peer ends its side too. */
const LITTLE_BYTES = 65_536;

const NOTHING = new Uint8Array(0);

/** A connection on which Node sees nothing move is looked at so often within the time that it may stall. */
const LOOKS = 4;

/** The parts of Node's socket handle that are used. */
interface Handle {
  readonly fd?: number;
  reading?: boolean;
  readStart?(): unknown;
  readStop?(): unknown;
  readonly writeQueueSize?: number;
}

export class DataConnection {
  readonly socket: DataSocket;
  readonly #stallMs: number;
  #failure: DataFailure | undefined;
  #wake: (() => void) | undefined;
  #waitsForStore = false;
  #ended = false;
  #sentPastBytes = 0;
  /** What the last look found, and when it had changed. */
  #seen = "";
  #seenMs = 0;

  /** The connection takes care of the socket from now on, on all ways out. */
  constructor(socket: DataSocket, stallMs: number) {
    this.socket = socket;
    this.#stallMs = stallMs;
    socket.on("error", () => this.fail("connection-lost"));
    socket.on("close", () => this.fail("connection-lost"));
    socket.on("timeout", () => void this.#look());
    this.#watch();
    if (socket.destroyed) this.#failure = "connection-lost";
  }

  get failure(): DataFailure | undefined {
    return this.#failure;
  }

  /**
   * The socket's own descriptor, for those who send past Node what Node has nothing before; undefined for a private or a
   * closed connection, and where Node shows none.
   */
  get descriptor(): number | undefined {
    const { socket } = this;
    if (this.#failure !== undefined || this.#ended || socket.destroyed || "encrypted" in socket) return undefined;
    return descriptorOf(socket);
  }

  /** The system has taken bytes that were sent past Node. */
  sentPast(bytes: number): void {
    this.#sentPastBytes += bytes;
  }

  /**
   * Has Node read from the socket, or leave it alone: a second read from one that was made blocking would hold up all.
   *
   * @returns false: Node offers neither.
   */
  letRead(reads: boolean): boolean {
    const handle = (this.socket as unknown as { readonly _handle?: Handle | null })._handle;
    if (typeof handle?.readStop !== "function" || typeof handle.readStart !== "function") return false;
    if (reads && !this.socket.readableEnded) handle.readStart();
    if (!reads) handle.readStop();
    handle.reading = reads;
    return true;
  }

  /** Begins to wait for something to move. */
  #watch(): void {
    this.#seenMs = performance.now();
    this.socket.setTimeout(Math.ceil(this.#stallMs / LOOKS));
  }

  /**
   * Node has seen nothing move for a while. A slow client still takes what the system holds, which nobody tells Node
   * before there is much room again.
   */
  async #look(): Promise<void> {
    const { socket } = this;
    const handle = (socket as unknown as { readonly _handle?: Handle | null })._handle;
    const descriptor = descriptorOf(socket);
    const unacknowledged = descriptor === undefined ? 0 : await unacknowledgedBytes(socket, descriptor);
    if (this.#failure !== undefined || this.#ended) return;
    const moved = [socket.bytesRead, socket.bytesWritten, this.#sentPastBytes, handle?.writeQueueSize, unacknowledged];
    const seen = moved.join();
    const nowMs = performance.now();
    if (seen !== this.#seen || this.#waitsForStore) {
      this.#seen = seen;
      this.#seenMs = nowMs;
    } else if (nowMs - this.#seenMs >= this.#stallMs) return this.fail("stalled");
    if (socket.timeout !== 0) socket.setTimeout(Math.ceil(this.#stallMs / LOOKS));
  }

  /** Ends the connection at once; only the first reason counts. Does nothing after a right end. */
  fail(reason: DataFailure): void {
    if (this.#failure !== undefined || this.#ended) return;
    this.#failure = reason;
    this.socket.destroy();
    this.#wake?.();
  }

  /** Reads no more, and fails the connection in a moment, so that the client reads first why. */
  refuse(): void {
    if (this.#failure !== undefined || this.#ended) return;
    this.socket.pause();
    const timer = setTimeout(() => this.fail("aborted"), REFUSED_MS).unref();
    this.socket.once("close", () => clearTimeout(timer));
  }

  /** While a store is slow the client is not to blame for it. */
  waitForStore(waits: boolean): void {
    if (this.#waitsForStore && !waits) this.#watch();
    this.#waitsForStore = waits;
  }

  /** Waits for a store, but no longer than the connection lives; undefined: it failed. One caller at a time. */
  whileAlive<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    if (this.#failure !== undefined) {
      promise.catch(ignore);
      return Promise.resolve(undefined);
    }
    this.waitForStore(true);
    return new Promise<Value | undefined>((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      promise.then(resolve, reject);
    }).finally(() => {
      this.#wake = undefined;
      this.waitForStore(false);
    });
  }

  /** Waits because we want to; false: the connection failed. One caller at a time, as for `whileAlive`. */
  async rest(wait: Promise<void>): Promise<boolean> {
    return (await this.whileAlive(wait.then(() => true))) === true;
  }

  /** Has a function called once when the connection fails; undefined takes it back. */
  onFailure(wake: (() => void) | undefined): void {
    this.#wake = wake;
  }

  /** Sends bytes; they are used until the promise is settled. False: the connection failed. */
  write(bytes: Uint8Array): Promise<boolean> {
    if (this.#failure !== undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.socket.write(bytes, (error) => resolve(error === undefined || error === null));
    });
  }

  /** Whether nobody reads any more of the bytes that were written: the system has them, or the connection has failed. */
  get isEmpty(): boolean {
    return this.socket.writableLength === 0;
  }

  /**
   * Whether the end that the socket told is the peer's FIN. libuv tells an end for a reset too, when the last read before
   * it was a short one; but on a connection that was reset not even nothing can be sent.
   */
  endIsRight(): Promise<boolean> {
    return this.write(NOTHING);
  }

  /**
   * Sends the last bytes and FIN behind them; true when all of it is in the hands of the system. The peer's end is not
   * waited for.
   */
  end(bytes: Uint8Array = NOTHING): Promise<boolean> {
    if (this.#failure !== undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      if (bytes.length > 0) this.socket.write(bytes);
      this.socket.end((error?: Error | null) => {
        const complete = !error && this.#failure === undefined;
        if (complete) {
          this.#ended = true;
          this.#linger();
        }
        resolve(complete);
      });
    });
  }

  /** Ends a connection whose peer has ended it, and to whom nothing is left to be sent. */
  close(): void {
    if (this.#failure !== undefined) return;
    if ("encrypted" in this.socket) {
      void this.end(); // TLS has an end of its own
      return;
    }
    this.#ended = true;
    this.socket.destroy();
  }

  /**
   * Waits for the peer's FIN, so that no reset overtakes the last bytes; not for ever, but as long as the peer takes some
   * of what the system still holds: a closed connection of a slow peer may be given up by the system.
   */
  #linger(): void {
    const { socket } = this;
    const stayMs = Math.min(LINGER_MS, this.#stallMs);
    let timer: NodeJS.Timeout | undefined;
    let held: number | undefined;
    let movedMs = performance.now();
    const look = async (): Promise<void> => {
      const descriptor = descriptorOf(socket);
      const holds = descriptor === undefined ? 0 : await unacknowledgedBytes(socket, descriptor);
      if (socket.destroyed) return;
      const nowMs = performance.now();
      if (held !== undefined && holds !== held) movedMs = nowMs;
      held = holds;
      const patienceMs = holds > 0 ? this.#stallMs : stayMs;
      if ((holds === 0 && socket.readableEnded) || nowMs - movedMs >= patienceMs) socket.destroy();
      else timer = setTimeout(look, Math.ceil(stayMs / LOOKS)).unref();
    };
    socket.setTimeout(0);
    if (!socket.readableEnded) {
      timer = setTimeout(look, Math.ceil(stayMs / LOOKS)).unref();
      socket.once("end", () => socket.destroy());
      socket.resume();
    } else if (socket.bytesWritten + this.#sentPastBytes > LITTLE_BYTES) void look();
    else socket.destroy();
    socket.once("close", () => clearTimeout(timer));
  }
}

function descriptorOf(socket: DataSocket): number | undefined {
  const fd = (socket as unknown as { readonly _handle?: Handle | null })._handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}

function ignore(): void {}
