/**
 * A prompt on a bare TCP port, for tools that expect a board's serial line there: no login, no TELNET, every byte as it
 * is. Therefore only this machine is let in.
 *
 * @module
 */

import type { Socket } from "node:net";
import { PortholeError } from "../../contracts/errors.ts";
import type { LeaveReason, RemoteTerminal, ReplHost, ReplSession } from "../../contracts/repl.ts";
import { type Listener, openListener } from "../listener.ts";
import { isLoopback } from "../protected-mode.ts";

export interface RawServerOptions {
  readonly repl: ReplHost;
  /** A loopback address. Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 (any free port) to 65,535. */
  readonly port: number;
  /** The listening socket failed later on. */
  readonly onError?: (error: Error) => void;
}

export interface RawServer {
  readonly host: string;
  readonly port: number;
  /** Sends the client away and stops listening. */
  close(): Promise<void>;
}

const encoder = new TextEncoder();

/**
 * Listens for one client at a time; who comes second is told so and closed.
 *
 * Rejects with {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` for an address that others could reach, and as
 * `openListener` does.
 */
export async function openRawServer(options: RawServerOptions): Promise<RawServer> {
  const { repl, host = "127.0.0.1", port, onError = () => {} } = options;
  if (!isLoopback(host)) {
    throw new PortholeError(
      "PORTHOLE_ERR_ARGUMENT",
      `cannot start the raw port on ${host}: it asks for no password; pass 127.0.0.1 or ::1`,
    );
  }
  const clients = new Set<Socket>();
  const listener: Listener = await openListener({
    host,
    port,
    service: "the raw port",
    onError,
    onConnection(socket) {
      clients.add(socket);
      socket.on("close", () => clients.delete(socket));
      serveRawClient(socket, repl);
    },
  });
  return {
    host: listener.host,
    port: listener.port,
    async close() {
      const closed = listener.close();
      for (const socket of clients) socket.destroy();
      await closed;
    },
  };
}

function serveRawClient(socket: Socket, repl: ReplHost): void {
  let session: ReplSession | undefined;
  const leave = (reason: LeaveReason): void => {
    const leaving = session;
    session = undefined;
    leaving?.close(reason);
  };
  const terminal: RemoteTerminal = {
    peer: `${socket.remoteAddress ?? "gone"}:${socket.remotePort ?? 0}`,
    user: "raw",
    type: "unknown",
    size: { columns: 80, rows: 24 },
    write(bytes) {
      if (!socket.writable || socket.write(Uint8Array.from(bytes))) return undefined;
      return new Promise((room) => {
        const done = (): void => {
          socket.off("drain", done);
          socket.off("close", done);
          room();
        };
        socket.on("drain", done);
        socket.on("close", done);
      });
    },
    end(reason) {
      leave(reason);
      socket.end();
    },
  };
  socket.on("error", () => socket.destroy());
  socket.on("close", () => leave("left"));
  socket.on("end", () => {
    leave("left");
    socket.end();
  });
  try {
    session = repl.open(terminal);
  } catch (error) {
    socket.end(encoder.encode(`${error instanceof Error ? error.message : String(error)}\r\n`));
    return;
  }
  socket.on("data", (bytes) => {
    const taken = session?.input(bytes);
    if (taken === undefined) return;
    socket.pause();
    void taken.catch(() => {}).then(() => socket.resume());
  });
}
