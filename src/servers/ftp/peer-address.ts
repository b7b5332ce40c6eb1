/**
 * Addresses of peers.
 *
 * @module
 */

/** An IPv4 address that came as `::ffff:192.0.2.7` in dotted form, everything else as it is. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** `192.0.2.7:2121`, `[2001:db8::7]:2121`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
