/**
 * The terminal that a line-editing REPL talks to: it never goes away, while the real one behind it is exchanged.
 *
 * @module
 */

import readline from "node:readline";
import { Duplex } from "node:stream";
import type { WindowSize } from "../contracts/repl.ts";
import { createKeyQueue, type KeyQueue } from "./key-queue.ts";
import { createStreamWrite } from "./stdout.ts";

const BATCH_CHARACTERS = 256;

export interface VirtualTerminalOptions {
  /** Shows bytes; as of `ReplScreen.write`. */
  write(bytes: Uint8Array): undefined | Promise<void>;
  /** Ctrl-C while keys are held: stops what runs. */
  cancel(): void;
  /** A listener of `keypress` or `data` has thrown. */
  failed(error: unknown): void;
}

/** Bits of colour, as of `getColorDepth()`, that a terminal of this type shows: 1, 4, 8 or 24. */
export function colorDepth(type: string): 1 | 4 | 8 | 24 {
  if (/truecolor|24bit|direct|kitty|ghostty|alacritty|iterm|wezterm/.test(type)) return 24;
  if (type.includes("256color")) return 8;
  if (/^(xterm|screen|tmux|rxvt|putty|linux|konsole|gnome|vte|cygwin|cons25|ansi|mintty|color)/.test(type)) return 4;
  return 1;
}

/** A stream in both directions that looks like a TTY; `columns`, `rows` and colours are those of the seat. */
export class VirtualTerminal extends Duplex {
  readonly isTTY: boolean = true;
  isRaw = false;
  columns = 80;
  rows = 24;
  /** Keys on their way to the REPL. */
  readonly keys: KeyQueue;
  #depth: 1 | 4 | 8 | 24 = 1;
  #midEscape = false;
  readonly #failed: (error: unknown) => void;
  readonly #show: (bytes: Uint8Array) => undefined | Promise<void>;

  constructor(options: VirtualTerminalOptions) {
    super({ decodeStrings: false, emitClose: false });
    this.setMaxListeners(0);
    this.#failed = (error) => options.failed(error);
    this.#show = (bytes) => options.write(bytes);
    this.keys = createKeyQueue({ take: (keys) => this.#take(keys), cancel: () => options.cancel() });
    // Set on the object: a stream's own state would be left half way by an interrupt.
    this.write = createStreamWrite(this.#show, () => this.emit("drain")) as typeof this.write;
    this.end = ((chunk?: unknown) => {
      if (typeof chunk !== "function" && chunk !== undefined && chunk !== null) this.write(chunk);
      return this;
    }) as typeof this.end;
  }

  /** Takes size and abilities of the terminal that is behind it from now on. */
  attach(type: string, size: WindowSize, depth: 1 | 4 | 8 | 24 = colorDepth(type)): void {
    this.#depth = depth;
    this.#midEscape = false;
    this.columns = size.columns;
    this.rows = size.rows;
  }

  resize(size: WindowSize): void {
    if (size.columns === this.columns && size.rows === this.rows) return;
    this.columns = size.columns;
    this.rows = size.rows;
    this.emit("resize");
  }

  override _read(): void {}

  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  getWindowSize(): [columns: number, rows: number] {
    return [this.columns, this.rows];
  }

  getColorDepth(): number {
    return this.#depth;
  }

  hasColors(count: number | object = 16): boolean {
    return (typeof count === "number" ? count : 16) <= 2 ** this.#depth;
  }

  cursorTo(x: number, y?: number | (() => void), callback?: () => void): boolean {
    return typeof y === "function" ? readline.cursorTo(this, x, undefined, y) : readline.cursorTo(this, x, y, callback);
  }

  moveCursor(dx: number, dy: number, callback?: () => void): boolean {
    return readline.moveCursor(this, dx, dy, callback);
  }

  clearLine(direction: readline.Direction, callback?: () => void): boolean {
    return readline.clearLine(this, direction, callback);
  }

  clearScreenDown(callback?: () => void): boolean {
    return readline.clearScreenDown(this, callback);
  }

  /** Hands keys to whoever listens, at once: the next line must not come before this one has run. */
  #take(keys: string): void {
    try {
      let rest = keys;
      if (keys.length > BATCH_CHARACTERS && !this.#midEscape) {
        const plain = plainLength(keys);
        if (plain > 0) {
          const text = keys.slice(0, plain);
          this.emit("keypress", text, { sequence: text, name: undefined, ctrl: false, meta: false, shift: false });
          rest = keys.slice(plain);
        }
      }
      this.#midEscape = rest.includes("\x1b") || (this.#midEscape && rest.length < 8);
      if (rest !== "") this.emit("data", Buffer.from(rest));
    } catch (error) {
      this.#failed(error);
    }
  }
}

/**
 * How many characters of a long line can be inserted in one go; 0 when there are keys among them. The last ones are
 * left, so that the end of the line does not look like a key that was pressed alone.
 */
function plainLength(keys: string): number {
  const body = keys.endsWith("\r") || keys.endsWith("\n") ? keys.length - 1 : keys.length;
  for (let at = 0; at < body; at++) {
    const code = keys.charCodeAt(at);
    if (code < 32 || code === 127) return 0;
  }
  const end = body - 2;
  const last = keys.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
