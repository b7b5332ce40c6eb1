/**
 * Under which names a server can be announced.
 *
 * @module
 */

/** The longest label of a name in DNS, RFC 1035 section 2.3.4. */
export const MOST_NAME_BYTES = 63;

export function isAnnouncedName(name: string): boolean {
  return name !== "" && Buffer.byteLength(name) <= MOST_NAME_BYTES && !/\p{Cc}/u.test(name);
}
