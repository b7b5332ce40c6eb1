/**
 * Names for STOU (RFC 959 §4.1.3): the asked-for name, then the same with a number behind it.
 *
 * @module
 */

import { LIMITS } from "../contracts/limits.ts";

const encoder = new TextEncoder();

const NUMBERED_ATTEMPTS = 100;

/**
 * The `attempt`th candidate: 0 is the name itself, then `name.1`, `name.2`, and from the hundredth on a random number,
 * so that a directory full of them stays quick; shortened to fit a path part.
 */
export function uniqueName(name: string, attempt: number): string {
  if (attempt === 0) return name;
  const suffix = `.${attempt < NUMBERED_ATTEMPTS ? attempt : Math.floor(Math.random() * Number.MAX_SAFE_INTEGER)}`;
  const room = LIMITS.ftpNameBytes.value - suffix.length;
  if (encoder.encode(name).length <= room) return name + suffix;
  let kept = "";
  let keptBytes = 0;
  for (const character of name) {
    keptBytes += encoder.encode(character).length;
    if (keptBytes > room) break;
    kept += character;
  }
  return kept + suffix;
}
