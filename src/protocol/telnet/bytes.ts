/**
 * Two facts about byte arrays that the fast paths rest on.
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

/** Moves `from` to `end` down to `to`; gives where it ends then. */
export function moveRun(bytes: Uint8Array, to: number, from: number, end: number): number {
  if (to === from) return end;
  if (end - from > SHORT) {
    bytes.copyWithin(to, from, end);
    return to + end - from;
  }
  let count = to;
  for (let at = from; at < end; at += 1) bytes[count++] = bytes[at] as number;
  return count;
}

/** Where `octet` first stands at or behind `from`; the length: nowhere. */
export function findOctet(bytes: Uint8Array, octet: number, from: number): number {
  const near = Math.min(bytes.length, from + SHORT);
  for (let at = from; at < near; at += 1) if (bytes[at] === octet) return at;
  if (near === bytes.length) return near;
  const at = bytes.indexOf(octet, near);
  return at < 0 ? bytes.length : at;
}
