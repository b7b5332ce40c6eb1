/**
 * A client that says QUIT before it closes knows what it does; one that only closes may have been killed.
 *
 * @module
 */

const QUIT = Buffer.from("quit");
const CR = 13;
const LF = 10;
const LOWER_CASE = 0x20;

/** True when QUIT is the last that came. Every chunk is looked at: nothing is made of it. */
export function endsWithQuit(chunk: Uint8Array): boolean {
  let end = chunk.length;
  while (end > 0 && (chunk[end - 1] === CR || chunk[end - 1] === LF)) end--;
  const start = end - QUIT.length;
  for (let i = 0; i < QUIT.length; i++) if (((chunk[start + i] ?? 0) | LOWER_CASE) !== QUIT[i]) return false;
  return true;
}
