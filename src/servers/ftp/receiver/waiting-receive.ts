/**
 * One upload that has turns at receiving threads: when it is worth it, and how it goes on in the server's thread between.
 *
 * @module
 */

import type { LentFile, WriteHandle } from "../../../contracts/store.ts";
import type { SystemCalls } from "../../../native/system-calls.ts";
import type { DataConnection } from "../data-connection.ts";
import { ReceiveRing, type ReceivingRing } from "../receive-ring.ts";
import { PIPE_BYTES, type ReceiveTiding, type TurnPipe } from "./messages.ts";
import type { ReceivingThreads } from "./receiving-threads.ts";

/** Who has sent so much so soon is worth a turn. */
const SAMPLE_BYTES = 4_194_304;
const SAMPLE_MS = 128;
/** Who has sent less in a millisecond of his turn is to be looked at again before he has another one. */
const QUICK_BYTES_MS = 32_768;
/** The last bytes that an upload may have go the ordinary way, where one too many is seen. */
const LEAST_BYTES = 1_048_576;

const NOTHING: ReceiveTiding = { bytes: 0, rest: undefined, broken: false, spliced: true };

interface WaitingReceiveOptions {
  readonly calls: SystemCalls;
  readonly threads: ReceivingThreads;
  readonly connection: DataConnection;
  /** What the connection's socket reads into. */
  readonly ring: ReceiveRing;
  readonly lend: NonNullable<WriteHandle["lend"]>;
}

/** Undefined for what only the server's thread can receive. */
export function waitingReceive(
  handle: WriteHandle,
  connection: DataConnection,
  ring: ReceivingRing | undefined,
  { calls, receivers }: { readonly calls: SystemCalls | undefined; readonly receivers: ReceivingThreads },
): WaitingReceive | undefined {
  const lend = handle.lend?.bind(handle);
  if (calls === undefined || lend === undefined || !(ring instanceof ReceiveRing)) return undefined;
  return new WaitingReceive({ calls, threads: receivers, connection, ring, lend });
}

export class WaitingReceive {
  readonly #options: WaitingReceiveOptions;
  #cameBytes = 0;
  #sampleBytes = 0;
  #sampleMs = performance.now();
  #large = false;
  #quick = false;
  #holds = false;
  /** Nothing has spoken against a pipe yet. */
  #splices = true;

  constructor(options: WaitingReceiveOptions) {
    this.#options = options;
  }

  /** So many bytes have come in Node's way. */
  came(bytes: number): void {
    this.#cameBytes += bytes;
    this.#sampleBytes += bytes;
    if (this.#sampleBytes < SAMPLE_BYTES) return;
    if (!this.#large) this.#options.threads.begin();
    this.#large = true;
    this.#quick = performance.now() - this.#sampleMs <= SAMPLE_MS;
    this.#sample();
  }

  /**
   * Holds the connection when a turn is worth it: nothing more comes in Node's way, and `receive()` is next when what has
   * come is stored. Otherwise lets it go.
   *
   * @param mostBytes - The upload may not bring more.
   */
  holds(mostBytes: number): boolean {
    const { ring, threads } = this.#options;
    const pays = this.#quick && mostBytes >= LEAST_BYTES && threads.pay(this.#splices);
    const holds = pays && threads.prepare(this.#cameBytes);
    if (holds && !this.#holds) ring.hold();
    if (!holds && this.#holds) ring.goOn();
    this.#holds = holds;
    return holds;
  }

  /**
   * Has one turn, as soon as there is one. `broken` has been told to the connection. Takes the connection's `onFailure`.
   * Rejects when the store does, or the thread ends.
   */
  async receive(mostBytes: number): Promise<ReceiveTiding> {
    const { calls, threads, connection, lend } = this.#options;
    const { turns } = threads;
    this.#quick = false;
    this.#sample();
    if (!(await turns.takeFor(connection))) return NOTHING;
    const { descriptor } = connection;
    // Its number stays ours while another thread uses it, whatever becomes of the first one.
    let socket = descriptor === undefined ? -1 : calls.duplicate(descriptor);
    // Of one turn alone: no byte can get from one upload into another.
    let pipe = socket >= 0 && this.#splices ? widePipe(calls) : undefined;
    const leave = (): void => {
      for (const own of pipe ?? []) calls.close(own);
      pipe = undefined;
      if (socket >= 0) calls.close(socket);
      socket = -1;
      turns.give();
    };
    if (socket < 0) {
      leave();
      return NOTHING;
    }
    const stop = (): void => {
      if (socket >= 0) calls.breakOff(socket);
    };
    let tiding = NOTHING;
    let begun = false;
    const turn = async (file: LentFile): Promise<number> => {
      begun = true;
      const startMs = performance.now();
      try {
        const order = { socket, file: file.descriptor, atBytes: file.atBytes, mostBytes, pipe };
        tiding = (await threads.receive(order)) ?? NOTHING;
      } finally {
        leave();
      }
      this.#sample();
      this.#splices &&= tiding.spliced;
      this.#quick = tiding.bytes > 0 && tiding.bytes >= (this.#sampleMs - startMs) * QUICK_BYTES_MS;
      return tiding.bytes - (tiding.rest?.length ?? 0);
    };
    connection.waitForStore(true);
    connection.onFailure(stop);
    try {
      await lend(turn);
    } catch (error) {
      stop();
      throw error;
    } finally {
      if (!begun) leave();
      connection.onFailure(undefined);
      connection.waitForStore(false);
    }
    if (tiding.broken) connection.fail("connection-lost");
    return tiding;
  }

  /** The upload is over. */
  end(): void {
    if (this.#large) this.#options.threads.end();
    this.#large = false;
  }

  /** Looks from now on. */
  #sample(): void {
    this.#sampleBytes = 0;
    this.#sampleMs = performance.now();
  }
}

function widePipe(calls: SystemCalls): TurnPipe | undefined {
  const pipe = calls.pipe();
  if (pipe === undefined || calls.widenPipe(pipe[1], PIPE_BYTES) >= PIPE_BYTES) return pipe;
  for (const own of pipe) calls.close(own);
  return undefined;
}
