/**
 * The talk of a device with a shell: login, prompt, answers.
 *
 * @module
 */

import type { Dialogue, Talk } from "./dialogue.ts";

/** What a line is answered with: text, or work; what it gives is shown. */
export type Answer = string | ((line: string, talk: Talk) => undefined | string | Promise<undefined | string>);

/** What the device says. */
export interface ShellOptions {
  /** Shown first. Default nothing. */
  readonly greeting?: string;
  /** Asks for a name and a password; undefined: lets everybody in. */
  readonly login?: {
    readonly user: string;
    readonly password: string;
    /** Default `login: `. */
    readonly userPrompt?: string;
    /** Default `Password: `. */
    readonly passwordPrompt?: string;
    /** Default `Login incorrect`. */
    readonly failure?: string;
    /** Wrong logins before it hangs up. Default 3. */
    readonly tries?: number;
  };
  /** Default `$ `. */
  readonly prompt?: string;
  /** By the whole line. `exit` and `quit` leave unless they are here. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** For every other line. Default `<line>: not found`. */
  readonly otherwise?: Answer;
}

/**
 * Makes the dialogue. An answer that is a function can delay, stall, close or reset.
 *
 * @example
 * import { shell } from "porthole/testing";
 *
 * shell({ answers: { uptime: "up 3 days", reboot: async (_, talk) => void talk.reset() } });
 */
export function shell(options: ShellOptions = {}): Dialogue {
  const { greeting, login, prompt = "$ ", answers = {}, otherwise = (line) => `${line}: not found` } = options;
  return async (talk) => {
    if (greeting !== undefined) await talk.send(`${greeting}\n`);
    if (login !== undefined && !(await logIn(talk, login))) return;
    for (;;) {
      await talk.send(prompt);
      const line = await talk.line();
      if (line === "") continue;
      const own = Object.hasOwn(answers, line) ? answers[line] : undefined;
      if (own === undefined && /^(exit|quit)$/.test(line)) return;
      const answer = own ?? otherwise;
      const text = typeof answer === "string" ? answer : await answer(line, talk);
      if (text !== undefined && text !== "") await talk.send(text.endsWith("\n") ? text : `${text}\n`);
    }
  };
}

async function logIn(talk: Talk, login: NonNullable<ShellOptions["login"]>): Promise<boolean> {
  for (let tries = login.tries ?? 3; tries > 0; tries--) {
    await talk.send(login.userPrompt ?? "login: ");
    const user = await talk.line();
    await talk.send(login.passwordPrompt ?? "Password: ");
    const password = await talk.line({ secret: true });
    if (user === login.user && password === login.password) return true;
    await talk.send(`${login.failure ?? "Login incorrect"}\n`);
  }
  return false;
}
