/**
 * `porthole passwd`: a password in, its hash out.
 *
 * @module
 */

import { createInterface } from "node:readline";
import type { ReadStream } from "node:tty";
import { hashPassword } from "../servers/password-hash.ts";
import { CommandFailure } from "./failure.ts";

/** What a terminal sends for a password, as far as one line is edited. */
const KEYS = { enter: ["\r", "\n"], rub: ["\u007f", "\b"], clear: "\u0015", interrupt: "\u0003", end: "\u0004" };

/**
 * Prints the hash of a password: typed twice at a terminal, where it isn't shown, else the first line of the input.
 *
 * @throws {@link CommandFailure} for an empty password, and when the second one is another.
 */
export async function runPasswdCommand(): Promise<void> {
  const { stdin, stdout } = process;
  const password = stdin.isTTY ? await askTwice(stdin) : await firstLine();
  if (password === "") throw new CommandFailure("the password is empty");
  stdout.write(`${await hashPassword(password)}\n`);
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line;
    return "";
  } finally {
    lines.close();
  }
}

async function askTwice(terminal: ReadStream): Promise<string> {
  // Before the first question, and to the end: what is typed fast must not be shown either.
  terminal.setRawMode(true);
  terminal.setEncoding("utf8");
  try {
    const password = await ask(terminal, "Password: ");
    if (password !== "" && (await ask(terminal, "Again: ")) !== password) {
      throw new CommandFailure("the second password is another");
    }
    return password;
  } finally {
    terminal.setRawMode(false);
    terminal.pause();
  }
}

/** Reads one line key by key, without showing it; the question goes to stderr, so that only the hash is in a file. */
function ask(terminal: ReadStream, question: string): Promise<string> {
  process.stderr.write(question);
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const finish = (): void => {
      terminal.off("data", take);
      terminal.pause();
      process.stderr.write("\r\n");
    };
    const take = (text: string): void => {
      const keys = [...text];
      for (const [index, key] of keys.entries()) {
        if (KEYS.enter.includes(key)) {
          const rest = keys.slice(index + 1).join(""); // typed ahead, or pasted
          finish();
          if (rest !== "") terminal.unshift(rest, "utf8");
          resolve(typed.join(""));
          return;
        }
        if (key === KEYS.interrupt || (key === KEYS.end && typed.length === 0)) {
          finish();
          reject(new CommandFailure("no password was given"));
          return;
        }
        if (KEYS.rub.includes(key)) typed.pop();
        else if (key === KEYS.clear) typed = [];
        else if (key >= " ") typed.push(key);
      }
    };
    terminal.on("data", take);
    terminal.resume();
  });
}
