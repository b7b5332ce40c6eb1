/**
 * Numbers that a client writes.
 *
 * @module
 */

/** A count of bytes: decimal digits, exactly representable. Undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
