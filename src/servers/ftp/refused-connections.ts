/**
 * Connections that are told why they can't come in, and closed.
 *
 * @module
 */

import type { Socket } from "node:net";
import { LIMITS } from "../../contracts/limits.ts";

/** How long a client may take to read it. */
const REFUSED_MS = 1_000;

export class RefusedConnections {
  readonly #open = new Set<Socket>();

  /** Says why and closes; without a word when so many are being told already. */
  add(socket: Socket, text: string): void {
    socket.on("error", ignore);
    if (this.#open.size >= LIMITS.ftpRefusedConnections.value) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    const timer = setTimeout(() => socket.destroy(), REFUSED_MS);
    socket.on("close", () => {
      clearTimeout(timer);
      this.#open.delete(socket);
    });
    socket.resume(); // what it sent already must not turn our answer into a reset
    socket.end(text);
  }

  /** Closes all at once. */
  close(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

function ignore(): void {}
