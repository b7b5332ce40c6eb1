/**
 * The heap of this thread, as far as a command that has the process to itself may rule it.
 *
 * @module
 */

import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { accelerator } from "../native/accelerator.ts";

export interface Heap {
  /** Room for short-lived objects. */
  readonly youngBytes: number;
  /** Whether that room grows when it is short; it shrinks by `giveBack()` only. */
  setYoungGrows(grows: boolean): void;
  /**
   * Collects the short-lived objects, some five milliseconds. V8 then gives their room back, as long as little was asked
   * of it for the last five seconds. A full collection would free little more, and is no bargain: it takes fifty
   * milliseconds, and what has been compiled for objects of which there is none now is slow again.
   */
  giveBack(): void;
  /** Gives back what the C library has kept of memory that was freed. */
  trim(): void;
}

/** V8 shows it to new contexts only, and another engine to none. */
let collect: ((how: { readonly type: "minor" }) => void) | undefined;

export const ownHeap: Heap = {
  get youngBytes() {
    return getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
  },
  setYoungGrows(grows) {
    setFlagsFromString(`--semi-space-growth-factor=${grows ? 2 : 1}`);
  },
  giveBack() {
    if (collect === undefined) {
      setFlagsFromString("--expose-gc");
      collect = runInNewContext("globalThis.gc") as typeof collect;
      setFlagsFromString("--no-expose-gc");
    }
    collect?.({ type: "minor" });
  },
  trim: () => accelerator().calls?.trimMemory?.(),
};
