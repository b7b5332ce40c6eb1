/**
 * The interpreter's system calls for its terminal and its clock, answered by the board's console.
 *
 * @module
 */

import type { BoardConsole } from "./board-console.ts";
import type { WasmMemory } from "./emscripten.ts";
import { Wasi } from "./errno.ts";

const STDIN = 0;
const STDERR = 2;
const CR = 13;
const LF = 10;
const POLLIN = 1;
const POLLOUT = 4;
/** The interpreter says this in one write, at the end of its banner. */
const BANNER_TAIL = "; JS with Emscripten";
/** Added to the clock while an interrupt waits: ends every loop that waits for a time. */
const FAR_AHEAD_MS = 0x3fff_ffff;
/** A loop that asks for the time this often in one millisecond waits for it. */
const CLOCK_READS_PER_MS = 300;

export interface TerminalCallsOptions {
  readonly memory: () => WasmMemory;
  readonly console: BoardConsole;
  /** Stands in the banner behind the version and the date. */
  readonly banner: string;
  /** True while input is data and not lines: the program has switched its interrupt character off. */
  readonly rawInput: () => boolean;
  readonly ticks: () => number;
}

export interface TerminalCalls {
  write(descriptor: number, vectors: number, count: number, written: number): number;
  read(vectors: number, read: number): number;
  poll(descriptors: number, count: number, milliseconds: number): number;
  ticks(): number;
}

/** True for the descriptors that {@link TerminalCalls.write} is for. */
export function isTerminalOutput(descriptor: number): boolean {
  return descriptor > STDIN && descriptor <= STDERR;
}

export function createTerminalCalls({ memory, console, banner, rawInput, ticks }: TerminalCallsOptions): TerminalCalls {
  const tail = new TextEncoder().encode(BANNER_TAIL);
  const ourTail = new TextEncoder().encode(`; ${banner}`);
  let lastTick = 0;
  let readsInTick = 0;

  function isBannerTail(bytes: Uint8Array): boolean {
    return bytes.length === tail.length && tail.every((byte, at) => byte === bytes[at]);
  }

  function readiness(descriptors: number, count: number): number {
    const { data } = memory();
    let ready = 0;
    for (let at = descriptors; at < descriptors + 8 * count; at += 8) {
      const wanted = data.getInt16(at + 4, true);
      const input = data.getInt32(at, true) === STDIN;
      const is = input ? (console.available() > 0 ? wanted & POLLIN : 0) : wanted & (POLLIN | POLLOUT);
      data.setInt16(at + 6, is, true);
      if (is !== 0) ready++;
    }
    return ready;
  }

  return {
    write(_descriptor, vectors, count, written) {
      const { bytes, data } = memory();
      const parts: Uint8Array[] = [];
      for (let at = vectors; at < vectors + 8 * count; at += 8) {
        const start = data.getUint32(at, true);
        parts.push(bytes.subarray(start, start + data.getUint32(at + 4, true)));
      }
      let whole: Uint8Array = Buffer.concat(parts);
      data.setUint32(written, whole.length, true);
      if (isBannerTail(whole)) whole = ourTail;
      console.print(whole);
      return 0;
    },
    read(vectors, read) {
      const start = memory().data.getUint32(vectors, true);
      const length = memory().data.getUint32(vectors + 4, true);
      if (length > 0 && console.wait(() => console.available() > 0) === "interrupted") return Wasi.EINTR;
      const { bytes, data } = memory();
      const raw = rawInput();
      let count = 0;
      while (count < length) {
        const byte = console.take();
        if (byte < 0) break;
        bytes[start + count++] = byte === CR && !raw ? LF : byte;
      }
      data.setUint32(read, count, true);
      return 0;
    },
    poll(descriptors, count, milliseconds) {
      let ready = readiness(descriptors, count);
      if (ready > 0 || milliseconds === 0) return ready;
      const limit = milliseconds < 0 ? Number.POSITIVE_INFINITY : milliseconds;
      const look = (): boolean => {
        ready = readiness(descriptors, count);
        return ready > 0;
      };
      return console.wait(look, limit) === "interrupted" ? -Wasi.EINTR : ready;
    },
    ticks() {
      let now = ticks();
      if (console.interrupted()) return (now + FAR_AHEAD_MS) | 0;
      if (now !== lastTick) {
        lastTick = now;
        readsInTick = 0;
      } else if (++readsInTick > CLOCK_READS_PER_MS) {
        readsInTick = 0;
        console.wait(() => false, 1);
        now = ticks();
      }
      return now;
    },
  };
}
