/**
 * The FTP server as an object of the thread that makes it.
 *
 * @module
 */

import type { FtpServer } from "./ftp-server.ts";
import { parseFtpOptions, parseListenOptions } from "./options.ts";
import { FtpServerCore } from "./server-core.ts";
import type { FtpListenOptions, FtpServerOptions } from "./settings.ts";

/**
 * Makes an FTP server; it does nothing before `listen()`.
 *
 * @throws a `TypeError` or `RangeError` with code `PORTHOLE_ERR_ARGUMENT` for a wrong option.
 * @example
 * import { createFtpServer, createMemoryStore } from "porthole";
 *
 * await using server = createFtpServer({ store: createMemoryStore() });
 * const { port } = await server.listen({ port: 0 });
 */
export function createFtpServer(options: FtpServerOptions): FtpServer {
  return new CheckingFtpServer(parseFtpOptions(options));
}

class CheckingFtpServer extends FtpServerCore {
  override async listen(options: FtpListenOptions = {}): Promise<{ readonly host: string; readonly port: number }> {
    return super.listen(parseListenOptions(options));
  }
}
