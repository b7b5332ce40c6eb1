/**
 * TIMING-MARK, RFC 860. Its verbs look like an option's, but nothing is switched on: DO asks for one mark in the
 * stream, WILL is that mark, and WONT says that there won't be one. So it stands beside the tables of RFC 1143.
 *
 * @module
 */

import { Octet } from "./codes.ts";

/** Marks that are waited for at once. */
const WAITING = 255;

/** The marks that we have asked for. */
export class TimingMarks {
  #waiting = 0;

  /** @returns false when too many are waited for; then none is to be asked for. */
  ask(): boolean {
    if (this.#waiting === WAITING) return false;
    this.#waiting += 1;
    return true;
  }

  /** WILL or WONT has come: true when it answers a mark that was asked for. */
  settle(): boolean {
    if (this.#waiting === 0) return false;
    this.#waiting -= 1;
    return true;
  }
}

/** What answers a verb of the peer's about timing marks; undefined: nothing. DONT cancels nothing and needs no answer. */
export function answerTimingMark(verb: number, agreed: boolean): number | undefined {
  if (verb !== Octet.DO) return undefined;
  return agreed ? Octet.WILL : Octet.WONT;
}
