import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
// A thread can't run TypeScript on Node 20: the board is the built one.
import { type Board, type BoardOptions, createBoard } from "../../dist/repls/micropython/board.js";

/** A board with directories of its own, and its output as text. */
export interface Bench {
  readonly board: Board;
  readonly flash: string;
  readonly sd: string;
  /** Output since the last `expect`. */
  readonly seen: () => string;
  clear(): void;
  type(text: string | Uint8Array): void;
  /** Waits for text, and takes the output up to its end. */
  expect(wanted: string | RegExp, deadlineMs?: number): Promise<string>;
  /** Types a line at the prompt and gives what it printed. */
  ask(line: string, deadlineMs?: number): Promise<string>;
  /** Runs a program in the raw REPL of its own; gives what it printed and what it complained of. */
  run(program: string, deadlineMs?: number): Promise<{ readonly out: string; readonly error: string }>;
}

const PROMPT = "\r\n>>> ";
const open: { readonly board: Board; readonly root: string }[] = [];

/** Ends the boards of the file's tests after each. */
export function closeBoardsAfterEach(): void {
  afterEach(async () => {
    for (const { board, root } of open.splice(0)) {
      await board.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
}

export interface BenchOptions extends Partial<BoardOptions> {
  /** Called before the board is switched on. */
  readonly prepare?: (flash: string, sd: string) => void;
  /** False: wait for nothing. */
  readonly prompt?: boolean;
  /** False: switched on by the test. */
  readonly start?: boolean;
  /** False: shown on a terminal by the test. */
  readonly connect?: boolean;
}

export async function boardBench({
  prepare,
  prompt = true,
  start = true,
  connect = true,
  ...options
}: BenchOptions = {}): Promise<Bench> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "porthole-board-test-")));
  const flash = join(root, "flash");
  const sd = join(root, "sd");
  mkdirSync(flash);
  mkdirSync(sd);
  prepare?.(flash, sd);
  const board = createBoard({ flash, sd, ...options });
  open.push({ board, root });
  let output = "";
  if (connect) {
    board.connect({
      write(bytes) {
        output += Buffer.from(bytes).toString("latin1");
        return undefined;
      },
      exit() {},
    });
    board.resume({ who: "local", type: "xterm", size: { columns: 80, rows: 24 } }, undefined);
  }
  const bench: Bench = {
    board,
    flash,
    sd,
    seen: () => output,
    clear() {
      output = "";
    },
    type(text) {
      void board.input(typeof text === "string" ? Buffer.from(text) : text);
    },
    async expect(wanted, deadlineMs = 30_000) {
      const end = performance.now() + deadlineMs;
      for (;;) {
        const [at, length] = place(output, wanted);
        if (at >= 0) {
          const taken = output.slice(0, at + length);
          output = output.slice(at + length);
          return taken;
        }
        if (performance.now() > end)
          throw new Error(`waited in vain for ${wanted}; there is ${JSON.stringify(output)}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    async ask(line, deadlineMs) {
      bench.clear();
      bench.type(`${line}\r`);
      const all = await bench.expect(PROMPT, deadlineMs);
      return all.slice(line.length + 2, -PROMPT.length);
    },
    async run(program, deadlineMs) {
      bench.clear();
      bench.type("\x01");
      await bench.expect("exit\r\n>");
      bench.type(`${program}\x04`);
      await bench.expect("OK");
      const out = (await bench.expect("\x04", deadlineMs)).slice(0, -1);
      const error = (await bench.expect("\x04>")).slice(0, -2);
      bench.type("\x02");
      await bench.expect(">>> ");
      return { out: out.replaceAll("\r\n", "\n"), error: error.replaceAll("\r\n", "\n") };
    },
  };
  if (start) {
    void board.start();
    if (prompt) await bench.expect(">>> ");
  }
  return bench;
}

function place(text: string, wanted: string | RegExp): [at: number, length: number] {
  if (typeof wanted === "string") return [text.indexOf(wanted), wanted.length];
  const found = wanted.exec(text);
  return found === null ? [-1, 0] : [found.index, found[0].length];
}
