/**
 * Text inside subnegotiations: printable ASCII, as the RFCs have it.
 *
 * @module
 */

/** The text, or undefined when a byte isn't printable ASCII (32 to 126). */
export function asciiOf(bytes: Uint8Array): string | undefined {
  for (const octet of bytes) if (octet < 32 || octet > 126) return undefined;
  return String.fromCharCode(...bytes);
}

/** The text's bytes; for texts of our own, which are ASCII. */
export function bytesOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
