/**
 * TERMINAL-TYPE, RFC 1091.
 *
 * @module
 */

import { asciiOf, bytesOf } from "./ascii.ts";

const IS = 0;
const SEND = 1;

/** RFC 1091 has at most 40 characters: letters, digits and the marks that names of RFC 1700 have. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9+,./:@_-]{0,39}$/;

/** The payload that asks for the (next) name. */
export const SEND_TERMINAL_TYPE: Uint8Array = Uint8Array.of(SEND);

/**
 * Reads `IS name`.
 *
 * @returns the name in lower case (RFC 1091: case means nothing), or undefined when it is none.
 */
export function parseTerminalType(payload: Uint8Array): string | undefined {
  if (payload[0] !== IS) return undefined;
  const name = asciiOf(payload.subarray(1));
  return name !== undefined && NAME.test(name) ? name.toLowerCase() : undefined;
}

/** The payload `IS name` for a terminal of our own. */
export function formatTerminalType(name: string): Uint8Array {
  return Uint8Array.of(IS, ...bytesOf(name));
}
