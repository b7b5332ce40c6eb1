/**
 * Keys that are shown before the prompt has them: the screen is the same as without, whatever is typed and however long
 * the keys are under way.
 */
import { runInContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConsoleSwitch } from "../../src/console/switch.ts";
import { LIMITS } from "../../src/contracts/limits.ts";
import type { ReplSession, WindowSize } from "../../src/contracts/repl.ts";
import { createNodeRepl, type NodeRepl } from "../../src/repls/node/node-repl.ts";
import { type ServerInternals, setBufferedLines } from "../../src/repls/node/server-internals.ts";
import { EchoChain } from "../../src/tasks/echo-chain.ts";
import type { EchoPermit } from "../../src/tasks/echo-permit.ts";
import { keys, type Remote, remoteTerminal } from "./screen.ts";

const SIZE: WindowSize = { columns: 24, rows: 12 };

/** A user at a prompt, on a terminal of their own. */
class User {
  readonly repl: NodeRepl;
  readonly remote: Remote;
  readonly session: ReplSession;
  /** As a program's `console.log` does. */
  print: (bytes: Uint8Array) => unknown = () => undefined;
  /** How many bytes were shown before the prompt had them. */
  shownBytes = 0;
  size = SIZE;
  readonly #isEchoed: boolean;
  readonly #chain = new EchoChain();
  readonly #waiting: { bytes: Uint8Array; number: number; shownAt: number | undefined }[] = [];
  #written = 0;
  #posted = 0;
  #permit: EchoPermit | undefined;

  constructor(isEchoed: boolean) {
    this.#isEchoed = isEchoed;
    const remote = remoteTerminal({ size: SIZE });
    const { write } = remote;
    remote.write = (bytes) => {
      this.#written += bytes.length;
      return write(bytes);
    };
    this.remote = remote;
    this.repl = createNodeRepl({ context: { hello: 1, hellohello: 2 } });
    // A stack has the number of its line among all that were ever typed.
    runInContext("Error.stackTraceLimit = 0", this.repl.server.context);
    const redirect = (print: User["print"]): (() => void) => {
      this.print = print;
      return () => undefined;
    };
    this.session = createConsoleSwitch({ repl: this.repl, programOutput: { redirect } }).host.open(remote);
    this.#speak(0);
  }

  /** What the prompt foretells once it has taken the keys. */
  told(text: string): unknown {
    this.type(keys(text));
    this.take();
    return this.session.echo?.();
  }

