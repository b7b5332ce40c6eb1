/**
 * What the kit does with sockets, and what it waits for.
 *
 * @module
 */

import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** Breaks a connection with RST. `resetAndDestroy()` sends FIN first, which is a right end. */
export function reset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

/** Settles when more may be written, or when the socket is gone. */
export async function writeAll(socket: Socket, bytes: Uint8Array | string): Promise<void> {
  if (socket.destroyed || socket.writableEnded || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}

/** Settles never: what a stalled peer does. */
export const stalled = (): Promise<never> => new Promise<never>(() => {});

/** A listener on a free port and the connections that it, and others, made. */
export class Ground {
  readonly #servers = new Set<Server>();
  readonly #sockets = new Set<Socket>();

  /** @returns the port. */
  async listen(host: string, onSocket: (socket: Socket, server: Server) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.keep(socket);
      onSocket(socket, server);
    });
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
    server.listen(0, host);
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** Ends all of it at once. */
  async close(): Promise<void> {
    const closed = [...this.#servers].map((server) => new Promise<void>((done) => server.close(() => done())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }
}
