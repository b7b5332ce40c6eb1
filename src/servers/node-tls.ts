/**
 * Node's TLS, loaded when it is first used: most servers never do, and it takes a while and memory.
 *
 * @module
 */

import { createRequire } from "node:module";
import type * as Tls from "node:tls";

let loaded: typeof Tls | undefined;

export function nodeTls(): typeof Tls {
  loaded ??= createRequire(import.meta.url)("node:tls") as typeof Tls;
  return loaded;
}
