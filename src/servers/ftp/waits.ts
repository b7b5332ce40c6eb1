/**
 * Waits of one length. Nearly all end before they are over; who begins first is due first, so one timer does for all of
 * them, and one that ends early costs none.
 *
 * @module
 */

/** A wait that has begun. */
export interface Wait {
  /** It is over. */
  readonly due: () => void;
  readonly dueMs: number;
  before: Wait;
  after: Wait;
}

export class Waits {
  readonly #lengthMs: number;
  /** Where the ring of those that go on begins and ends. */
  readonly #ring: Wait;
  #timer: NodeJS.Timeout | undefined;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
    const ring = { due: () => {}, dueMs: Number.POSITIVE_INFINITY };
    this.#ring = Object.assign(ring, { before: ring as Wait, after: ring as Wait });
  }

  /** @param due - Called when the wait is over, unless it was ended before. */
  begin(due: () => void): Wait {
    const ring = this.#ring;
    const wait = { due, dueMs: performance.now() + this.#lengthMs, before: ring.before, after: ring };
    ring.before.after = wait;
    ring.before = wait;
    if (this.#timer === undefined) this.#look(this.#lengthMs);
    return wait;
  }

  /** Does nothing for one that is over. */
  end(wait: Wait): void {
    wait.before.after = wait.after;
    wait.after.before = wait.before;
    wait.before = wait;
    wait.after = wait;
  }

  #look(inMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const nowMs = performance.now();
      let first = this.#ring.after;
      for (; first.dueMs <= nowMs; first = this.#ring.after) {
        this.end(first);
        first.due();
      }
      if (first !== this.#ring && this.#timer === undefined) this.#look(Math.max(1, Math.ceil(first.dueMs - nowMs)));
    }, inMs);
    this.#timer.unref();
  }
}
