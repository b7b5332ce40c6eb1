/**
 * The login of one session: its talk, the looks at what was typed, and the keys that come meanwhile.
 *
 * @module
 */

import type { Account } from "../../contracts/credentials.ts";
import type { Connection } from "./connection.ts";
import { LoginDialogue, type LoginStep } from "./login.ts";
import type { LoginAttempt, SessionEvent, SessionServer } from "./session-server.ts";

/** What a login needs of the server. */
type LoginServer = Pick<SessionServer<never>, "check" | "clock" | "repl" | "settings" | "tellableUser">;

/** What a login comes to, and tells on its way. */
export interface SessionLoginListener {
  loggedIn(account: Account): void;
  /** Nobody gets in here: the connection ends with `text`. */
  refused(reason: string, text: string): void;
  /** The user has gone away from the login. */
  left(): void;
  /** The next try may begin: keys that waited are wanted again. */
  again(): void;
  emit(event: SessionEvent): void;
}

export class SessionLogin {
  readonly #server: LoginServer;
  readonly #connection: Connection;
  readonly #listener: SessionLoginListener;
  readonly #dialogue: LoginDialogue;
  #held: Uint8Array[] = []; // keys that came while the talk could not take them
  #over = false;
  #forgetPause: () => void = () => undefined;

  constructor(server: LoginServer, connection: Connection, listener: SessionLoginListener) {
    this.#server = server;
    this.#connection = connection;
    this.#listener = listener;
    const { loginMessage } = server.settings;
    this.#dialogue = new LoginDialogue({
      banner: `${server.repl.name} ${server.repl.version}`.replace(/\p{Cc}+/gu, " ").trim(),
      ...(loginMessage === undefined ? {} : { loginMessage }),
    });
  }

  /** False while a login is looked at. */
  get wantsKeys(): boolean {
    return this.#dialogue.wantsKeys;
  }

  /** Shown to who gets the seat. */
  get successText(): string {
    return this.#dialogue.successText;
  }

  begin(): void {
    this.#run(this.#dialogue.begin());
  }

  keys(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#dialogue.wantsKeys) {
      const { steps, used } = this.#dialogue.receive(bytes, this.#connection.echoes);
      rest = bytes.subarray(used);
      this.#run(steps);
    }
    if (rest.length > 0) this.#held.push(rest);
  }

  /** Gives the keys that waited to who takes them now. */
  takeHeld(): readonly Uint8Array[] {
    return this.#held.splice(0);
  }

  /** Ends the talk: nothing more comes of it. */
  close(): void {
    this.#over = true;
    this.#forgetPause();
  }

  #run(steps: readonly LoginStep[]): void {
    for (const step of steps) {
      switch (step.type) {
        case "show":
          this.#connection.write(step.text);
          break;
        case "named":
          this.#connection.askTerminalType();
          break;
        case "attempt":
          this.#connection.hold(true);
          void this.#attempt(step);
          break;
        case "pause":
          break; // by who has the verdict
        case "refuse":
          this.#listener.refused("too many wrong logins", "");
          break;
        case "leave":
          this.#listener.left();
          break;
        default:
          step satisfies never;
      }
    }
  }

  /** Never rejects. */
  async #attempt(step: LoginAttempt): Promise<void> {
    const verdict = await this.#server.check(step, this.#connection.address);
    if (this.#over) return;
    if (verdict.result === "right") {
      this.close();
      this.#listener.loggedIn(verdict.account);
      return;
    }
    const user = this.#server.tellableUser(step.user);
    this.#listener.emit({ type: "login-failed", user, attempt: step.attempt });
    if (verdict.result === "wrong" && verdict.lockedSeconds !== undefined) {
      this.#listener.emit({ type: "locked-out", seconds: verdict.lockedSeconds });
    }
    const steps = this.#dialogue.settle(false);
    if (verdict.result === "locked") {
      this.#run(steps.slice(0, 1));
      this.#listener.refused("too many wrong logins from this address", "");
      return;
    }
    this.#run(steps);
    if (this.#isOver()) return;
    const delayMs = verdict.result === "wrong" ? verdict.delayMs : 0;
    this.#forgetPause = this.#server.clock.after(delayMs, () => {
      if (this.#over) return;
      this.#run(this.#dialogue.retry());
      this.#listener.again();
    });
  }

  #isOver(): boolean {
    return this.#over;
  }
}
