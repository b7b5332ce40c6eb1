import xterm from "@xterm/headless";
import type { LocalTerminal } from "../../src/console/switch.ts";
import type { LeaveReason, RemoteTerminal, WindowSize } from "../../src/contracts/repl.ts";

/** A terminal emulator that tests read. */
class Screen {
  readonly terminal: xterm.Terminal;
  /** All bytes so far. */
  raw = "";
  readonly #decoder = new TextDecoder();

  constructor(columns: number, rows: number) {
    this.terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 20_000, allowProposedApi: true });
  }

  write(bytes: Uint8Array): void {
    this.raw += this.#decoder.decode(bytes, { stream: true });
    this.terminal.write(Uint8Array.from(bytes));
  }

  /** Lines that are not blank at the end. */
  lines(): string[] {
    const buffer = this.terminal.buffer.active;
    const lines: string[] = [];
    for (let row = 0; row < buffer.length; row++) lines.push(buffer.getLine(row)?.translateToString(true) ?? "");
    while (lines.length > 0 && lines.at(-1) === "") lines.pop();
    return lines;
  }

  text(): string {
    return this.lines().join("\n");
  }

  get cursorColumn(): number {
    return this.terminal.buffer.active.cursorX;
  }
}

/** Waits until `check` is true, or fails with what `describe` tells. */
export async function until(check: () => boolean, describe: () => string, deadlineMs = 30_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!check()) {
    if (performance.now() > end) throw new Error(`waited in vain; there is:\n${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

class Shown extends Screen {
  async shows(wanted: string | RegExp): Promise<void> {
    const matches = (): boolean => {
      const text = this.text();
      return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
    };
    await until(matches, () => `${this.text()}\n(wanted ${String(wanted)})`);
  }

  /** Waits until the last line is the wanted one. */
  async endsWith(wanted: string): Promise<void> {
    await until(
      () => this.lines().at(-1)?.trimEnd() === wanted.trimEnd(),
      () => `${this.text()}\n(wanted last: ${wanted})`,
    );
  }
}

export interface Local extends LocalTerminal {
  readonly screen: Shown;
  exits: number;
}

export function localTerminal(size: WindowSize = { columns: 80, rows: 24 }): Local {
  const screen = new Shown(size.columns, size.rows);
  return {
    screen,
    type: "xterm-256color",
    size,
    exits: 0,
    write(bytes) {
      screen.write(bytes);
      return undefined;
    },
    exit() {
      this.exits += 1;
    },
  };
}

export interface Remote extends RemoteTerminal {
  readonly screen: Shown;
  readonly ended: LeaveReason[];
}

export function remoteTerminal(
  options: { readonly size?: WindowSize; readonly type?: string; readonly user?: string } = {},
): Remote {
  const size = options.size ?? { columns: 100, rows: 30 };
  const screen = new Shown(size.columns, size.rows);
  const ended: LeaveReason[] = [];
  return {
    screen,
    ended,
    peer: "192.0.2.7:50312",
    user: options.user ?? "micro",
    type: options.type ?? "xterm-256color",
    size,
    write(bytes) {
      screen.write(bytes);
      return undefined;
    },
    end(reason) {
      ended.push(reason);
    },
  };
}

export const keys = (text: string): Uint8Array => new TextEncoder().encode(text);
