/**
 * A session's data port, as its server's settings want it.
 *
 * @module
 */

import { DataPort } from "./data-port.ts";
import { createAnnouncer } from "./passive-host.ts";
import type { SessionHost } from "./session-host.ts";

/**
 * @param peerAddress - Where the client is.
 * @param localAddress - The address that it came to.
 * @param report - Is told what is wrong with the address to announce.
 */
export function createSessionPort(
  { settings, arrivals, ports, tls, ciphers }: SessionHost,
  peerAddress: string,
  localAddress: string,
  report: (error: unknown) => void,
): DataPort {
  return new DataPort({
    localAddress,
    peerAddress,
    arrivals,
    ports,
    // A port of a range is given back after each transfer unless there is one for everybody.
    reuse: ports === undefined || ports.size >= settings.maxClients,
    connectMs: settings.connectMs,
    announcedHost: createAnnouncer(settings.passiveHost, peerAddress, settings.connectMs, report),
    reuseRequired: tls?.settings.sessionReuse === "required",
    ciphers,
  });
}
