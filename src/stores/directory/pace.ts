/**
 * When a synchronous call on a file is worth its risk.
 *
 * @module
 */

const SLOW_MS = 4;
const VERY_SLOW_MS = 100;
const PROBE_SLOW_MS = 20;
const SLOW_PAIR_MS = 1_000;
const SLOW_PAIR_CALLS = 16;
const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 60_000;
const IDLE_MS = 30_000;

/**
 * Watches how long calls take. From the page cache a synchronous read costs a fifth of an asynchronous one, but on a
 * slow disk it would hold up every other session of the thread, and Node cannot ask the kernel beforehand. So:
 *
 * - the first call, and the first after a pause or half a minute's idleness (the disk may have stopped), is
 *   asynchronous and timed; when it was quick, calls are synchronous;
 * - a synchronous call of over 100 ms, or two of over 4 ms within a second and sixteen calls, begins a pause, in which
 *   all calls are asynchronous. One, or one among many quick ones, may be another process that had the processor;
 * - pauses begin at a quarter of a second and double up to a minute while the disk stays slow.
 */
export class Pace {
  readonly #now: () => number;
  #state: "probe" | "quick" | "pause" = "probe";
  #pauseMs = SHORTEST_PAUSE_MS;
  #pauseEndMs = 0;
  #quickSinceMs = 0;
  #lastSlowMs = Number.NEGATIVE_INFINITY;
  #callsSinceSlow = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param now - a clock in milliseconds that only goes forwards. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the call that is about to begin at `startMs` may be synchronous. */
  isQuick(startMs: number): boolean {
    if (this.#state === "quick" && startMs - this.#lastMs > IDLE_MS) this.#state = "probe";
    this.#lastMs = startMs;
    return this.#state === "quick";
  }

  /** Milliseconds, for the other calls. */
  now(): number {
    return this.#now();
  }

  /** A synchronous call that began at `startMs` is done. */
  tellQuick(startMs: number): void {
    const nowMs = this.#now();
    this.#callsSinceSlow++;
    if (nowMs - startMs < SLOW_MS) return;
    const again = nowMs - this.#lastSlowMs < SLOW_PAIR_MS && this.#callsSinceSlow < SLOW_PAIR_CALLS;
    this.#lastSlowMs = nowMs;
    this.#callsSinceSlow = 0;
    if (again || nowMs - startMs >= VERY_SLOW_MS) this.#pause(nowMs);
  }

  /** An asynchronous call that began at `startMs` is done. */
  tellWaited(startMs: number): void {
    const nowMs = this.#now();
    if (this.#state === "quick" || (this.#state === "pause" && startMs < this.#pauseEndMs)) return;
    if (nowMs - startMs >= PROBE_SLOW_MS) {
      this.#pause(nowMs);
    } else {
      this.#state = "quick";
      this.#quickSinceMs = nowMs;
    }
  }

  #pause(nowMs: number): void {
    // Quick for long between two pauses: a hiccup, not a slow disk.
    const steady = this.#state === "quick" && nowMs - this.#quickSinceMs > 10 * this.#pauseMs;
    this.#pauseMs =
      steady || this.#pauseEndMs === 0 ? SHORTEST_PAUSE_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    this.#pauseEndMs = nowMs + this.#pauseMs;
    this.#state = "pause";
  }
}

/** How quick a disk is in each of its ways. */
export interface DiskPaces {
  readonly read: Pace;
  readonly write: Pace;
  /** Of batches of larger files, which may meet a disk that is full of work where a small file does not. */
  readonly writeBatch: Pace;
}

/** Reading and writing have paces of their own, and so has each file system below the root. */
export class Paces {
  readonly #paces = new Map<number, DiskPaces>();

  /** @param device - `dev` of a file's stats. */
  of(device: number): DiskPaces {
    let paces = this.#paces.get(device);
    if (paces === undefined) {
      paces = { read: new Pace(), write: new Pace(), writeBatch: new Pace() };
      this.#paces.set(device, paces);
    }
    return paces;
  }
}
