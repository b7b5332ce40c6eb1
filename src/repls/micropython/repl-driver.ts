/**
 * Types at the interpreter's REPL, byte by byte, and knows in which mode it is.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { BoardConsole } from "./board-console.ts";
import type { Interpreter } from "./interpreter.ts";
import { LineEditor } from "./line-editor.ts";
import { RawPaste } from "./raw-paste.ts";

const Key = { A: 1, B: 2, C: 3, D: 4, E: 5, LF: 10, CR: 13, U: 21 } as const;
/** After these there may be a new prompt. */
const PROMPTING: ReadonlySet<number> = new Set([Key.C, Key.D, Key.LF, Key.CR]);
const LEFT = "\x1b[D";

/** How the REPL was left by its user. */
export interface ReplDraft {
  readonly mode: "friendly" | "raw" | "paste";
  readonly text: string;
  readonly behindCursor: number;
}

export interface ReplDriverOptions {
  readonly interpreter: Interpreter;
  readonly console: BoardConsole;
  /** Runs a call of the interpreter: while it does, Ctrl-C is meant for it. */
  readonly run: <T>(call: () => T) => T;
  /** Which terminal is looked at, as a number that grows. */
  readonly seat: () => number;
  /** The REPL has ended: Ctrl-D on an empty line, or SystemExit. */
  readonly onEnd: (raw: boolean) => void;
  /** Address of the line editor, when an earlier board has found it. */
  readonly editorAddress: number | undefined;
}

export class ReplDriver {
  readonly #options: ReplDriverOptions;
  #mode: ReplDraft["mode"] = "friendly";
  /** Raw REPL: nothing was typed since its prompt. */
  #atStart = true;
  /** Raw REPL: what was seen of Ctrl-E, a letter, Ctrl-A. */
  #request: number[] = [];
  #paste: RawPaste | undefined;
  #ended = false;
  /** The seat that saw the last fresh prompt. */
  #prompted = -1;
  readonly #editor: LineEditor;

