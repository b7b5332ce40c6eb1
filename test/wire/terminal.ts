/**
 * A real terminal: a program on a pseudo terminal, and an emulator that shows what a user would see.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { readlinkSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

export interface TerminalOptions {
  /** Default 80. */
  readonly cols?: number;
  /** Default 24. */
  readonly rows?: number;
  /** Default `xterm-256color`. */
  readonly term?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface TestTerminal {
  readonly pid: number;
  /** The screen's text: one line a row, without blanks at the ends of lines and without empty lines at the end. */
  screen(): string;
  /** The screen and all that has scrolled off it. */
  history(): string;
  /** Everything that the program wrote, as it came. */
  raw(): string;
  /** Where the cursor is, from 0. */
  cursor(): { readonly column: number; readonly row: number };
  /** Types keys; Return is `\r`. */
  type(keys: string): void;
  /**
   * Types more than a terminal holds when its program reads nothing: settles when it has all been read, or is about to
   * be. Rejects when that takes too long.
   */
  paste(keys: string, timeoutMs?: number): Promise<void>;
  /** Types one key at a time, each when the one before it was written. */
  typeSlowly(keys: string): Promise<void>;
  /**
   * Waits until the screen is as wanted: a text that it holds, a pattern or a condition.
   *
   * @returns the screen then. Rejects with the screen in its message when that takes too long.
   */
  waitForScreen(wanted: string | RegExp | ((screen: string) => boolean), timeoutMs?: number): Promise<string>;
  resize(cols: number, rows: number): void;
  /** Waits until the program reads single keys, or lines: one that has just shown a prompt may not do so yet. */
  waitForMode(mode: "keys" | "lines"): Promise<void>;
  /** Waits for the program to end by itself. */
  exited(timeoutMs?: number): Promise<{ readonly exitCode: number; readonly signal: number | undefined }>;
  /** Ends the program; does nothing when it has ended. */
  kill(): Promise<void>;
}

/** Starts a program on a terminal. */
export function spawnTerminal(
  command: string,
  args: readonly string[],
  { cols = 80, rows = 24, term = "xterm-256color", env = {}, cwd = process.cwd() }: TerminalOptions = {},
): TestTerminal {
  const screen = new xterm.Terminal({ cols, rows, scrollback: 20_000, allowProposedApi: true });
  const pty: IPty = spawn(command, [...args], {
    name: term,
    cols,
    rows,
    cwd,
    env: { ...(process.env as Record<string, string>), TERM: term, LANG: "C.UTF-8", LC_ALL: "C.UTF-8", ...env },
  });
  keepUntilRead(pty);
  let raw = "";
  let ended: { exitCode: number; signal: number | undefined } | undefined;
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const look of [...watchers]) look();
  };
  pty.onData((text) => {
    raw += text;
    screen.write(text, changed);
  });
  screen.onData((answer) => {
    if (ended === undefined) pty.write(answer);
  });
  pty.onExit(({ exitCode, signal }) => {
    ended = { exitCode, signal };
    // What came before the end may still be on its way through the emulator.
    screen.write("", changed);
  });

  function text(firstRow: number): string {
    const buffer = screen.buffer.active;
    const lines: string[] = [];
    for (let row = firstRow; row < buffer.length; row++) lines.push(buffer.getLine(row)?.translateToString(true) ?? "");
    return lines.join("\n").replace(/\n+$/, "");
  }
  const visible = () => text(screen.buffer.active.baseY);

  function until<Result>(look: () => Result | undefined, late: () => string, timeoutMs: number): Promise<Result> {
    return new Promise((resolve, reject) => {
      const attempt = () => {
        const result = look();
        if (result === undefined) return;
        watchers.delete(attempt);
        clearTimeout(timer);
        resolve(result);
      };
      const timer = setTimeout(() => {
        watchers.delete(attempt);
        reject(new Error(late()));
      }, timeoutMs);
      watchers.add(attempt);
      attempt();
    });
  }

  return {
    pid: pty.pid,
    screen: visible,
    history: () => text(0),
    raw: () => raw,
    cursor: () => ({ column: screen.buffer.active.cursorX, row: screen.buffer.active.cursorY }),
    type: (keys) => pty.write(keys),
    async paste(keys, timeoutMs = 30_000) {
      const bytes = Buffer.from(keys);
      const deadline = Date.now() + timeoutMs;
      // The socket's own write would stand still, and this process with it.
      const { fd } = pty as unknown as { readonly fd: number };
      for (let at = 0; at < bytes.length; ) {
        try {
          at += writeSync(fd, bytes, at, Math.min(4_096, bytes.length - at));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
          if (Date.now() > deadline) {
            throw new Error(`only ${at} bytes of ${bytes.length} were read; the screen is:\n${visible()}`);
          }
          await new Promise((later) => setTimeout(later, 5));
        }
      }
    },
    async typeSlowly(keys) {
      for (const key of keys) {
        pty.write(key);
        await new Promise((written) => setImmediate(written));
      }
    },
    waitForScreen(wanted, timeoutMs = 30_000) {
      const holds =
        typeof wanted === "function"
          ? wanted
          : (shown: string) => (typeof wanted === "string" ? shown.includes(wanted) : wanted.test(shown));
      return until(
        () => {
          const shown = visible();
          return holds(shown) ? shown : undefined;
        },
        () =>
          `waited ${timeoutMs} ms for ${wanted}; ${ended ? "the program has ended; " : ""}the screen is:\n${visible()}`,
        timeoutMs,
      );
    },
    resize(newCols, newRows) {
      screen.resize(newCols, newRows);
      pty.resize(newCols, newRows);
    },
    async waitForMode(mode) {
      const device = readlinkSync(`/proc/${pty.pid}/fd/0`);
      const deadline = Date.now() + 30_000;
      const wanted = mode === "keys" ? / -icanon/ : / icanon/;
      while (!wanted.test(execFileSync("stty", ["-a", "-F", device], { encoding: "utf8" }))) {
        if (Date.now() > deadline) throw new Error(`the program does not read ${mode}; the screen is:\n${visible()}`);
        await new Promise((later) => setTimeout(later, 5));
      }
    },
    exited: (timeoutMs = 30_000) =>
      until(
        () => ended,
        () => `the program did not end within ${timeoutMs} ms; the screen is:\n${visible()}`,
        timeoutMs,
      ),
    async kill() {
      if (ended === undefined) pty.kill("SIGKILL");
      await this.exited();
      screen.dispose();
    },
  };
}

/**
 * The package closes a terminal 200 ms after the end of its program, read or not, and on a machine with much to do the
 * last words are lost. They have an end, unless something else holds the terminal.
 */
function keepUntilRead(pty: IPty): void {
  const { _socket: socket } = pty as unknown as { readonly _socket: Socket };
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    if (error !== undefined || socket.readableEnded) return destroy(error);
    setTimeout(destroy, 10_000).unref();
    return socket;
  };
}
