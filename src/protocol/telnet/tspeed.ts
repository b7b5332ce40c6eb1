/**
 * TERMINAL-SPEED, RFC 1079. Read when asked for; nothing depends on it.
 *
 * @module
 */

import { asciiOf, bytesOf } from "./ascii.ts";

const IS = 0;
const SEND = 1;

/** The payload that asks for the speed. */
export const SEND_TERMINAL_SPEED: Uint8Array = Uint8Array.of(SEND);

/**
 * Reads `IS transmit,receive`, in bits a second.
 *
 * @returns undefined when it isn't two decimal numbers of at most nine digits.
 */
export function parseTerminalSpeed(payload: Uint8Array): { transmit: number; receive: number } | undefined {
  if (payload[0] !== IS) return undefined;
  const match = /^(\d{1,9}),(\d{1,9})$/.exec(asciiOf(payload.subarray(1)) ?? "");
  return match === null ? undefined : { transmit: Number(match[1]), receive: Number(match[2]) };
}

/** The payload `IS transmit,receive` for a terminal of our own. */
export function formatTerminalSpeed(transmit: number, receive: number): Uint8Array {
  return Uint8Array.of(IS, ...bytesOf(`${transmit},${receive}`));
}
