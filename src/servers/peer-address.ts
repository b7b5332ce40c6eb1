/**
 * Addresses of peers.
 *
 * @module
 */

/** `192.0.2.7:2121`, `[2001:db8::7]:2121`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
