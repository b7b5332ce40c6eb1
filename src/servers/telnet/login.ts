/**
 * The login talk of the device, as a state machine: keys in, text and attempts out. Tools wait for its exact texts,
 * and look for a prompt at the end of a packet: so nothing ever follows a prompt but the answer to a key.
 *
 * @module
 */

import { Secret } from "../../contracts/credentials.ts";
import { LIMITS } from "../../contracts/limits.ts";
import { EditableLine } from "./editable-line.ts";

/** What the login talk wants done, in order. */
export type LoginStep =
  | { readonly type: "show"; readonly text: string }
  /** The user name is in: the time for questions to the client that must not follow a prompt. */
  | { readonly type: "named" }
  /** Check these and call {@link LoginDialogue.settle}; keys wait until then. */
  | {
      readonly type: "attempt";
      readonly user: string;
      readonly password: Secret;
      /** Counts from 1. */
      readonly attempt: number;
      /** More was typed than is kept: wrong, whatever was kept. */
      readonly tooLong: boolean;
    }
  /** After a pause call {@link LoginDialogue.retry}; keys wait until then. The pause also parts two packets. */
  | { readonly type: "pause" }
  /** The last try was wrong. */
  | { readonly type: "refuse" }
  /** The user has given up with Ctrl-D. */
  | { readonly type: "leave" };

export interface LoginOptions {
  /** One line, shown first: program name and version. */
  readonly banner: string;
  /** Shown after a right login in place of the device's text. */
  readonly loginMessage?: string;
}

const SUCCESS = 'Login succeeded!\nType "help()" for more information.';

export class LoginDialogue {
  readonly #options: LoginOptions;
  readonly #line: EditableLine = new EditableLine(LIMITS.telnetLoginLineBytes.value);
  #asks: "user" | "password" | "nothing" = "nothing";
  #user = "";
  #userTooLong = false;
  #attempts = 0;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** False while an attempt or a pause is not over: keys have to wait. */
  get wantsKeys(): boolean {
    return this.#asks !== "nothing";
  }

  begin(): readonly LoginStep[] {
    return [{ type: "show", text: `${this.#options.banner}\r\n${this.#askUser()}` }];
  }

  /**
   * Takes keys up to the end of an attempt.
   *
   * @param echo - Whether the client leaves it to us to show what is typed. The password is never shown.
   * @returns the steps, and how many of the bytes were used.
   */
  receive(bytes: Uint8Array, echo: boolean): { readonly steps: readonly LoginStep[]; readonly used: number } {
    const steps: LoginStep[] = [];
    let shown = "";
    const show = () => {
      if (shown !== "") steps.push({ type: "show", text: shown });
      shown = "";
    };
    let used = 0;
    while (used < bytes.length && this.wantsKeys) {
      const event = this.#line.key(bytes[used] as number);
      used++;
      if (event === undefined) continue;
      if (event.type === "end") {
        this.#asks = "nothing";
        show();
        steps.push({ type: "leave" });
      } else if (event.type === "echo") {
        if (echo && this.#asks === "user") shown += event.text;
      } else if (this.#asks === "password") {
        this.#asks = "nothing";
        this.#attempts++;
        show();
        steps.push({
          type: "attempt",
          user: this.#user,
          password: new Secret(event.text),
          attempt: this.#attempts,
          tooLong: event.tooLong || this.#userTooLong,
        });
      } else {
        if (echo) shown += "\r\n";
        if (event.text === "") {
          shown += this.#askUser(); // an Enter too many is no attempt
          continue;
        }
        this.#user = event.text;
        this.#userTooLong = event.tooLong;
        this.#asks = "password";
        show();
        steps.push({ type: "named" });
        shown = "Password: ";
      }
    }
    show();
    return { steps, used };
  }

  /** What becomes of the last attempt. */
  settle(right: boolean): readonly LoginStep[] {
    if (right) return [];
    const wrong = { type: "show", text: "\r\nInvalid credentials, try again.\r\n" } as const;
    return [wrong, { type: this.#attempts < LIMITS.telnetLoginTries.value ? "pause" : "refuse" }];
  }

  /** The pause is over. */
  retry(): readonly LoginStep[] {
    return [{ type: "show", text: this.#askUser() }];
  }

  /** The text for somebody who is in. */
  get successText(): string {
    return `\r\n${(this.#options.loginMessage ?? SUCCESS).replace(/\r?\n/g, "\r\n")}\r\n`;
  }

  #askUser(): string {
    this.#asks = "user";
    return "Login as: ";
  }
}
