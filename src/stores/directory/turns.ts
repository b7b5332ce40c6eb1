/**
 * Whether a read is worth a trip to another thread.
 *
 * @module
 */

import { availableParallelism } from "node:os";

/** A trip to another thread that takes so long may have waited there for somebody's slow disk. */
const SLOW_TRIP_MS = 8;
/** So many more slow trips than quick ones, and there is none for a while; half as many after that. */
const SLOW_TRIPS = 16;
const REST_MS = 1_000;
/** One such trip is enough for a rest of thirty times its length. */
const VERY_SLOW_TRIP_MS = 250;
const REST_FACTOR = 30;

/**
 * Whose turn it was last among those who read large pieces from disks that are quick. One alone reads at once: each piece
 * stays in one processor's cache. Several, by turns, read in other threads, and so on all processors; unless those are
 * busy with slow disks.
 */
export class Turns {
  readonly #threads: number;
  #last: object | undefined;
  #slowTrips = 0;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  /** @param threads - that can run at once. */
  constructor(threads: number = availableParallelism()) {
    this.#threads = threads;
  }

  /** Whether the reader, whose turn it is now, should read in another thread. */
  take(reader: object, nowMs: number): boolean {
    const shared = this.#last !== undefined && this.#last !== reader;
    this.#last = reader;
    return shared && this.#threads > 1 && nowMs >= this.#restUntilMs;
  }

  /** A trip to another thread has ended. */
  tellTrip(startMs: number, nowMs: number): void {
    const tookMs = nowMs - startMs;
    if (tookMs >= VERY_SLOW_TRIP_MS) this.#restUntilMs = nowMs + REST_FACTOR * tookMs;
    else if (tookMs < SLOW_TRIP_MS) this.#slowTrips = Math.max(0, this.#slowTrips - 1);
    else if (++this.#slowTrips >= SLOW_TRIPS) {
      this.#slowTrips = SLOW_TRIPS / 2;
      this.#restUntilMs = nowMs + REST_MS;
    }
  }

  /** The reader has no further turn. */
  leave(reader: object): void {
    if (this.#last === reader) this.#last = undefined;
  }
}
