/**
 * TLS on a data connection.
 *
 * The end of an upload is told by close_notify (RFC 8446 §6.1, RFC 5246 §7.2.1): a bare FIN may be anybody's, who cuts
 * the file short. Node tells both as `end`. So where bytes are received, TLS reads from a stream of ours: when that ends
 * and TLS has not ended before, there was no close_notify.
 *
 * @module
 */

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { TLSSocket, TLSSocketOptions } from "node:tls";
import { nodeTls } from "../node-tls.ts";
import type { HandshakeFailure, TlsContext } from "../tls.ts";

const LINGER_MS = 10_000;

export interface SecureDataOptions {
  readonly context: TlsContext;
  /** The client sends. */
  readonly receives: boolean;
  readonly reuseRequired: boolean;
}

/** The server's end of TLS, on connections that the server made too. */
export function secureData(
  plain: Socket,
  options: SecureDataOptions,
): { readonly socket: TLSSocket; readonly handshake: Promise<HandshakeFailure | undefined> } {
  const settings: TLSSocketOptions = { isServer: true, secureContext: options.context.current };
  const socket = options.receives ? receiver(plain, settings) : new (nodeTls().TLSSocket)(plain, settings);
  plain.on("error", () => socket.destroy());
  const handshake = new Promise<HandshakeFailure | undefined>((resolve) => {
    socket.on("error", ignore);
    socket.once("close", () => resolve("no-data-connection"));
    socket.once("secure", () => {
      if (!options.reuseRequired || socket.isSessionReused()) resolve(undefined);
      else {
        resolve("session-not-reused");
        socket.destroy();
      }
    });
  });
  return { socket, handshake };
}

/** TLS that has seen its end before the connection's, or fails. */
function receiver(plain: Socket, settings: TLSSocketOptions): TLSSocket {
  const stream = new PlainStream(plain);
  let ended = false;
  // Before TLS is made, which listens to the same event.
  stream.once("end", () => {
    if (!ended) socket.destroy(new Error("the connection ended without close_notify"));
  });
  const socket = new (nodeTls().TLSSocket)(stream, settings);
  const push = socket.push.bind(socket);
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null) ended = true;
    return push(chunk, encoding);
  };
  socket.once("close", () => {
    plain.destroySoon(); // its last bytes may be on their way; not for ever
    const timer = setTimeout(() => plain.destroy(), LINGER_MS).unref();
    plain.once("close", () => clearTimeout(timer));
  });
  return socket;
}

/** A socket's bytes as they are. */
class PlainStream extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.on("data", (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error === null) this.#socket.destroySoon();
    else this.#socket.destroy();
    done(error);
  }
}

function ignore(): void {}
