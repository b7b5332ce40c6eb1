/**
 * The option `proxies`, the same for both servers.
 *
 * @module
 */

import { isIP, isIPv6 } from "node:net";
import type { z } from "zod";
import { schemaOf } from "./zod.ts";

/** An address, or a network as `192.0.2.0/24`. */
export const proxiesSchema: () => z.ZodType<readonly string[]> = schemaOf((z) =>
  z.array(z.string().refine(isNetwork, { error: "an address, or a network as 192.0.2.0/24" })).max(1_000),
);

function isNetwork(text: string): boolean {
  const [address = "", prefix, ...more] = text.split("/");
  const bits = isIPv6(address) ? 128 : 32;
  return (
    isIP(address) !== 0 && more.length === 0 && (prefix === undefined || (/^\d+$/.test(prefix) && +prefix <= bits))
  );
}
