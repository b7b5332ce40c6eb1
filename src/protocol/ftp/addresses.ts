/**
 * Addresses as PORT, EPRT and PASV write them.
 *
 * @module
 */

/** The octets of a dotted IPv4 address; undefined for anything else. */
export function parseIpv4(text: string): readonly number[] | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined;
  const octets = text.split(".").map(Number);
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

export function formatIpv4(octets: readonly number[]): string {
  return octets.join(".");
}

function parseIpv6(text: string): number[] | undefined {
  let rest = text;
  const tail = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail !== null) {
    const octets = parseIpv4(tail[1] as string);
    if (octets === undefined) return undefined;
    const [a, b, c, d] = octets as [number, number, number, number];
    rest = `${text.slice(0, tail.index + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  const halves = rest.split("::");
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half) => (half === "" ? [] : half.split(":"))) as [string[], string[] | undefined];
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...new Array<string>(right === undefined ? 0 : missing).fill("0"), ...(right ?? [])];
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
}

export interface Address {
  /** Dotted for IPv4, eight groups in lower case for IPv6: equal addresses have equal texts. */
  readonly host: string;
  /** `::ffff:a.b.c.d` is 4. */
  readonly family: 4 | 6;
  /** The family of the text that it was read from. */
  readonly written: 4 | 6;
}

/** Reads an address; a zone (`%eth0`) is left out. */
export function parseAddress(text: string): Address | undefined {
  const octets = parseIpv4(text);
  if (octets !== undefined) return { host: formatIpv4(octets), family: 4, written: 4 };
  const groups = parseIpv6(text.replace(/%.*$/, ""));
  if (groups === undefined) return undefined;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isMapped) return { host: groups.map((group) => group.toString(16)).join(":"), family: 6, written: 6 };
  const [high, low] = groups.slice(6) as [number, number];
  return { host: formatIpv4([high >> 8, high & 255, low >> 8, low & 255]), family: 4, written: 6 };
}
