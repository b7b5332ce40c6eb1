/**
 * Protected mode: a server whose user and password everybody knows is reached from its own machine only.
 *
 * @module
 */

/** The device's credentials, and the default here. */
export const DEFAULT_USER = "micro";
export const DEFAULT_PASSWORD = "python";

/** What decides about protected mode. */
export interface Exposure {
  /** The host that was asked for. */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  /** True when the program checks passwords itself: then nothing is known about them. */
  readonly ownAuthentication?: boolean;
  readonly allowDefaultPassword?: boolean;
}

/** True while only this machine may connect: default user and password, and nobody said that this is wanted. */
export function isProtected(exposure: Exposure): boolean {
  return (
    exposure.ownAuthentication !== true &&
    exposure.allowDefaultPassword !== true &&
    exposure.user === DEFAULT_USER &&
    exposure.password === DEFAULT_PASSWORD
  );
}

/** The host to listen on: the asked-for one, or in protected mode a loopback address. */
export function listeningHost(exposure: Exposure): string {
  if (!isProtected(exposure) || isLoopback(exposure.host)) return exposure.host;
  const ipv6Only = exposure.host.includes(":") && exposure.host !== "::";
  return ipv6Only ? "::1" : "127.0.0.1";
}

/** True for a loopback address or `localhost`. */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  return plain === "localhost" || plain === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}
