/**
 * Bracketed paste: a block of lines goes into the prompt as it is, and runs as one entry when Return is pressed.
 *
 * @module
 */

import { LIMITS } from "../../contracts/limits.ts";
import {
  bufferedLines,
  continuationPrompt,
  type Key,
  type ServerInternals,
  setBufferedLines,
  setLine,
} from "./server-internals.ts";

export const PASTE_ON = "\x1b[?2004h";
export const PASTE_OFF = "\x1b[?2004l";
const BELL = "\x07";

/** Whether a terminal of this type is known to bracket, or to ignore the request. */
export function canBracketPaste(type: string): boolean {
  return /^(xterm|screen|tmux|rxvt|putty|linux|konsole|gnome|vte|mintty|alacritty|foot|st|wezterm|kitty|iterm|ghostty)/.test(
    type,
  );
}

/** Puts a block at the cursor: all but its last line stand above the prompt then. */
function insert(server: ServerInternals, block: string, type: (text: string) => void): void {
  const lines = block.replace(/\r\n?/g, "\n").split("\n");
  const last = lines.pop() ?? "";
  const first = lines.shift();
  if (first === undefined) {
    if (last !== "") type(last);
    return;
  }
  const tail = server.line.slice(server.cursor);
  setLine(server, server.line.slice(0, server.cursor) + first, server.cursor + first.length);
  server.prompt(true);
  const above = [server.line, ...lines];
  setBufferedLines(server, `${bufferedLines(server)}${above.join("\n")}\n`);
  const lead = server.editorMode ? "" : continuationPrompt(server);
  server.output.write(`\n${lines.map((line) => `${lead}${line}\n`).join("")}`);
  setLine(server, last + tail, last.length);
  if (server.editorMode) server.prompt(true);
  else server.displayPrompt(true);
}

export interface Pastes {
  /** True between the beginning of a paste and its end. */
  readonly isUnderWay: boolean;
  /** Forgets half a paste, and ends a search in the history. */
  end(): void;
}

/** Wraps the line editor's key handler: takes pastes out of it, and holds entries to their limit. */
export function takePastes(server: ServerInternals): Pastes {
  const limit = LIMITS.consoleEntryCharacters.value;
  const typeKey = server._ttyWrite;
  const press = (text: string | undefined, key: Key): void => Reflect.apply(typeKey, server, [text, key]);
  let pasted: string[] | undefined;
  let size = 0;
  server._ttyWrite = (text, key) => {
    if (key?.name === "paste-start") {
      pasted = [];
      size = 0;
    } else if (pasted !== undefined && key?.ctrl === true && key.name === "c") {
      pasted = undefined;
      press(text, key);
    } else if (pasted === undefined) {
      const printable = text !== undefined && text >= " " && key?.ctrl !== true;
      if (printable && server.line.length + bufferedLines(server).length + text.length > limit)
        server.output.write(BELL);
      else press(text, key);
    } else if (key?.name === "paste-end") {
      const block = pasted.join("");
      pasted = undefined;
      insert(server, block, (line) => press(line, { sequence: line }));
    } else if (text !== undefined && size + text.length <= limit) {
      pasted.push(text);
      size += text.length;
    }
  };
  return {
    get isUnderWay() {
      return pasted !== undefined;
    },
    end() {
      pasted = undefined;
      press(undefined, { name: "escape" });
    },
  };
}
