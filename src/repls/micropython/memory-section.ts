/**
 * Rewrites the memory that a WebAssembly module declares: how much it may have, and that other threads may see it.
 *
 * @module
 */

export const PAGE_BYTES = 65_536;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const SHARED_WITH_MAXIMUM = 3;

/**
 * A copy of the module whose memory is shared and never grows beyond `maximumPages`. It begins smaller when the module
 * asks for more than that.
 *
 * @throws Error when the module declares no memory, or one without a maximum.
 */
export function withSharedMemory(module: Uint8Array, maximumPages: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(module);
  let at = 8; // magic and version
  while (at < bytes.length) {
    const id = bytes[at];
    const [length, start] = readLeb(bytes, at + 1);
    if (id === MEMORY_SECTION) {
      const [, flagsAt] = readLeb(bytes, start);
      if (bytes[flagsAt] !== HAS_MAXIMUM) throw new Error(`the interpreter's memory has flags ${bytes[flagsAt]}`);
      bytes[flagsAt] = SHARED_WITH_MAXIMUM;
      const [minimum, maximumAt] = readLeb(bytes, flagsAt + 1);
      const [, end] = readLeb(bytes, maximumAt);
      writeLeb(bytes, flagsAt + 1, maximumAt, Math.min(minimum, maximumPages));
      writeLeb(bytes, maximumAt, end, maximumPages);
      return bytes;
    }
    at = start + length;
  }
  throw new Error("the interpreter declares no memory");
}

function readLeb(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at];
  }
}

/** Fills exactly the bytes from `at` to `end`, so that nothing behind them moves. */
function writeLeb(bytes: Uint8Array, at: number, end: number, value: number): void {
  if (value >= 2 ** (7 * (end - at))) throw new Error(`${value} pages do not fit the interpreter's memory section`);
  for (let rest = value; at < end; rest = Math.floor(rest / 128)) {
    bytes[at] = (rest % 128) | (at < end - 1 ? 0x80 : 0);
    at++;
  }
}
