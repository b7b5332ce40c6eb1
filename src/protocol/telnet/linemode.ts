/**
 * LINEMODE, RFC 1184, as far as a server that reads single keys needs it: the mode the client says it is in, and its
 * special characters, which are agreed to and otherwise left alone.
 *
 * @module
 */

const MODE = 1;
const SLC = 3;

/** Bits of the MODE mask. */
export const LineMode = { EDIT: 1, TRAPSIG: 2, MODE_ACK: 4, SOFT_TAB: 8, LIT_ECHO: 16 } as const;

/** Highest SLC function, SLC_EEOL (30); functions start at 1. */
const FUNCTIONS = 30;

const LEVEL = 3; // mask of the four levels
const NO_SUPPORT = 0;
const SLC_ACK = 0x80;

/** What the peer says about line mode. */
export type LineModeMessage =
  | { readonly says: "mode"; readonly mask: number }
  | { readonly says: "special-characters"; readonly triples: Uint8Array };

/** @returns undefined for FORWARDMASK, which is never asked for, and for anything that isn't RFC 1184. */
export function parseLineMode(payload: Uint8Array): LineModeMessage | undefined {
  if (payload[0] === MODE && payload.length === 2) return { says: "mode", mask: payload[1] as number };
  if (payload[0] === SLC) return { says: "special-characters", triples: payload.subarray(1) };
  return undefined;
}

/** The payload that asks the client for a mode, a sum of {@link LineMode} bits. */
export function formatMode(mask: number): Uint8Array {
  return Uint8Array.of(MODE, mask);
}

/**
 * The special characters that the client has announced.
 *
 * Whatever it proposes is acknowledged; a proposal that is known already, and every acknowledgement, is left without
 * an answer, so that no talk goes round in circles (RFC 1184 §5.5). The table has room for the 30 functions and for
 * nothing else, and an answer has at most one triple a function: whatever comes, it is under a hundred bytes.
 */
export class SpecialCharacters {
  readonly #levels: Uint8Array = new Uint8Array(FUNCTIONS + 1);
  readonly #values: Uint8Array = new Uint8Array(FUNCTIONS + 1);

  /** @returns the payload that answers these triples, or undefined when nothing needs an answer. */
  answer(triples: Uint8Array): Uint8Array | undefined {
    const replies = new Map<number, readonly [number, number]>();
    for (let at = 0; at + 2 < triples.length; at += 3) {
      const [code, flags, value] = triples.subarray(at, at + 3) as unknown as [number, number, number];
      if (code === 0 || (flags & SLC_ACK) !== 0) continue; // 0: "send me yours"; there are none
      if (code > FUNCTIONS) {
        if ((flags & LEVEL) !== NO_SUPPORT && replies.size < FUNCTIONS) replies.set(code, [NO_SUPPORT, 0]);
        continue;
      }
      if (this.#levels[code] === flags && this.#values[code] === value) continue;
      this.#levels[code] = flags;
      this.#values[code] = value;
      replies.set(code, [flags | SLC_ACK, value]);
    }
    if (replies.size === 0) return undefined;
    return Uint8Array.from([SLC, ...[...replies].flatMap(([code, [flags, value]]) => [code, flags, value])]);
  }
}
