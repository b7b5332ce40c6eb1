/**
 * A Telnet server in the calling thread.
 *
 * @module
 */

import type { ReplHost } from "../../contracts/repl.ts";
import { parseTelnetServerOptions, type TelnetServerOptions } from "./options.ts";
import { TelnetServerCore } from "./server-core.ts";
import type { TelnetServer } from "./telnet-server.ts";

/**
 * Makes a Telnet server for a REPL. It does nothing before `listen()`.
 *
 * @param options - `repl` is where users sit, such as `repl().host`; the rest may be left out.
 * @throws a `TypeError` or `RangeError` with code `PORTHOLE_ERR_ARGUMENT` for a wrong option.
 * @example
 * import { createTelnetServer, repl } from "porthole";
 *
 * await using server = createTelnetServer({ repl: repl({ local: false }).host, password: "choose-your-own" });
 * const { port } = await server.listen({ port: 0 });
 */
export function createTelnetServer(options: TelnetServerOptions & { readonly repl: ReplHost }): TelnetServer {
  const { repl, ...rest } = options;
  return new TelnetServerCore(repl, parseTelnetServerOptions("createTelnetServer", rest), (change) =>
    parseTelnetServerOptions("setCredentials", { ...rest, ...change }),
  );
}
