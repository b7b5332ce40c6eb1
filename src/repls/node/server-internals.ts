/**
 * What `REPLServer` keeps for itself and this room has to know: the state of its line editor, in one place. Everything
 * here is there from Node 20 to 26; a runtime that lacks a part loses what is said beside it, nothing else.
 *
 * @module
 */

import readline from "node:readline";
import type { REPLServer } from "node:repl";

/** The words of a key event of `node:readline`. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly shift?: boolean;
}

export interface ServerInternals extends Omit<REPLServer, "line" | "cursor" | "close" | "getCursorPos"> {
  line: string;
  cursor: number;
  /** Rows between the first one of the line and the cursor. */
  prevRows: number;
  historyIndex: number;
  editorMode: boolean;
  /** Commands so far, for `.save`. */
  lines: string[] & { level?: unknown[] };
  close(): void;
  /** As wide as the output was reckoned last. */
  readonly columns: number;
  /** Where the cursor is, from the first row of the prompt. Not on all runtimes. */
  getCursorPos?(): { readonly rows: number; readonly cols: number };
  clearLine(): void;
  _ttyWrite(text: string | undefined, key: Key): void;
  /** Programs replace it to ask for a password: nothing is shown then. */
  _writeToOutput(text: string): void;
}

/** The runtime's symbols are the same for all servers; one is asked for at each key. */
const symbols = new Map<string, symbol>();

function symbolOf(server: ServerInternals, description: string): symbol | undefined {
  const known = symbols.get(description);
  if (known !== undefined && known in server) return known;
  const found = Object.getOwnPropertySymbols(server).find((symbol) => symbol.description === description);
  if (found !== undefined) symbols.set(description, found);
  return found;
}

/** Lines of an unfinished entry that stand above the one being edited; each ends with a line feed. */
export function bufferedLines(server: ServerInternals): string {
  const symbol = symbolOf(server, "bufferedCommand");
  const value: unknown = symbol === undefined ? undefined : Reflect.get(server, symbol);
  return typeof value === "string" ? value : "";
}

export function setBufferedLines(server: ServerInternals, lines: string): void {
  const symbol = symbolOf(server, "bufferedCommand");
  if (symbol !== undefined) Reflect.set(server, symbol, lines);
}

/** What stands before the second and further lines of an entry: Node 24 and later edit them as one. */
export function continuationPrompt(server: ServerInternals): string {
  return symbolOf(server, "_isMultiline") === undefined ? "... " : "| ";
}

/** Puts a line into the editor, without drawing it. */
export function setLine(server: ServerInternals, line: string, cursor: number): void {
  server.line = line;
  server.cursor = cursor;
  server.prevRows = 0;
  server.historyIndex = -1;
  const multiline = symbolOf(server, "_isMultiline");
  if (multiline !== undefined) Reflect.set(server, multiline, line.includes("\n"));
}

/** The prompt of this moment, without making it the one to come back to. */
export function setCurrentPrompt(server: ServerInternals, prompt: string): void {
  Reflect.apply(readline.Interface.prototype.setPrompt, server, [prompt]);
}

/** Ends a key sequence that has only half arrived, as its time limit would. */
export function endKeySequence(input: object): void {
  const symbol = Object.getOwnPropertySymbols(input).find((each) => each.description === "escape-decoder");
  if (symbol === undefined) return;
  const decoder = Reflect.get(input, symbol) as Iterator<unknown, unknown, string> | undefined;
  try {
    decoder?.next("");
  } catch {
    // Called while a whole key is taken: there is nothing to end.
  }
}
