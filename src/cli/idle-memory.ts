/**
 * The memory of a server that nobody asks for anything: what a crowd has left behind goes back to the system.
 *
 * @module
 */

import type { FtpServer } from "../servers/ftp/ftp-server.ts";
import { type Heap, ownHeap } from "./heap.ts";

const LOOK_EVERY_MS = 1_000;
/** So often nothing has to be seen, one after the other. */
const QUIET_LOOKS = 6;
/** The first time V8 often keeps a large room, since much was asked of it before; it looks again at the next one. */
const MOST_TRIES = 3;
const BYTES_PER_MB = 1_048_576;
/** Less room for short-lived objects is left as it is. */
const WORTH_BYTES = 4 * BYTES_PER_MB;
/** Left alone the room for short-lived objects grows to 32 MiB when a thousand clients come, and no login is faster. */
const MOST_YOUNG_BYTES = 8 * BYTES_PER_MB;

/** The part of a server that is looked at. */
export type WatchedServer = Pick<FtpServer, "state"> & {
  on(type: "*", listener: () => void): unknown;
  counters(): { readonly commands: number };
};

/**
 * Looks at the server only while it does something: one that is idle is not woken. It has the process to itself, as flags
 * of V8 are all the process's.
 */
export class IdleMemory {
  readonly #server: WatchedServer;
  readonly #heap: Heap;
  #looking: NodeJS.Timeout | undefined;
  #events = 0;
  #seen = -1;
  #quietLooks = 0;
  #tries = 0;

  constructor(server: WatchedServer, heap: Heap = ownHeap) {
    this.#server = server;
    this.#heap = heap;
    heap.setYoungGrows(false);
    server.on("*", () => this.#stir());
    this.#stir();
  }

  #stir(): void {
    this.#events += 1;
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  #look(): void {
    const seen = this.#events + this.#server.counters().commands;
    if (seen !== this.#seen || isTransferring(this.#server)) {
      this.#seen = seen;
      this.#quietLooks = 0;
      this.#tries = 0;
      if (this.#heap.youngBytes >= MOST_YOUNG_BYTES) this.#heap.setYoungGrows(false);
      return;
    }
    this.#quietLooks += 1;
    if (this.#quietLooks < QUIET_LOOKS) return;
    this.#quietLooks = 0;
    if (this.#heap.youngBytes >= WORTH_BYTES) {
      this.#heap.giveBack();
      this.#tries += 1;
      const left = this.#heap.youngBytes;
      this.#heap.setYoungGrows(left < MOST_YOUNG_BYTES);
      if (left >= WORTH_BYTES && this.#tries < MOST_TRIES) return;
    }
    this.#heap.trim();
    this.#tries = 0;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}

/** A session does something that takes time. */
function isTransferring({ state }: WatchedServer): boolean {
  return state >= 3 && state <= 6;
}
