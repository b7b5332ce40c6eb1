/**
 * Numbers that a seed settles, and what is made of bytes by them.
 *
 * @module
 */
import { words } from "./corpus.ts";

export interface Random {
  readonly seed: number;
  /** A whole number from 0 to below `below`. */
  next(below: number): number;
  pick<T>(from: readonly T[]): T;
}

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const next = (below: number) => Math.floor(unit() * below);
  return { seed, next, pick: (from) => from[next(from.length)] as never };
}

const MOST_BYTES = 16_384;

/** Changes bytes in a few places; now and then a lot of the same. */
export function mutate(bytes: Uint8Array, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  let changed = bytes;
  for (let count = 1 + random.next(6); count > 0; count--) changed = once(changed, corpus, random);
  return changed.subarray(0, MOST_BYTES);
}

function once(bytes: Uint8Array, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.next(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.next(random.pick([1, 8, 64])));
  switch (random.next(9)) {
    case 0:
      return join(bytes.subarray(0, at), bytes.subarray(to));
    case 1:
      return join(bytes.subarray(0, to), bytes.subarray(at));
    case 2:
      return bytes.subarray(0, at);
    case 3: {
      const flipped = bytes.slice();
      if (at < flipped.length) flipped[at] = (flipped[at] as number) ^ (1 << random.next(8));
      return flipped;
    }
    case 4:
      return join(bytes.subarray(0, at), Uint8Array.of(random.next(256)), bytes.subarray(at));
    case 5: {
      const other = random.pick(corpus);
      return join(bytes.subarray(0, at), other.subarray(random.next(other.length + 1)));
    }
    case 6:
      if (random.next(20) > 0) return join(bytes.subarray(0, at), random.pick(words), bytes.subarray(at));
      return join(bytes.subarray(0, at), new Uint8Array(random.next(8_192)).fill(random.next(256)), bytes.subarray(at));
    default:
      return join(bytes.subarray(0, at), random.pick(words), bytes.subarray(at));
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** The same bytes in pieces. */
export function* cut(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  const most = random.pick([1, 3, 40, 4_096]);
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.next(most);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
