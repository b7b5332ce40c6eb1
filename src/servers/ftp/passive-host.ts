/**
 * The address that PASV tells.
 *
 * @module
 */

import { isIPv4 } from "node:net";
import { PortholeError } from "../../contracts/errors.ts";

/** The IPv4 address that a client is told to connect to for data; undefined: the one that it came to. */
export type PassiveHost = string | ((clientAddress: string) => string | undefined | Promise<string | undefined>);

/**
 * Asks at most once for a session, when it is needed first. What goes wrong is reported, and then it is as if nothing had
 * been said; no answer within `mostMs` is wrong too.
 */
export function createAnnouncer(
  passiveHost: PassiveHost | undefined,
  clientAddress: string,
  mostMs: number,
  report: (error: unknown) => void,
): () => Promise<string | undefined> {
  let asked: Promise<string | undefined> | undefined;
  const ask = async (): Promise<string | undefined> => {
    if (typeof passiveHost !== "function") return passiveHost;
    try {
      const host = await inTime(passiveHost(clientAddress), mostMs);
      if (host === undefined || isIPv4(host)) return host;
      throw new PortholeError("PORTHOLE_ERR_ARGUMENT", `passiveHost gave ${host}; it must give an IPv4 address`);
    } catch (error) {
      report(error);
      return undefined;
    }
  };
  return () => (asked ??= ask());
}

async function inTime<Value>(answer: Value | Promise<Value>, mostMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PortholeError("PORTHOLE_ERR_ARGUMENT", `passiveHost has not answered for ${mostMs / 1000} s`));
    }, mostMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
