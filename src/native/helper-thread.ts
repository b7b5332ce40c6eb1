/**
 * A thread that does a part of a server's work: it has an entry of its own, gets orders and gives tidings. No program
 * stays because of it, unless its maker says so.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parentPort, type Transferable, Worker } from "node:worker_threads";
import { accelerator } from "./accelerator.ts";

/** Room for short-lived objects in MiB; the bytes of buffers are elsewhere. */
const YOUNG_OBJECTS_MB = 8;

/** Processors beside the one that this thread keeps busy and one for whoever it works for. */
export function spareProcessors(): number {
  return Math.max(0, availableParallelism() - 2);
}

/** A thread as its maker sees it. */
export interface HelperThread<Order> {
  post(order: Order, transfer?: readonly Transferable[]): void;
  /** Whether the program stays as long as the thread; at first it doesn't. */
  hold(holds: boolean): void;
}

/**
 * Starts a thread.
 *
 * @param entry - Its module.
 * @param ended - Called once, when nothing of the thread is left, with the error that ended it.
 * @returns undefined where there is no such file, as in a program that was bundled, and where no thread can be had.
 */
export function startHelperThread<Order, Tiding>(
  name: string,
  entry: URL,
  told: (tiding: Tiding) => void,
  ended: (error: Error | undefined) => void,
): HelperThread<Order> | undefined {
  if (!existsSync(fileURLToPath(entry))) return undefined;
  const worker = start(name, entry);
  if (worker === undefined) return undefined;
  let failure: Error | undefined;
  worker.on("message", told);
  worker.on("error", (error) => {
    failure = error;
  });
  worker.on("exit", () => ended(failure));
  worker.unref();
  return {
    post: (order, transfer = []) => worker.postMessage(order, transfer),
    hold: (holds) => (holds ? worker.ref() : worker.unref()),
  };
}

function start(name: string, entry: URL): Worker | undefined {
  try {
    return new Worker(entry, {
      name: `porthole-${name}`,
      // The program's own flags, loaders and hooks are not for this thread.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_OBJECTS_MB },
    });
  } catch {
    return undefined; // the system has no further thread, or Node's permissions allow none
  }
}

/** A thread as it sees its maker. */
export interface HelperSide<Order, Tiding> {
  /** Takes the orders from now on. */
  serve(order: (order: Order) => void): void;
  post(tiding: Tiding, transfer?: readonly Transferable[]): void;
  /** Takes no more orders: the thread ends when nothing is left to be done. */
  leave(): void;
}

/** Called in the thread. */
export function helperSide<Order, Tiding>(): HelperSide<Order, Tiding> {
  const port = parentPort;
  if (port === null) throw new Error("bug: this is no thread of its own");
  return {
    serve: (take) => void port.on("message", take),
    post: (tiding, transfer = []) => port.postMessage(tiding, transfer),
    leave: () => port.close(),
  };
}

/**
 * A descriptor on its way to another thread of the process: exactly one of the two closes it, also when a thread ends
 * before it has seen it. It is the accelerator's.
 */
export class TravellingDescriptor {
  readonly descriptor: number;
  /** For the other thread's {@link TravellingDescriptor.arrive}. */
  readonly owner: SharedArrayBuffer = new SharedArrayBuffer(4);

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** The other thread takes it; false: it was closed on its way. */
  static arrive(owner: SharedArrayBuffer): boolean {
    return Atomics.compareExchange(new Int32Array(owner), 0, 0, 1) === 0;
  }

  /** Closes it unless it has arrived. */
  close(): void {
    if (Atomics.compareExchange(new Int32Array(this.owner), 0, 0, 2) === 0) accelerator().calls?.close(this.descriptor);
  }
}
