/**
 * Threads that receive large uploads, by turns: each of them does all that a piece needs, on a processor of its own.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { type HelperThread, startHelperThread } from "../../../native/helper-thread.ts";
import { ThreadTurns } from "../thread-turns.ts";
import { LEAVE, READY, type ReceiveOrder, type ReceiveTiding } from "./messages.ts";

/** There are no more, however many processors. */
const MOST_THREADS = 4;
/** A thread is made for an upload that is alone and has brought so much: a smaller one is over before it has begun. */
const ALONE_BYTES = 16_777_216;
/** The same where a thread that begins takes the time of all others. */
const ONE_PROCESSOR_BYTES = 67_108_864;
/** A thread that has had no turn for so long is ended. */
const IDLE_MS = 30_000;
/** After so many threads that ended unasked there is no further one. */
const MOST_FAILURES = 3;
const ENTRY = new URL("./receiver-entry.js", import.meta.url);

interface ReceivingThread {
  readonly thread: HelperThread<ReceiveOrder | typeof LEAVE>;
  ready: boolean;
  /** Of the turn that is under way. */
  told: ((tiding: ReceiveTiding) => void) | undefined;
  failed: ((error: Error) => void) | undefined;
  idle: NodeJS.Timeout | undefined;
  leaving: boolean;
}

export class ReceivingThreads {
  readonly #troubled: (error: Error) => void;
  readonly #mostThreads: number;
  readonly #turns: ThreadTurns;
  #usable = true;
  #failures = 0;
  readonly #threads = new Set<ReceivingThread>();
  /** Those that wait for a turn; who had the last one is the first, and who has not begun yet comes behind. */
  #free: readonly ReceivingThread[] = [];
  #uploads = 0;
  #closed = false;

  /** @param threads - One for each processor. */
  constructor(options: { readonly troubled: (error: Error) => void; readonly threads?: number }) {
    this.#mostThreads = options.threads ?? Math.min(availableParallelism(), MOST_THREADS);
    this.#troubled = options.troubled;
    this.#turns = new ThreadTurns(this.#mostThreads);
  }

  /** To be taken before `receive()`, and given back after it. */
  get turns(): ThreadTurns {
    return this.#turns;
  }

  /**
   * Whether a turn is worth it for one of the large uploads: when there are several, and processors for them; without a
   * buffer also for one that is alone.
   */
  pay(splices: boolean): boolean {
    return this.#usable && (splices || (this.#mostThreads > 1 && this.#uploads > 1));
  }

  /**
   * Makes a thread for an upload that has brought so much, unless there are as many as uploads.
   *
   * @returns false: none has begun yet, which takes a while.
   */
  prepare(bytes: number): boolean {
    const wanted = this.#mostThreads > 1 ? this.#uploads > 1 || bytes >= ALONE_BYTES : bytes >= ONE_PROCESSOR_BYTES;
    if (wanted && this.#usable && this.#threads.size < Math.min(this.#mostThreads, this.#uploads)) {
      const thread = this.#start();
      if (thread !== undefined) this.#rest(thread);
    }
    for (const { ready } of this.#threads) if (ready) return true;
    return false;
  }

  /** A large upload has begun. */
  begin(): void {
    this.#uploads++;
  }

  /** It has ended. */
  end(): void {
    this.#uploads--;
  }

  /** Undefined: no thread is free. Rejects when the thread ends: then nobody knows what was received. */
  async receive(order: ReceiveOrder): Promise<ReceiveTiding | undefined> {
    const thread = this.#free.find(({ ready }) => ready);
    if (thread === undefined) return undefined;
    this.#free = this.#free.filter((other) => other !== thread);
    clearTimeout(thread.idle);
    try {
      return await new Promise<ReceiveTiding>((resolve, reject) => {
        thread.told = resolve;
        thread.failed = reject;
        thread.thread.post(order);
      });
    } finally {
      thread.told = undefined;
      thread.failed = undefined;
      this.#rest(thread);
    }
  }

  /** No further turn comes. */
  close(): void {
    this.#closed = true;
    this.#usable = false;
    for (const thread of this.#free) this.#leave(thread);
  }

  #start(): ReceivingThread | undefined {
    const thread = startHelperThread<ReceiveOrder | typeof LEAVE, ReceiveTiding | typeof READY>(
      "receiver",
      ENTRY,
      (tiding) => {
        if (tiding === READY) started.ready = true;
        else started.told?.(tiding);
      },
      (error) => this.#ended(started, error ?? new Error("a thread that receives has ended")),
    );
    if (thread === undefined) {
      this.#usable = false;
      return undefined;
    }
    const started: ReceivingThread = {
      thread,
      ready: false,
      told: undefined,
      failed: undefined,
      idle: undefined,
      leaving: false,
    };
    this.#threads.add(started);
    return started;
  }

  #rest(thread: ReceivingThread): void {
    if (thread.leaving) return;
    this.#free = thread.ready ? [thread, ...this.#free] : [...this.#free, thread];
    if (this.#closed) this.#leave(thread);
    else thread.idle = setTimeout(() => this.#leave(thread), IDLE_MS).unref();
  }

  #leave(thread: ReceivingThread): void {
    clearTimeout(thread.idle);
    thread.leaving = true;
    this.#threads.delete(thread);
    this.#free = this.#free.filter((other) => other !== thread);
    thread.thread.post(LEAVE);
  }

  #ended(thread: ReceivingThread, error: Error): void {
    clearTimeout(thread.idle);
    const asked = thread.leaving;
    this.#threads.delete(thread);
    thread.leaving = true;
    this.#free = this.#free.filter((other) => other !== thread);
    thread.failed?.(error);
    if (asked) return;
    if (++this.#failures >= MOST_FAILURES) this.#usable = false;
    this.#troubled(error);
  }
}
