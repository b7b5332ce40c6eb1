/**
 * The terminal that this process was started on, as the switch wants it.
 *
 * @module
 */

import type { WindowSize } from "../contracts/repl.ts";
import type { ConsoleSwitch, LocalTerminal } from "./switch.ts";

export interface ProcessTerminalOptions {
  /** Default `process.stdin`. */
  readonly input?: NodeJS.ReadStream;
  /** Default `process.stdout`. */
  readonly output?: NodeJS.WriteStream;
  /** The REPL has ended at the local prompt. */
  readonly exit: () => void;
}

export interface ProcessTerminal {
  readonly terminal: LocalTerminal;
  /** Passes window sizes on, until the returned function is called. */
  watchSize(to: Pick<ConsoleSwitch, "localResize">): () => void;
  /**
   * Puts the terminal in raw mode and passes its keys on, in this thread: they are not seen while the program is busy.
   *
   * @returns a function that gives the terminal back as it was.
   */
  readKeys(to: Pick<ConsoleSwitch, "localInput">): () => void;
}

/** Wraps the process's terminal. Its output goes past a redirection of `process.stdout`. */
export function createProcessTerminal(options: ProcessTerminalOptions): ProcessTerminal {
  const input = options.input ?? process.stdin;
  const output = options.output ?? process.stdout;
  const write = output.write;
  const size = (): WindowSize => ({ columns: output.columns || 80, rows: output.rows || 24 });
  return {
    terminal: {
      type: (process.env["TERM"] ?? (process.platform === "win32" ? "ansi" : "unknown")).toLowerCase(),
      get size() {
        return size();
      },
      write(bytes) {
        if (Reflect.apply(write, output, [Buffer.from(bytes)])) return undefined;
        return new Promise((resolve) => {
          output.once("drain", resolve);
        });
      },
      exit: () => options.exit(),
    },
    watchSize(to) {
      const onResize = (): void => to.localResize(size());
      output.on("resize", onResize);
      return () => output.off("resize", onResize);
    },
    readKeys(to) {
      const onData = (bytes: Buffer): void => {
        const wait = to.localInput(bytes);
        if (wait === undefined) return;
        input.pause();
        void wait.then(() => input.resume());
      };
      const wasRaw = input.isRaw;
      input.setRawMode?.(true);
      input.on("data", onData);
      input.resume();
      return () => {
        input.off("data", onData);
        input.setRawMode?.(wasRaw);
        input.pause();
      };
    },
  };
}
