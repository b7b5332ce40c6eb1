/**
 * STATUS, RFC 859: the options in force, as we see them.
 *
 * @module
 */

import { Octet } from "./codes.ts";

const IS = 0;
const SEND = 1;

/** The payload that asks for the peer's view. */
export const SEND_STATUS: Uint8Array = Uint8Array.of(SEND);

/** Does the peer ask for our view? */
export function isStatusRequest(payload: Uint8Array): boolean {
  return payload.length === 1 && payload[0] === SEND;
}

/**
 * The payload `IS WILL … DO …`.
 *
 * An option code that looks like SE (240) is doubled, as RFC 859 wants it; doubling of 255 is the sender's.
 *
 * @param us - Options in force on our side.
 * @param him - Options in force on the peer's side.
 */
export function formatStatus(us: readonly number[], him: readonly number[]): Uint8Array {
  const payload: number[] = [IS];
  const add = (verb: number, options: readonly number[]) => {
    for (const option of options) {
      payload.push(verb, option);
      if (option === Octet.SE) payload.push(option);
    }
  };
  add(Octet.WILL, us);
  add(Octet.DO, him);
  return Uint8Array.from(payload);
}
