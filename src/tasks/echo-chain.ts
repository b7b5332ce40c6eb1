/**
 * Keys that are shown before the program has them: which ones may be, and what they look like.
 *
 * The prompt says beforehand what it would show of the next keys, for a screen that has all it has written so far. From
 * there on the keys that are shown make a chain: each one follows from those before. A key that is not shown ends it,
 * until the program has taken that key and speaks again.
 *
 * @module
 */

import type { EchoPermit } from "./echo-permit.ts";

const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const DELETE = 0x7f;
const ERASED = Uint8Array.of(0x08, SPACE, 0x08);

/** What the chain has to know of the screen at this moment. */
export interface EchoScreen {
  readonly columns: number;
  /** Bytes that the program has written, and those of them that the screen has got. */
  readonly written: number;
  readonly shown: number;
}

const NOTHING: EchoPermit = { key: 0, written: 0, columns: 0, insert: 0, erase: 0 };

export class EchoChain {
  /** What is left of what the prompt said, were all keys shown that were posted since. */
  #left = NOTHING;
  /** The last key of the chain; undefined when it has ended. */
  #last: number | undefined;
  /** The last key before the chain was broken: the program has to take a later one. */
  #broken: number | undefined;
  /** Something else stands in the row since: nothing of it is erased before the next Return. */
  #isLittered = false;

  /**
   * What the screen is to be given for keys that are typed next; undefined when that can't be said. They count as shown
   * then: the next call is for the key after them.
   *
   * @param permit - What the prompt says by now.
   * @param posted - The number of the last key that was posted.
   * @param screen - Undefined when nothing can be shown, or the keys are not posted yet.
   */
  show(
    keys: Uint8Array,
    posted: number,
    permit: EchoPermit | undefined,
    screen: EchoScreen | undefined,
  ): Uint8Array | undefined {
    if (screen === undefined || keys.length === 0) return this.#skip(keys);
    if (permit?.key === posted && posted !== this.#broken) {
      this.#left = this.#isLittered ? { ...permit, erase: 0 } : permit;
    } else if (posted !== this.#last) {
      return this.#skip(keys);
    }
    const { written, columns } = this.#left;
    if (screen.written !== written || screen.shown !== written || screen.columns !== columns) return this.#skip(keys);
    const shown = this.#take(keys);
    if (shown === undefined) return this.#skip(keys);
    this.#last = (posted + 1) | 0;
    return shown;
  }

  /** The written count that shown keys are marked with. */
  get written(): number {
    return this.#left.written;
  }

  /** Something happens behind key `posted` that is no key to be shown. */
  break(posted: number): void {
    this.#broken = posted;
    this.#last = undefined;
  }

  /** The screen was given something that the program does not know of. */
  litter(posted: number): void {
    this.break(posted);
    this.#isLittered = true;
  }

  #skip(keys: Uint8Array): undefined {
    this.#last = undefined;
    if (keys.includes(CARRIAGE_RETURN)) this.#isLittered = false;
    return undefined;
  }

  /** All of the keys, or none. */
  #take(keys: Uint8Array): Uint8Array | undefined {
    let { insert, erase } = this.#left;
    let erased = 0;
    for (const key of keys) {
      const change = key === DELETE ? -1 : 1;
      if (key < SPACE || key > DELETE || (change > 0 ? insert : erase) === 0) return undefined;
      if (change < 0) erased++;
      insert -= change;
      erase += change;
    }
    this.#left = { ...this.#left, insert, erase };
    if (erased === 0) return keys;
    const shown: number[] = [];
    for (const key of keys) {
      if (key === DELETE) shown.push(...ERASED);
      else shown.push(key);
    }
    return Uint8Array.from(shown);
  }
}
