/**
 * What the fast paths know about byte arrays.
 *
 * @module
 */

/** Up to this length a loop beats the call of `indexOf`; for longer ones `indexOf` is far quicker (a Buffer's most). */
export const SHORT = 48;

/**
 * A copy of the same kind: of a Buffer a Buffer, whose `indexOf` searches 64 KiB in a microsecond. A Buffer's own
 * `slice` would be a view.
 */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes);
}

/** A view of a part, or the whole itself: views are dear, so they are made where somebody wants one. */
export function viewOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
}

/** Where `octet` first stands at or behind `from`; the length: nowhere. */
export function findOctet(bytes: Uint8Array, octet: number, from: number): number {
  const near = Math.min(bytes.length, from + SHORT);
  for (let at = from; at < near; at += 1) if (bytes[at] === octet) return at;
  if (near === bytes.length) return near;
  const at = bytes.indexOf(octet, near);
  return at < 0 ? bytes.length : at;
}

/** An octet in each place of a word of four. */
const EACH = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
/** A run of so many octets is likely to be a long one. */
const LONG = 256;

/** The place of the lowest high bit, for words in which each octet that was found has set its own. */
function lowestPlace(found: number): number {
  return (31 - Math.clz32(found & -found)) >> 3;
}

/**
 * Copies octets up to the next special one: four at a time, three times as fast as one by one, and the rest of a long
 * run as one block of memory.
 */
export class Copier {
  readonly #source: Uint8Array;
  readonly #target: Uint8Array;
  readonly #special: readonly number[];
  readonly #from: DataView | undefined;
  readonly #to: DataView | undefined;
  readonly #below: number; // the special ones are under it
  readonly #high: number; // or are this one; both in each place of a word
  readonly #places: number[]; // where the next of each special one is; searched for again when it has been passed

  /**
   * @param target - Has room for the source and what is put in between, and shares no memory with it.
   * @param special - Any below 128, where the lower ones stop it too, and at most one above.
   */
  constructor(source: Uint8Array, target: Uint8Array, special: readonly number[]) {
    let below = 0;
    let high = special[0] as number;
    for (const octet of special) {
      if (octet >= 0x80) high = octet;
      else if (octet >= below) below = octet + 1;
    }
    this.#source = source;
    this.#target = target;
    this.#special = special;
    this.#below = (below * EACH) | 0;
    this.#high = (high * EACH) | 0;
    this.#places = special.map(() => -1);
    if (source.length <= SHORT) return; // the views would take longer than they save
    this.#from = new DataView(source.buffer, source.byteOffset, source.length);
    this.#to = new DataView(target.buffer, target.byteOffset, target.length);
  }

  /**
   * Copies from `at` on to `to`; gives how many octets it were, none of them special. What stops it may be no special
   * one either, and less than a word, or a short source, is left to the caller: he looks at the next octet himself.
   */
  copy(at: number, to: number): number {
    const from = this.#from;
    const target = this.#to;
    if (from === undefined || target === undefined) return 0;
    const below = this.#below;
    const high = this.#high;
    const last = Math.min(from.byteLength - 4, at + LONG);
    let next = at;
    for (; next <= last; next += 4) {
      const word = from.getInt32(next, true);
      target.setInt32(to + next - at, word, true); // what is behind the run is written again later
      const other = word ^ high;
      // The lowest place that is found is right; higher ones may owe it their bit.
      const found = (((word - below) & ~word) | ((other - EACH) & ~other)) & HIGH_BITS;
      if (found !== 0) return next - at + lowestPlace(found);
    }
    return next - at <= LONG ? next - at : this.#copyLong(next, to + next - at) - at;
  }

  /** Gives where it ends. */
  #copyLong(at: number, to: number): number {
    let end = this.#source.length;
    for (const [place, octet] of this.#special.entries()) {
      if ((this.#places[place] as number) < at) {
        const found = this.#source.indexOf(octet, at);
        this.#places[place] = found < 0 ? this.#source.length : found;
      }
      end = Math.min(end, this.#places[place] as number);
    }
    this.#target.set(this.#source.subarray(at, end), to);
    return end;
  }
}
