/**
 * A REPL that gives set answers: what a test's Telnet server shows behind the login.
 *
 * @module
 */

import { PortholeError } from "../contracts/errors.ts";
import type { ReplHost, ReplSession } from "../contracts/repl.ts";

/** A line's answer, without line end; undefined or empty shows nothing. */
export type LineAnswer = string | ((line: string) => undefined | string | Promise<undefined | string>);

export interface AnswerReplOptions {
  readonly prompt: string;
  readonly answers: Readonly<Record<string, LineAnswer>>;
  /** Told each line. */
  readonly onLine: (line: string) => void;
}

const encoder = new TextEncoder();

export function createAnswerRepl({ prompt, answers, onLine }: AnswerReplOptions): ReplHost {
  let taken = false;
  return {
    name: "Test",
    version: "v1",
    open(terminal): ReplSession {
      if (taken) throw new PortholeError("PORTHOLE_ERR_CONSOLE_BUSY", "somebody sits at this REPL already");
      taken = true;
      const show = (text: string) => terminal.write(encoder.encode(text.replaceAll(/\r?\n/g, "\r\n")));
      let typed: number[] = [];
      let work: Promise<void> = Promise.resolve();
      let open = true;
      void show(prompt);
      const line = async (text: string): Promise<void> => {
        onLine(text);
        const answer = Object.hasOwn(answers, text) ? answers[text] : undefined;
        if (answer === undefined && /^(exit|quit)$/.test(text)) {
          terminal.end("exited");
          return;
        }
        const shown = typeof answer === "function" ? await answer(text) : answer;
        if (!open) return;
        if (text !== "" && answer === undefined) await show(`${text}: not found\n`);
        else if (shown !== undefined && shown !== "") await show(shown.endsWith("\n") ? shown : `${shown}\n`);
        await show(prompt);
      };
      const key = (octet: number): void => {
        if (octet === 13) {
          const text = Buffer.from(typed).toString("utf8");
          typed = [];
          void show("\n");
          work = work.then(() => line(text));
        } else if (octet === 8 || octet === 127) {
          if (typed.pop() !== undefined) void show("\b \b");
        } else if (octet >= 32) {
          typed.push(octet);
          void terminal.write(Uint8Array.of(octet));
        }
      };
      return {
        input(bytes) {
          for (const octet of bytes) key(octet);
          return undefined;
        },
        resize() {},
        interrupt() {
          typed = [];
          void show(`\n${prompt}`);
        },
        close() {
          open = false;
          taken = false;
        },
      };
    },
  };
}