  type(bytes: Uint8Array): void {
    const screen = { columns: this.size.columns, written: this.#written, shown: this.#written };
    const shown = this.#isEchoed ? this.#chain.show(bytes, this.#posted, this.#permit, screen) : undefined;
    if (shown !== undefined) {
      this.remote.screen.write(shown);
      this.shownBytes += bytes.length;
    }
    const shownAt = shown === undefined ? undefined : this.#chain.written;
    this.#waiting.push({ bytes, number: ++this.#posted, shownAt });
  }

  /** The program takes so many of the keys. */
  take(count = Number.POSITIVE_INFINITY): void {
    for (const { bytes, number, shownAt } of this.#waiting.splice(0, Math.min(count, this.#waiting.length))) {
      if (shownAt === this.#written) void this.session.inputShown?.(bytes);
      else void this.session.input(bytes);
      if (this.#waiting.length === 0) this.#speak(number);
    }
  }

  interrupt(): void {
    this.#chain.break(this.#posted);
    this.take();
    this.session.interrupt();
  }

  resize(size: WindowSize): void {
    this.take();
    this.size = size;
    this.remote.screen.terminal.resize(size.columns, size.rows);
    this.session.resize(size);
    this.#speak(this.#posted);
  }

  /** The screen and the entry, when everything is taken. */
  async state(): Promise<unknown> {
    this.take();
    const { terminal } = this.remote.screen;
    await new Promise<void>((done) => terminal.write("", done));
    const { cursorX, cursorY } = terminal.buffer.active;
    const { line, cursor } = this.repl.server;
    // On a column that was cleared xterm keeps what has no width, or not, by what it was cleared with: nobody sees it.
    const lines = this.remote.screen.lines().map((row) => row.replaceAll(/[\u0301\u200d]/gu, "").trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return { line, cursor, cursorX, cursorY, lines };
  }

  close(): void {
    this.session.close("left");
    this.repl.close();
  }

  #speak(key: number): void {
    const echo = this.session.echo?.();
    this.#permit = echo && { ...echo, key, written: this.#written, columns: this.size.columns };
  }
}

type Step = { keys: string | Uint8Array } | { take: number } | { columns: number } | "interrupt" | "print";

async function run(steps: readonly Step[], isEchoed: boolean): Promise<{ state: unknown; shownBytes: number }> {
  const user = new User(isEchoed);
  try {
    for (const step of steps) {
      if (step === "interrupt") user.interrupt();
      else if (step === "print") user.print(keys("tick\n"));
      else if ("take" in step) user.take(step.take);
      else if ("columns" in step) user.resize({ columns: step.columns, rows: 12 });
      else user.type(typeof step.keys === "string" ? keys(step.keys) : step.keys);
    }
    return { state: await user.state(), shownBytes: user.shownBytes };
  } finally {
    user.close();
  }
}

// No long pieces: where one ends a row, the line editor forgets that, and draws the line twice at the next Backspace.
const typedKeys = fc
  .oneof(
    { weight: 40, arbitrary: fc.constantFrom(..."abc 1+('{`") },
    { weight: 16, arbitrary: fc.constant("\x7f") },
    { weight: 2, arbitrary: fc.constantFrom("ab\x7f\x7fc", "\x7f\x7f\x7f") },
    { weight: 3, arbitrary: fc.constantFrom("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[3~") },
    {
      weight: 3,
      arbitrary: fc.constantFrom("\x01", "\x05", "\x17", "\x15", "\x0b", "\x19", "\x0c", "\x12", "\x13", "\x1f"),
    },
    { weight: 2, arbitrary: fc.constantFrom("\x1b", "\x1bb", "\x1bf", "\x1b\x7f", "\x1b[", "\x1b[1;5D", "5\x1b[1;5") },
    { weight: 2, arbitrary: fc.constantFrom("é", "漢", "e\u0301", "\u0301", "👍🏽", "\u200d", "\t") },
    {
      weight: 1,
      arbitrary: fc.constantFrom([0xc3], [0xa9], [0xe6, 0xbc], [0xff], [0x61, 0xf0]).map((b) => Uint8Array.from(b)),
    },
    { weight: 6, arbitrary: fc.constantFrom("\r", "1\r", "'a'\r", "[1,\r", ".break\r", ".editor\r", "\r\n") },
    { weight: 1, arbitrary: fc.constantFrom("\x1b[200~", "\x1b[201~", "\x1b[200~a\rb\x1b[201~") },
  )
  .map((typed) => ({ keys: typed }));
const taking = fc.oneof(fc.constant({ take: 1 }), fc.constant({ take: 99 }));
const otherStep = fc.oneof(
  { weight: 6, arbitrary: taking },
  { weight: 1, arbitrary: fc.constantFrom({ columns: 17 }, { columns: 24 }, { columns: 40 }) },
  { weight: 1, arbitrary: fc.constant("interrupt" as const) },
);

describe("keys shown ahead of the prompt", () => {
  it("leave the screen and the line as the prompt itself would, whatever is typed", async () => {
    let shownBytes = 0;
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: typedKeys }, { weight: 1, arbitrary: otherStep }), {
      maxLength: 50,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (typed) => {
        const ahead = await run(typed, true);
        const plain = await run(typed, false);
        shownBytes += ahead.shownBytes;
        expect(ahead.state).toEqual(plain.state);
      }),
      { numRuns: Number(process.env["RUNS"] ?? 100) },
    );
    console.log(`${shownBytes} characters were shown ahead`);
    expect(shownBytes).toBeGreaterThan(20);
  }, 120_000);

  it("are lost by no output in between: the line is what was typed, and Ctrl-L draws it as it is", async () => {
    const key = fc
      .constantFrom(..."abc 1", "\x7f", "\x7f", "\x01", "\x05", "\r", "hel\t", "\x1b[A")
      .map((typed) => ({ keys: typed }));
    const steps = fc.array(
      fc.oneof({ weight: 5, arbitrary: key }, { weight: 2, arbitrary: taking }, fc.constant("print" as const)),
      {
        maxLength: 50,
        size: "max",
      },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (typed) => {
        const whole: Step[] = [...typed, { keys: "\x05\x0c" }, { take: 99 }, { keys: "z" }, { keys: "\x7f" }];
        const ahead = await run(whole, true);
        const plain = await run(whole, false);
        expect({ ...(ahead.state as object), lines: [] }).toEqual({ ...(plain.state as object), lines: [] });
      }),
      { numRuns: Number(process.env["RUNS"] ?? 100) },
    );
  }, 120_000);

