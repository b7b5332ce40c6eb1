/**
 * One session's data connections: some outlive their transfers, until their clients have closed them too.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import type { DataSocket } from "./data-socket.ts";

export class DataSockets {
  /** Undefined before the first. */
  #open: Set<DataSocket> | undefined;

  /** One more; the oldest goes when there are too many. */
  add(socket: DataSocket): void {
    this.#open ??= new Set();
    const open = this.#open;
    const [oldest] = open;
    if (open.size >= LIMITS.ftpLingeringConnections.value) oldest?.destroy();
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  }

  destroy(): void {
    for (const socket of this.#open ?? []) socket.destroy();
  }
}
