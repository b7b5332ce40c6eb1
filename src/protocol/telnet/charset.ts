/**
 * CHARSET, RFC 2066: UTF-8 and nothing else.
 *
 * @module
 */

import { asciiOf, bytesOf } from "./ascii.ts";

const REQUEST = 1;
const ACCEPTED = 2;
const REJECTED = 3;
const TTABLE_IS = 4;
const TTABLE_REJECTED = 5;

const TTABLE_PREFIX = "[TTABLE]"; // followed by a version octet, then the separator

/** The payload that proposes UTF-8. */
export const REQUEST_UTF_8: Uint8Array = Uint8Array.of(REQUEST, ...bytesOf(";UTF-8"));
/** The payload that turns a proposal down. */
export const REJECT_CHARSET: Uint8Array = Uint8Array.of(REJECTED);
/** The payload that turns a translation table down; there is nothing to translate. */
export const REJECT_TRANSLATION_TABLE: Uint8Array = Uint8Array.of(TTABLE_REJECTED);

/** What the peer says about character sets. */
export type CharsetMessage =
  | { readonly says: "request"; readonly names: readonly string[] }
  | { readonly says: "accepted"; readonly name: string }
  | { readonly says: "rejected" }
  | { readonly says: "translation-table" };

/** @returns undefined for anything that isn't a message of RFC 2066 or isn't ASCII. */
export function parseCharset(payload: Uint8Array): CharsetMessage | undefined {
  if (payload[0] === REJECTED) return { says: "rejected" };
  if (payload[0] === TTABLE_IS) return { says: "translation-table" };
  if (payload[0] === ACCEPTED) {
    const name = asciiOf(payload.subarray(1));
    return name === undefined ? undefined : { says: "accepted", name };
  }
  if (payload[0] !== REQUEST) return undefined;
  const prefix = asciiOf(payload.subarray(1, 1 + TTABLE_PREFIX.length));
  const list = asciiOf(payload.subarray(prefix === TTABLE_PREFIX ? TTABLE_PREFIX.length + 2 : 1));
  if (list === undefined || list.length < 2) return undefined;
  return { says: "request", names: list.slice(1).split(list[0] as string) };
}

/** The name as the peer spelled it, when UTF-8 is among its proposals. */
export function utf8Among(names: readonly string[]): string | undefined {
  return names.find((name) => /^utf-?8$/i.test(name));
}

/** The payload that takes a proposal. */
export function acceptCharset(name: string): Uint8Array {
  return Uint8Array.of(ACCEPTED, ...bytesOf(name));
}
