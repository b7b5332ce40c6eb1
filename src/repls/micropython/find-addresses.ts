/**
 * Finds the places in the interpreter's memory that the board writes to, by watching what the interpreter does to them.
 *
 * @module
 */

import type { MicroPython, WasmMemory } from "./emscripten.ts";
import type { InterruptAddresses } from "./interrupt.ts";

/** Static data ends well below. */
const STATIC_BYTES = 1_048_576;
const FIRST_MARK = 0x1a2b3c4d;
const SECOND_MARK = 0x0d3c2b1a;

/** @throws Error when the interpreter does not behave as the pinned one does. */
export function findInterruptAddresses(python: MicroPython, memory: WasmMemory, stackBase: number): InterruptAddresses {
  const before = memory.bytes.slice(0, STATIC_BYTES);
  python._module.ccall("mp_sched_keyboard_interrupt", "null", [], []);
  const after = memory.bytes.slice(0, STATIC_BYTES);
  const was = new DataView(before.buffer);
  const is = new DataView(after.buffer);

  let pending: number | undefined;
  let scheduler: number | undefined;
  for (let at = 0; at < before.length; at += 4) {
    if (was.getUint32(at, true) === is.getUint32(at, true)) continue;
    if (was.getUint32(at, true) === 0) pending = at;
    else if (was.getInt16(at, true) === 1 && is.getInt16(at, true) === 0) scheduler = at;
    else if (was.getInt16(at + 2, true) === 1 && is.getInt16(at + 2, true) === 0) scheduler = at + 2;
    memory.data.setUint32(at, was.getUint32(at, true), true); // as if it had not been raised
  }
  if (pending === undefined || scheduler === undefined) throw new Error("the interrupt's words were not found");

  python.runPython(`import micropython\nmicropython.kbd_intr(${FIRST_MARK})`);
  const candidates = placesOf(FIRST_MARK, memory, stackBase);
  python.runPython(`micropython.kbd_intr(${SECOND_MARK})`);
  const [character] = candidates.filter((at) => memory.data.getUint32(at, true) === SECOND_MARK);
  python.runPython("micropython.kbd_intr(-1)\ndel micropython");
  if (character === undefined) throw new Error("the interrupt character was not found");
  return { pending, exception: is.getUint32(pending, true), scheduler, character };
}

function placesOf(word: number, memory: WasmMemory, from: number): number[] {
  const places: number[] = [];
  for (let at = (from + 3) & ~3; at < STATIC_BYTES; at += 4) {
    if (memory.data.getUint32(at, true) === word) places.push(at);
  }
  return places;
}
