/**
 * A pipe by which one thread of the process wakes another: sooner and more steadily than a message or
 * `Atomics.waitAsync()`, whose locks the thread that wakes up finds taken.
 *
 * @module
 */

import { writeSync } from "node:fs";
import { type ConnectOpts, Socket, type SocketConstructorOpts } from "node:net";
import { accelerator } from "./accelerator.ts";
import { TravellingDescriptor } from "./helper-thread.ts";

/** What the other thread is sent, for {@link hearBell}. */
export interface BellEnd {
  readonly descriptor: number;
  readonly owner: SharedArrayBuffer;
}

const STROKE = new Uint8Array(1);
const HEARD_BYTES = 64;

/** The end of the thread that wakes. */
export class Bell {
  readonly #descriptor: number;
  /** Owns the descriptor, so that it is closed also when the thread is ended. */
  readonly #socket: Socket;
  readonly #travelling: TravellingDescriptor;

  private constructor(heard: number, rung: number) {
    this.#travelling = new TravellingDescriptor(heard);
    this.#descriptor = rung;
    this.#socket = new Socket({ fd: rung, readable: false, writable: true });
    this.#socket.on("error", () => undefined); // the other thread is gone
    this.#socket.unref();
  }

  /** Makes one; undefined where there is no accelerator, or no descriptor left. */
  static hang(): Bell | undefined {
    if ("bun" in process.versions || "deno" in process.versions) return undefined;
    const ends = accelerator().calls?.pipe();
    return ends && new Bell(...ends);
  }

  get end(): BellEnd {
    return { descriptor: this.#travelling.descriptor, owner: this.#travelling.owner };
  }

  /** Wakes the other thread. One that has yet to hear a few strokes takes them as one. */
  ring(): void {
    if (this.#socket.destroyed) return;
    try {
      writeSync(this.#descriptor, STROKE);
    } catch {
      // It is awake with a pipe full of strokes, or gone.
    }
  }

  close(): void {
    this.#travelling.close();
    this.#socket.destroy();
  }
}

/**
 * In the thread that is woken: calls `rung` in a turn of the event loop of its own. Keeps no program alive.
 *
 * @returns a function that ends it; does nothing when the bell was closed meanwhile.
 */
export function hearBell({ descriptor, owner }: BellEnd, rung: () => void): () => void {
  if (!TravellingDescriptor.arrive(owner)) return () => undefined;
  const options: SocketConstructorOpts & Pick<ConnectOpts, "onread"> = {
    fd: descriptor,
    readable: true,
    writable: false,
    onread: {
      buffer: new Uint8Array(HEARD_BYTES),
      callback() {
        rung();
        return true;
      },
    },
  };
  const socket = new Socket(options);
  socket.on("error", () => undefined);
  socket.unref();
  return () => socket.destroy();
}