  /** Shows the banner and the prompt; or enters the raw REPL at once, as after a soft reset out of it. */
  constructor(options: ReplDriverOptions, raw: boolean) {
    this.#options = options;
    const { interpreter, console, editorAddress } = options;
    const banner = console.captured(() => interpreter.python.replInit());
    this.#editor =
      editorAddress === undefined
        ? LineEditor.find(interpreter.memory, (keys) => {
            console.captured(() => this.#type(keys));
          })
        : new LineEditor(interpreter.memory, editorAddress);
    const greeting = raw ? console.captured(() => this.input(Key.A)) : banner;
    console.send(greeting.subarray(greeting[0] === Key.CR ? 2 : 0)); // an empty line above is for later
    this.#prompted = options.seat();
  }

  get editorAddress(): number {
    return this.#editor.address;
  }

  get ended(): boolean {
    return this.#ended;
  }

  input(byte: number): void {
    if (this.#paste !== undefined) this.#pasteInput(this.#paste, byte);
    else if (this.#mode === "raw") this.#rawInput(byte);
    else this.#friendlyInput(byte);
    if (PROMPTING.has(byte)) this.#prompted = this.#options.seat();
  }

  /**
   * Takes what stands at the prompt away, and says what it was: undefined when a program has ended since seat `seat`
   * began, so that its user has the prompt already.
   */
  suspend(seat: number): ReplDraft | undefined {
    const mode = this.#mode;
    const { text, behindCursor } = this.#editor.read();
    if (this.#prompted >= seat && mode === "friendly" && text === "") return undefined;
    this.#options.console.captured(() => {
      this.#paste = undefined;
      this.#request = [];
      this.#process(Key.C);
      if (mode === "raw") this.#process(Key.B);
    });
    this.#mode = "friendly";
    return { mode, text: mode === "raw" ? "" : text, behindCursor };
  }

  /** Draws the prompt, unless seat `seat` has got it already, and on it what stood there. */
  resume(draft: ReplDraft | undefined, seat: number): void {
    if (this.#prompted < seat) this.#options.console.send(this.#prompt());
    this.#prompted = seat;
    if (draft === undefined) return;
    if (draft.mode === "raw") {
      this.#options.console.captured(() => this.input(Key.A));
      return;
    }
    if (draft.mode === "paste") {
      this.input(Key.E);
      this.#type(draft.text.replaceAll("\n", "\r"));
      return;
    }
    draft.text.split("\n").forEach((line, at) => {
      // A new line begins with the indentation that the REPL thinks right; the draft has its own.
      if (at > 0) this.#type("\r\x15");
      this.#type(line);
    });
    this.#type(LEFT.repeat(draft.behindCursor));
  }

  /** The text of a fresh prompt; what stands at it is dropped. */
  #prompt(): Uint8Array {
    const shown = this.#options.console.captured(() => this.#process(Key.C));
    return shown.subarray(shown.lastIndexOf(Key.LF) + 1);
  }

  #type(keys: string): void {
    for (const byte of Buffer.from(keys)) this.#process(byte);
  }

  #process(byte: number): void {
    if (this.#ended) return;
    const { interpreter, run, onEnd } = this.#options;
    if (interpreter.interrupts.withdraw()) this.#processOne(Key.C); // it came while nothing ran
    if (run(() => interpreter.python.replProcessChar(byte)) !== 0) {
      this.#ended = true;
      onEnd(this.#mode === "raw");
      return;
    }
    if (interpreter.interrupts.withdraw()) this.#processOne(Key.C); // it came too late for what ran
  }

  #processOne(byte: number): void {
    this.#options.run(() => this.#options.interpreter.python.replProcessChar(byte));
  }

  #friendlyInput(byte: number): void {
    if (this.#mode === "paste") {
      if (byte === Key.C || byte === Key.D) this.#mode = "friendly";
      this.#process(byte);
      return;
    }
    if (byte !== Key.A && byte !== Key.E) {
      this.#process(byte);
      return;
    }
    // On a line that is not empty these only move the cursor.
    const empty = this.#editor?.read().text === "";
    this.#process(byte);
    if (!empty) return;
    if (byte === Key.E) {
      this.#mode = "paste";
    } else {
      this.#mode = "raw";
      this.#atStart = true;
      this.#request = [];
    }
  }

  #rawInput(byte: number): void {
    if (this.#atStart && this.#rawPasteRequest(byte)) return;
    this.#atStart = byte === Key.A || byte === Key.C || byte === Key.D;
    if (byte === Key.B) this.#mode = "friendly";
    this.#process(byte);
  }

  /** True when the byte was taken as a part of Ctrl-E, a letter, Ctrl-A. */
  #rawPasteRequest(byte: number): boolean {
    const seen = this.#request;
    if (seen.length === 0 && byte !== Key.E) return false;
    if (seen.length < 2) {
      seen.push(byte);
      return true;
    }
    this.#request = [];
    if (byte !== Key.A) {
      this.#atStart = false;
      for (const earlier of seen) this.#process(earlier);
      return false;
    }
    if (seen[1] === 0x41) this.#paste = new RawPaste((bytes) => this.#options.console.send(bytes));
    else this.#options.console.send(Uint8Array.of(0x52, 0)); // not a type of paste that is known
    return true;
  }

  #pasteInput(paste: RawPaste, byte: number): void {
    const result = paste.take(byte);
    if (result.type === "more") return;
    this.#paste = undefined;
    const { console } = this.#options;
    console.send(Uint8Array.of(Key.D));
    if (result.type === "abort") {
      console.send(Buffer.from(`\x04Traceback (most recent call last):\r\n${result.text}\r\n\x04>`));
      return;
    }
    console.leaveOut("OK".length);
    // An empty program would be taken as a soft reset.
    for (const code of result.program.length > 0 ? result.program : [Key.LF]) this.#process(code);
    this.#process(Key.D);
  }
}
