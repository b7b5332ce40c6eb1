/**
 * What a server allows its FTP clients.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import { parseAddress } from "./addresses.ts";

export interface FtpEngineOptions {
  /** Text of the 220 reply, one line each. Default `["Porthole FTP ready"]`. */
  readonly greeting?: readonly string[];
  /** Where the client is; `::ffff:a.b.c.d` counts as IPv4. PORT and EPRT may name this address only. */
  readonly peer: { readonly address: string; readonly port: number };
  /** Allow PORT and EPRT. Default false: both are answered 502. */
  readonly active?: boolean;
  /** `off`: AUTH is answered 502. `required`: no USER before TLS, no transfer without PROT P. Default `off`. */
  readonly tls?: "off" | "available" | "required";
  /** The control connection is private from the start (implicit TLS). Default false. */
  readonly secure?: boolean;
  /** What SYST says. Default `UNIX Type: L8`, which clients take for "listings look like ls -l". */
  readonly system?: string;
  /** Only what the device has for data connections: passive ones, asked for with PASV. Default false. */
  readonly deviceLimits?: boolean;
  /** Time at the start, in milliseconds; each later `nowMs` is of the same clock and never smaller. */
  readonly nowMs: number;
  /** Without a command for so long a session ends with 421; running transfers don't count. Default 300,000. */
  readonly idleMs?: number;
  /** From start (also REIN, a second USER, AUTH) to a right login. Default `LIMITS.ftpLoginSeconds`. */
  readonly loginMs?: number;
  /** Wrong logins before 421. Default `LIMITS.ftpLoginTries`. */
  readonly loginTries?: number;
}

/** What the server that runs the engine allows; FEAT and HELP depend on it. */
export interface ServerPolicy {
  readonly active: boolean;
  readonly extendedPassive: boolean;
  readonly tls: "off" | "available" | "required";
  readonly implicitTls: boolean;
  readonly system: string;
  readonly greeting: readonly string[];
  readonly loginTries: number;
  readonly peer: { readonly address: string; readonly port: number; readonly family: 4 | 6 };
}

/** The options with their defaults. */
export function createPolicy(options: FtpEngineOptions): ServerPolicy {
  const given = options.peer.address;
  const address = given.includes(":") ? parseAddress(given) : undefined;
  const family = address?.family ?? 4;
  const deviceLimits = options.deviceLimits ?? false;
  return {
    active: options.active === true && !deviceLimits,
    extendedPassive: !deviceLimits || family === 6,
    tls: options.tls ?? "off",
    implicitTls: options.secure ?? false,
    system: options.system ?? "UNIX Type: L8",
    greeting: options.greeting ?? ["Porthole FTP ready"],
    loginTries: options.loginTries ?? LIMITS.ftpLoginTries.value,
    peer: { ...options.peer, address: address?.family === 4 ? address.host : given, family },
  };
}
