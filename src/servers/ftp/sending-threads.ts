/**
 * Who may send from another thread: there are few of them, and files are read and written there too.
 *
 * @module
 */

import { availableParallelism } from "node:os";

/** libuv's, unless the environment has another number. */
const POOL_THREADS = 4;
/** Nobody waits longer for his turn: he goes on without. */
const LONGEST_WAIT_MS = 250;

/** Turns at a few threads, in the order in which they were asked for. */
export class SendingThreads {
  #free: number;
  readonly #waiting = new Set<(turn: boolean) => void>();

  /** @param threads - By default one for each processor, but never more than half of all. */
  constructor(threads: number = Math.min(availableParallelism(), Math.floor(poolThreads() / 2))) {
    this.#free = threads;
  }

  /** True: it is the caller's turn, who gives it back; false: there was none in time. */
  take(): true | Promise<boolean> {
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return new Promise((resolve) => {
      const answer = (turn: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(answer);
        resolve(turn);
      };
      const timer = setTimeout(answer, LONGEST_WAIT_MS, false);
      this.#waiting.add(answer);
    });
  }

  /** Gives a turn to who has waited longest. */
  give(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else next(true);
  }
}

/** Those of this thread, whichever server's they are. */
export const sendingThreads: SendingThreads = new SendingThreads();

function poolThreads(): number {
  const given = Number.parseInt(process.env["UV_THREADPOOL_SIZE"] ?? "", 10);
  return Number.isNaN(given) ? POOL_THREADS : given;
}
