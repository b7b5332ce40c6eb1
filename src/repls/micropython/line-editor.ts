/**
 * What stands half typed at the interpreter's prompt, read from its memory.
 *
 * @module
 */

import type { WasmMemory } from "./emscripten.ts";

/** Unlikely anywhere else in memory. */
const MARK = "#mark:8Qz1kV0xW3";
const STATIC_BYTES = 1_048_576;

/** Fields of `readline_t` and `vstr_t`, in bytes. */
const CURSOR = 16;
const LENGTH = 4;
const BUFFER = 8;

export interface HalfTyped {
  /** Lines of one statement, separated by line feeds; the last one is the one that is edited. */
  readonly text: string;
  /** Characters between the cursor and the end. */
  readonly behindCursor: number;
}

export class LineEditor {
  readonly #memory: WasmMemory;
  /** Address of the line editor's state. */
  readonly address: number;

  constructor(memory: WasmMemory, address: number) {
    this.#memory = memory;
    this.address = address;
  }

  /**
   * Finds the line editor at an empty prompt.
   *
   * @param type - types characters there, unseen.
   */
  static find(memory: WasmMemory, type: (keys: string) => void): LineEditor {
    type(MARK);
    try {
      const bytes = Buffer.from(memory.memory.buffer as unknown as ArrayBuffer);
      for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
        const address = LineEditor.#stateOf(memory, at);
        if (address !== undefined) return new LineEditor(memory, address);
      }
    } finally {
      type("\x15"); // Ctrl-U
    }
    throw new Error("the interpreter's line editor was not found");
  }

  static #stateOf(memory: WasmMemory, buffer: number): number | undefined {
    const { data } = memory;
    const limit = data.byteLength - BUFFER;
    for (let line = 0; line < limit; line += 4) {
      if (data.getUint32(line + BUFFER, true) !== buffer || data.getUint32(line + LENGTH, true) !== MARK.length)
        continue;
      for (let at = 0; at < Math.min(STATIC_BYTES, limit - CURSOR); at += 4) {
        if (data.getUint32(at, true) === line && data.getUint32(at + CURSOR, true) === MARK.length) return at;
      }
    }
    return undefined;
  }

  read(): HalfTyped {
    const { data, bytes } = this.#memory;
    const line = data.getUint32(this.address, true);
    const length = data.getUint32(line + LENGTH, true);
    const start = data.getUint32(line + BUFFER, true);
    return {
      text: new TextDecoder().decode(bytes.slice(start, start + length)),
      behindCursor: Math.max(0, length - data.getUint32(this.address + CURSOR, true)),
    };
  }
}
