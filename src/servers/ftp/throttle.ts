/**
 * A bound on bytes a second, which several transfers share.
 *
 * @module
 */

/** What may move at once after a rest, as time. */
const BURST_MS = 250;

export class Throttle {
  readonly #bytesPerSecond: number;
  /** When all that has moved is paid for. */
  #paidMs = Number.NEGATIVE_INFINITY;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** A transfer's pieces should be no larger, so that it moves steadily. */
  get pieceBytes(): number {
    return Math.max(1_024, Math.floor(this.#bytesPerSecond / 8));
  }

  /** Counts bytes that have moved; milliseconds to wait before more may, 0: none. */
  count(bytes: number, nowMs: number): number {
    this.#paidMs = Math.max(this.#paidMs, nowMs - BURST_MS) + (bytes * 1000) / this.#bytesPerSecond;
    return Math.max(0, this.#paidMs - nowMs);
  }
}

/** Counts bytes and waits, when that is called for. */
export function throttled(throttle: Throttle | undefined, bytes: number): Promise<void> | undefined {
  const waitMs = throttle?.count(bytes, performance.now()) ?? 0;
  return waitMs <= 0 ? undefined : new Promise((resolve) => setTimeout(resolve, waitMs).unref());
}
