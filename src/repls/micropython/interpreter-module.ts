/**
 * The compiled interpreter, as a board of a given size needs it. Compiled once for each size and used by every thread.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { PAGE_BYTES, withSharedMemory } from "./memory-section.ts";

/** Beside the Python heap: static data, the C stack, and what the C library's allocator needs. */
const OVERHEAD_BYTES = 1_048_576;

const compiled = new Map<number, WebAssembly.Module>();

/** @param memoryBytes - the most that the Python heap can have. */
export function interpreterModule(memoryBytes: number): WebAssembly.Module {
  const pages = Math.ceil((memoryBytes + OVERHEAD_BYTES) / PAGE_BYTES);
  let module = compiled.get(pages);
  if (module === undefined) {
    const bytes = readFileSync(new URL("./micropython.wasm", import.meta.url));
    module = new WebAssembly.Module(withSharedMemory(bytes, pages));
    compiled.set(pages, module);
  }
  return module;
}
