/**
 * Threads that receive large uploads, by turns, as soon as there are several: each of them does all that a piece needs, on
 * a processor of its own. One upload alone is as quick in the server's thread.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { type HelperThread, startHelperThread } from "../../../native/helper-thread.ts";
import { ThreadTurns } from "../thread-turns.ts";
import { LEAVE, type ReceiveOrder, type ReceiveTiding } from "./messages.ts";

/** There are no more, however many processors. */
const MOST_THREADS = 4;
/** A thread that has had no turn for so long is ended. */
const IDLE_MS = 30_000;
/** After so many threads that ended unasked there is no further one. */
const MOST_FAILURES = 3;
const ENTRY = new URL("./receiver-entry.js", import.meta.url);

interface ReceivingThread {
  readonly thread: HelperThread<ReceiveOrder | typeof LEAVE>;
  /** Of the turn that is under way. */
  told: ((tiding: ReceiveTiding) => void) | undefined;
  failed: ((error: Error) => void) | undefined;
  idle: NodeJS.Timeout | undefined;
  leaving: boolean;
}

export class ReceivingThreads {
  readonly #troubled: (error: Error) => void;
  readonly #turns: ThreadTurns;
  #usable: boolean;
  #failures = 0;
  /** Those that wait for a turn; who had the last one is the first. */
  #free: readonly ReceivingThread[] = [];
  #uploads = 0;
  #closed = false;

  /** @param threads - One for each processor; none where there is but one. */
  constructor(options: { readonly troubled: (error: Error) => void; readonly threads?: number }) {
    const threads = options.threads ?? Math.min(availableParallelism(), MOST_THREADS);
    this.#troubled = options.troubled;
    this.#turns = new ThreadTurns(threads);
    this.#usable = threads > 1;
  }

  /** To be taken before `receive()`, and given back after it. */
  get turns(): ThreadTurns {
    return this.#turns;
  }

  /** Several large uploads are under way. */
  get pay(): boolean {
    return this.#usable && this.#uploads > 1;
  }

  /** A large upload has begun. */
  begin(): void {
    this.#uploads++;
  }

  /** It has ended. */
  end(): void {
    this.#uploads--;
  }

  /** Undefined: there is no thread. Rejects when the thread ends: then nobody knows what was received. */
  async receive(order: ReceiveOrder): Promise<ReceiveTiding | undefined> {
    const [last, ...others] = this.#free;
    this.#free = others;
    const thread = last ?? (this.#usable ? this.#start() : undefined);
    if (thread === undefined) return undefined;
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
    for (const thread of this.#free) this.#leave(thread);
  }

  #start(): ReceivingThread | undefined {
    const thread = startHelperThread<ReceiveOrder | typeof LEAVE, ReceiveTiding>(
      "receiver",
      ENTRY,
      (tiding) => started.told?.(tiding),
      (error) => this.#ended(started, error ?? new Error("a thread that receives has ended")),
    );
    if (thread === undefined) {
      this.#usable = false;
      return undefined;
    }
    const started: ReceivingThread = { thread, told: undefined, failed: undefined, idle: undefined, leaving: false };
    return started;
  }

  #rest(thread: ReceivingThread): void {
    if (thread.leaving) return;
    this.#free = [thread, ...this.#free];
    if (this.#closed) this.#leave(thread);
    else thread.idle = setTimeout(() => this.#leave(thread), IDLE_MS).unref();
  }

  #leave(thread: ReceivingThread): void {
    clearTimeout(thread.idle);
    thread.leaving = true;
    this.#free = this.#free.filter((other) => other !== thread);
    thread.thread.post(LEAVE);
  }

  #ended(thread: ReceivingThread, error: Error): void {
    clearTimeout(thread.idle);
    const asked = thread.leaving;
    thread.leaving = true;
    this.#free = this.#free.filter((other) => other !== thread);
    thread.failed?.(error);
    if (asked) return;
    if (++this.#failures >= MOST_FAILURES) this.#usable = false;
    this.#troubled(error);
  }
}
