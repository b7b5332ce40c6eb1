/**
 * A listening socket that says in Porthole's own words why it could not listen.
 *
 * @module
 */

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { PortholeError } from "../contracts/errors.ts";

export interface Listener {
  /** The address and port that are listened on: a port asked for as 0 has its number here. */
  readonly host: string;
  readonly port: number;
  /** Stops listening; connections go on. Settles when the port is free. */
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 to 65,535; 0 is any free port. */
  readonly port: number;
  /** For messages: `telnet`. */
  readonly service: string;
  readonly onConnection: (socket: Socket) => void;
  /** Called once it listens, before anybody has connected. */
  readonly prepare?: (server: Server) => void;
  /** The listening socket failed later on, for example out of descriptors. */
  readonly onError: (error: Error) => void;
}

/**
 * Listens. Sockets are accepted with `allowHalfOpen` and `noDelay`.
 *
 * Rejects with {@link PortholeError} `PORTHOLE_ERR_ADDRESS_IN_USE` or, for everything else that hinders,
 * `PORTHOLE_ERR_ADDRESS`; the system's error is its `cause`.
 */
export function openListener(options: ListenerOptions): Promise<Listener> {
  const { host, port, service } = options;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, options.onConnection);
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
      reject(
        error.code === "EADDRINUSE"
          ? new PortholeError(
              "PORTHOLE_ERR_ADDRESS_IN_USE",
              `cannot start ${service}: ${where} is in use; pass another port or stop its owner`,
              { cause: error },
            )
          : new PortholeError("PORTHOLE_ERR_ADDRESS", `cannot start ${service} on ${where}: ${error.message}`, {
              cause: error,
            }),
      );
    });
    server.listen({ host, port }, () => {
      server.removeAllListeners("error");
      server.on("error", options.onError);
      options.prepare?.(server);
      const address = server.address() as AddressInfo;
      resolve({
        host: address.address,
        port: address.port,
        close: () =>
          new Promise((closed) => {
            // The callback waits for connections too; the port is free with the handle, one turn later.
            server.close();
            setImmediate(closed);
          }),
      });
    });
  });
}
