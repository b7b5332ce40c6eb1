/**
 * What stands half typed at the prompt, taken off one terminal and put on another.
 *
 * @module
 */

import {
  bufferedLines,
  continuationPrompt,
  type ServerInternals,
  setBufferedLines,
  setCurrentPrompt,
  setLine,
} from "./server-internals.ts";

export interface LineDraft {
  readonly line: string;
  readonly cursor: number;
  readonly buffered: string;
  readonly editorMode: boolean;
  readonly level: readonly unknown[];
}

/** Takes the entry out of the editor: what is drawn next is an empty prompt. */
export function takeDraft(server: ServerInternals, prompt: string): LineDraft {
  const draft: LineDraft = {
    line: server.line,
    cursor: server.cursor,
    buffered: bufferedLines(server),
    editorMode: server.editorMode,
    level: server.lines.level ?? [],
  };
  clearEntry(server, prompt);
  return draft;
}

/** Forgets the entry, without drawing. */
export function clearEntry(server: ServerInternals, prompt: string): void {
  server.clearBufferedCommand();
  server.lines.level = [];
  server.editorMode = false;
  server.setPrompt(prompt);
  setLine(server, "", 0);
}

/** Draws a prompt on a terminal that shows none, with the entry as it was, or an empty one. */
export function drawDraft(server: ServerInternals, prompt: string, draft: LineDraft | undefined): void {
  if (draft === undefined) {
    setLine(server, "", 0);
    server.displayPrompt();
    return;
  }
  server.lines.level = [...draft.level];
  setBufferedLines(server, draft.buffered);
  setLine(server, draft.line, draft.cursor);
  if (draft.editorMode) {
    server.editorMode = true;
    setCurrentPrompt(server, "");
    server.emit("SIGCONT");
    return;
  }
  if (draft.buffered !== "") {
    const lines = draft.buffered.slice(0, -1).split("\n");
    server.output.write(`${prompt}${lines.join(`\n${continuationPrompt(server)}`)}\n`);
  }
  server.displayPrompt(true);
}
