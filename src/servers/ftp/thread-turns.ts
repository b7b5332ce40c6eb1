/**
 * Who may have another thread move his bytes: there are few of them.
 *
 * @module
 */

import type { DataConnection } from "./data-connection.ts";

/** Nobody waits longer for his turn: he goes on without. */
const LONGEST_WAIT_MS = 250;

/** Turns at a few threads, in the order in which they were asked for. */
export class ThreadTurns {
  #free: number;
  #given = 0;
  /** Somebody has waited for nothing, and no turn has ended since. */
  #stuck = false;
  readonly #waiting = new Set<(turn: boolean) => void>();

  constructor(threads: number) {
    this.#free = threads;
  }

  /** True: it is the caller's turn, who gives it back; false: there was none in time. */
  take(): true | Promise<boolean> {
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    if (this.#stuck) return Promise.resolve(false);
    const given = this.#given;
    return new Promise((resolve) => {
      const answer = (turn: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(answer);
        resolve(turn);
      };
      const timer = setTimeout(() => {
        this.#stuck = this.#given === given;
        answer(false);
      }, LONGEST_WAIT_MS);
      this.#waiting.add(answer);
    });
  }

  /** Takes one for a connection; false: there was none in time, or the connection has failed. */
  async takeFor(connection: DataConnection): Promise<boolean> {
    const taking = this.take();
    if (taking === true) return true;
    const taken = await connection.whileAlive(taking);
    if (taken === undefined) void taking.then((late) => late && this.give());
    return taken === true;
  }

  /** Gives a turn to who has waited longest. */
  give(): void {
    this.#given++;
    this.#stuck = false;
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else next(true);
  }
}
