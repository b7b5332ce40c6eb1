/**
 * What the prompt would show of the next keys, told beforehand; and keys taken that somebody has shown already.
 *
 * Only the plain case is foretold: one line, the cursor at its end, and characters that need no redrawing. All else is
 * left to the line editor.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import type { KeyEcho } from "../../contracts/repl.ts";
import { bufferedLines, type ServerInternals } from "./server-internals.ts";

/** Longer lines are measured no more at each key. */
const LONGEST_LINE = 1_000;
/** Latin, Greek and Cyrillic: of these all terminals hold, as the editor does, that they are one column wide. */
const NARROW = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f]*$/;
const SPACE = 0x20;
const DELETE = 0x7f;
const LINE_FEED = 0x0a;
/** What the line editor clears the screen with, from the prompt's row on, before it draws that anew. */
const CLEAR_DOWN = Buffer.from("\x1b[0J");

/** What the prompt is busy with, as seen between two keys. */
interface PromptState {
  /** True while nothing runs, no keys wait, and no paste is under way. */
  readonly isIdle: boolean;
  /** As of `ReplScreen.besides`. */
  readonly besides: number;
}

export interface KeyEchoing {
  /** What is written to the terminal comes here first; true: it is kept. */
  keep(bytes: Uint8Array): boolean;
  /** Takes keys, or does something else that draws, by `take`. */
  watch<Result>(keys: Uint8Array | undefined, take: () => Result): Result;
  /** Takes keys that are on the screen. */
  takeShown<Result>(keys: Uint8Array, take: () => Result, write: (text: string | Uint8Array) => void): Result;
  /** The prompt has been drawn on another terminal; nothing is half typed. */
  begin(): void;
  /** As of `ReplSession.echo`. */
  foretell(): KeyEcho | undefined;
}

/** The line after the keys, typed at its end. */
function typed(line: string, keys: Uint8Array): string {
  let after = line;
  for (const key of keys) after = key === DELETE ? after.slice(0, -1) : after + String.fromCharCode(key);
  return after;
}

export function createKeyEcho(server: ServerInternals, state: PromptState): KeyEchoing {
  /** Keys of whole sequences came so far, and nothing of another one. */
  let isWhole = false;
  let keyBytes = 0;
  let isSearching = false;
  /** What is written now is the editor's drawing, or comes of a key that it takes. */
  let isDrawing = false;
  /** The prompt's row on the screen is as the editor has drawn it, and nothing was written since but characters. */
  let isDrawn = false;
  let besidesThen = 0;
  let kept: Uint8Array[] | undefined;

  const { input, output, _writeToOutput: writeToOutput } = server;
  const { write: writeOut } = output;
  const onKeypress = input.listeners("keypress")[0];
  const press = server._ttyWrite;
  const pressWatched: typeof press = (text, key) => {
    keyBytes += Buffer.byteLength(key?.sequence ?? text ?? "");
    if (key?.ctrl === true && (key.name === "r" || key.name === "s")) isSearching = true;
    draw(() => Reflect.apply(press, server, [text, key]));
  };
  server._ttyWrite = pressWatched;
  const ended = (): void => {
    isSearching = false;
  };
  server.on("line", ended);
  server.on("SIGINT", ended);

  function draw<Result>(drawing: () => Result): Result {
    const before = isDrawing;
    isDrawing = true;
    try {
      return drawing();
    } finally {
      isDrawing = before;
    }
  }

  function watch<Result>(keys: Uint8Array | undefined, take: () => Result): Result {
    if (keys === undefined) return draw(take);
    keyBytes = 0;
    try {
      return take();
    } finally {
      // One byte that makes one key comes after whole ones only.
      isWhole = keyBytes === keys.length && (isWhole || keyBytes === 1);
    }
  }

  /** False when the program has put something of its own between the keys and the screen, such as a password's prompt. */
  function isUntouched(): boolean {
    if (server.input !== input || onKeypress === undefined || !input.listeners("keypress").includes(onKeypress))
      return false;
    if (server._ttyWrite !== pressWatched || server._writeToOutput !== writeToOutput) return false;
    return server.output === output && output.write === writeOut;
  }

  return {
    keep(bytes) {
      if (kept !== undefined && isDrawing) {
        kept.push(Uint8Array.from(bytes));
        return true;
      }
      if (CLEAR_DOWN.equals(bytes)) {
        isDrawn = isDrawing;
        besidesThen = state.besides;
      } else if (!isDrawing || bytes.includes(LINE_FEED)) isDrawn = false;
      return false;
    },
    watch,
    takeShown(keys, take, write) {
      const before = server.line;
      const foretold = typed(before, keys);
      kept = [];
      try {
        return watch(keys, take);
      } finally {
        const output = kept;
        kept = undefined;
        if (server.line !== foretold || server.cursor !== foretold.length || !state.isIdle) {
          // Something else came of the keys: what is shown of them is taken back first.
          let same = 0;
          while (same < before.length && before[same] === foretold[same]) same++;
          write("\b \b".repeat(foretold.length - same) + before.slice(same));
          for (const bytes of output) write(bytes);
          isDrawn = false;
        }
      }
    },
    begin() {
      isWhole = true;
      isSearching = false;
      isDrawn = true;
      besidesThen = state.besides;
    },
    foretell() {
      const { line } = server;
      if (!isWhole || isSearching || !state.isIdle || server.editorMode) return undefined;
      if (!isUntouched()) return undefined;
      if (server.cursor !== line.length || line.length > LONGEST_LINE || !NARROW.test(line)) return undefined;
      const column = server.getCursorPos?.().cols;
      if (column === undefined) return undefined;
      const room = LIMITS.consoleEntryCharacters.value - line.length - bufferedLines(server).length;
      const insert = Math.max(0, Math.min(server.columns - 1 - column, room));
      let erase = 0;
      if (isDrawn && besidesThen === state.besides) {
        const most = Math.min(line.length, column - 1);
        while (erase < most && isPlain(line.charCodeAt(line.length - 1 - erase))) erase++;
      }
      return { insert, erase };
    },
  };
}

function isPlain(code: number): boolean {
  return code >= SPACE && code < DELETE;
}
