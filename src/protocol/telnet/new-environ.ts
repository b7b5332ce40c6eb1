/**
 * NEW-ENVIRON, RFC 1572. Read only, and never trusted: names that are not on the list are thrown away, and what is
 * left is a plain map for display and terminal settings. It never gets near a process environment or the login.
 *
 * @module
 */

import { asciiOf, bytesOf } from "./ascii.ts";

const IS = 0;
const SEND = 1;
const INFO = 2;

const VAR = 0;
const VALUE = 1;
const ESC = 2;
const USERVAR = 3;

/** Longest value that is kept; a variable with a longer one is thrown away. */
export const ENVIRONMENT_VALUE_BYTES = 64;

/**
 * The names that are asked for and kept. USER is not among them: it decides nothing here, and Windows telnet dies when
 * it is asked for.
 */
export const ENVIRONMENT_NAMES: readonly string[] = ["TERM", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE"];

/** The payload that asks for {@link ENVIRONMENT_NAMES}; none of them is a well-known VAR of RFC 1572. */
export function formatEnvironmentRequest(): Uint8Array {
  return Uint8Array.from([SEND, ...ENVIRONMENT_NAMES.flatMap((name) => [USERVAR, ...bytesOf(name)])]);
}

/**
 * Reads `IS` or `INFO` and a list of variables.
 *
 * @returns undefined when it is neither. A name counts once, the first time; a name without a value isn't there.
 */
export function parseEnvironment(payload: Uint8Array): ReadonlyMap<string, string> | undefined {
  if (payload[0] !== IS && payload[0] !== INFO) return undefined;
  const kept = new Map<string, string>();
  for (const { name, value } of variablesOf(payload)) {
    if (value === undefined || value.length > ENVIRONMENT_VALUE_BYTES) continue;
    const nameText = asciiOf(Uint8Array.from(name));
    const valueText = asciiOf(Uint8Array.from(value));
    if (nameText === undefined || valueText === undefined) continue;
    if (ENVIRONMENT_NAMES.includes(nameText) && !kept.has(nameText)) kept.set(nameText, valueText);
  }
  return kept;
}

interface Variable {
  readonly name: number[];
  value?: number[];
}

function variablesOf(payload: Uint8Array): Variable[] {
  const variables: Variable[] = [];
  let current: Variable | undefined;
  for (let at = 1; at < payload.length; at += 1) {
    let octet = payload[at] as number;
    if (octet === VAR || octet === USERVAR) {
      current = { name: [] };
      variables.push(current);
      continue;
    }
    if (octet === VALUE) {
      if (current !== undefined) current.value ??= [];
      continue;
    }
    if (octet === ESC) {
      at += 1;
      if (at === payload.length) break;
      octet = payload[at] as number;
    }
    if (current !== undefined) (current.value ?? current.name).push(octet);
  }
  return variables;
}