  it("are foretold as many as fit into the row, and as stand there as typed", () => {
    const user = new User(true);
    try {
      const told = (text: string): unknown => user.told(text);
      expect(user.session.echo?.()).toEqual({ insert: 21, erase: 0 });
      expect(told("ab")).toEqual({ insert: 19, erase: 2 });
      user.print(keys("tick\n"));
      expect(told("c")).toEqual({ insert: 18, erase: 0 });
      expect(told("\x7f")).toEqual({ insert: 19, erase: 2 }); // has drawn the line anew
      expect(told("é1")).toEqual({ insert: 17, erase: 1 });
      expect(told("漢")).toBeUndefined();
      expect(told("\x15")).toEqual({ insert: 21, erase: 0 });
      expect(told("x".repeat(21))).toEqual({ insert: 0, erase: 21 });
      expect(told("xyz")).toEqual({ insert: 21, erase: 1 });
      for (const other of ["\x1b[D", "\x05\x1b", "[", "Fx\xc3", "\x12"]) expect(told(other)).toBeUndefined();
    } finally {
      user.close();
    }
  });

  it("are none while something runs, in the editor, and in long lines; and no more than an entry may have", () => {
    const user = new User(true);
    try {
      const told = (text: string): unknown => user.told(text);
      expect(told("await new Promise(() => {})\r")).toBeUndefined();
      user.interrupt();
      expect(told("a\x7f")).toBeDefined();
      expect(told(".editor\r")).toBeUndefined();
      expect(told("a")).toBeUndefined();
      expect(told("\x04")).toBeDefined();
      expect(told("a\x7f")).toBeDefined();
      expect(told("x".repeat(1_000))).toBeDefined();
      expect(told("x")).toBeUndefined();
      expect(told("\x15")).toMatchObject({ insert: 21 });
      setBufferedLines(
        user.repl.server as unknown as ServerInternals,
        "x".repeat(LIMITS.consoleEntryCharacters.value - 5),
      );
      expect(user.session.echo?.()).toMatchObject({ insert: 5 });
    } finally {
      user.close();
    }
  });

  it("are none while a program asks for a password, as programs do", async () => {
    const user = new User(true);
    try {
      user.repl.server.question("Password: ", () => undefined);
      Reflect.set(user.repl.server, "_writeToOutput", () => undefined);
      expect(user.session.echo?.()).toBeUndefined();
      user.type(keys("secret"));
      expect(await user.state()).toMatchObject({ line: "secret" });
      expect(user.remote.screen.raw).not.toContain("secret");
    } finally {
      user.close();
    }
  });

  it("are none while a program has muted the prompt's output", async () => {
    const user = new User(true);
    try {
      const { output } = user.repl.server;
      user.repl.server.question("Password: ", () => undefined);
      Reflect.set(output, "write", () => true);
      expect(user.session.echo?.()).toBeUndefined();
      user.type(keys("secret"));
      expect(await user.state()).toMatchObject({ line: "secret" });
      expect(user.shownBytes).toBe(0);
    } finally {
      user.close();
    }
  });

  it("are none once a program takes the keys from the prompt, or takes what the prompt makes of them", () => {
    const user = new User(true);
    try {
      const { input } = user.repl.server as unknown as { input: NodeJS.EventEmitter };
      const taking = input.listeners("keypress");
      input.removeAllListeners("keypress");
      expect(user.session.echo?.()).toBeUndefined();
      for (const listener of taking) input.on("keypress", listener as () => void);
      expect(user.session.echo?.()).toBeDefined();
      Reflect.set(user.repl.server, "_ttyWrite", () => undefined);
      expect(user.session.echo?.()).toBeUndefined();
    } finally {
      user.close();
    }
  });

  it("do not keep back what the program prints at a key", async () => {
    const user = new User(true);
    try {
      const { input, output } = user.repl.server as unknown as {
        input: NodeJS.EventEmitter;
        output: NodeJS.WritableStream;
      };
      input.on("keypress", (text: string) => text === "!" && output.write("\x07bang\r\n"));
      user.type(keys("a!"));
      expect(user.shownBytes).toBe(2);
      expect(await user.state()).toMatchObject({ line: "a!", lines: ["> a!bang"] });
    } finally {
      user.close();
    }
  });

  it("are taken back when the prompt makes something else of them", async () => {
    const user = new User(true);
    try {
      user.type(keys("abc"));
      user.take();
      Reflect.set(user.repl.server, "_ttyWrite", () => undefined); // as a program may do it
      user.type(keys("d"));
      expect(user.shownBytes).toBe(4);
      expect(await user.state()).toMatchObject({ line: "abc", lines: ["> abc"] });
    } finally {
      user.close();
    }
  });
});
