/**
 * How much of its stack a thread has ever touched, read from the kernel's page map (Linux): the lowest page that was
 * written to is what a fill pattern shows on a microcontroller. Granularity is one page.
 *
 * @module
 */

import { closeSync, openSync, readFileSync, readSync } from "node:fs";

/** Addresses of a thread's stack: `low` is the first byte of the mapping, `high` the byte behind its last. */
export interface StackRange {
  readonly low: number;
  readonly high: number;
}

const PAGE_BYTES = 4_096;
const ENTRY_BYTES = 8;
/** Bits 63 (present) and 62 (swapped) of a page map entry, in its last byte. */
const TOUCHED = 0xc0;

/**
 * Finds the calling thread's stack.
 *
 * @param stackBytes - Size that the thread was made with; undefined: the mapping's own size.
 * @returns undefined where the platform does not tell.
 */
export function findOwnStack(stackBytes: number | undefined): StackRange | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const pointer = Number(readFileSync("/proc/thread-self/syscall", "utf8").trim().split(" ").at(-2));
    for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
      const mapping = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      if (mapping === null) continue;
      const low = Number.parseInt(mapping[1] ?? "", 16);
      const end = Number.parseInt(mapping[2] ?? "", 16);
      if (pointer < low || pointer >= end) continue;
      const high = stackBytes === undefined ? end : Math.min(end, low + stackBytes);
      return pointer < high ? { low, high } : undefined;
    }
  } catch {
    // No /proc, no right to read it, or another layout: the figure is not to be had.
  }
  return undefined;
}

/**
 * The most bytes of a stack that were ever touched.
 *
 * @returns undefined where the page map cannot be read.
 */
export function readHighWaterBytes(range: StackRange): number | undefined {
  let map: number;
  try {
    map = openSync("/proc/self/pagemap", "r");
  } catch {
    return undefined;
  }
  try {
    const entries = Buffer.allocUnsafe(((range.high - range.low) / PAGE_BYTES) * ENTRY_BYTES);
    const length = readSync(map, entries, 0, entries.length, (range.low / PAGE_BYTES) * ENTRY_BYTES);
    for (let i = 0; i < length; i += ENTRY_BYTES) {
      if (((entries[i + ENTRY_BYTES - 1] ?? 0) & TOUCHED) === 0) continue;
      return range.high - (range.low + (i / ENTRY_BYTES) * PAGE_BYTES);
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(map);
  }
}
