import { type ChildProcess, execFile, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { GUARD_FRAME } from "../../src/console/guard-frame.ts";
import { interruptible } from "../../src/repls/node/interruptible.ts";
import { until } from "./screen.ts";

const child = (name: string): string => fileURLToPath(new URL(`./children/${name}`, import.meta.url));
const running: ChildProcess[] = [];
afterEach(() => {
  for (const each of running.splice(0)) each.kill("SIGKILL");
});

class Prompt {
  readonly process: ChildProcess;
  out = "";
  ready = false;
  /** Interrupts that are over. */
  interrupts = 0;
  exit: string | undefined;

  constructor(execArgv: readonly string[] = []) {
    this.process = fork(child("interrupted.mjs"), { execArgv: [...execArgv], stdio: ["pipe", "pipe", "pipe", "ipc"] });
    running.push(this.process);
    const read = (bytes: Buffer): void => {
      this.out += bytes.toString();
    };
    this.process.stdout?.on("data", read);
    this.process.stderr?.on("data", (bytes: Buffer) => {
      const text = bytes.toString();
      if (/^\.+$/.test(text)) this.interrupts += text.length;
      else read(bytes);
    });
    this.process.on("message", () => {
      this.ready = true;
    });
    this.process.on("exit", (code, signal) => {
      this.exit = `exit ${code ?? signal}`;
    });
  }

  async started(): Promise<this> {
    await until(
      () => this.ready && this.out.includes("> "),
      () => this.out,
    );
    return this;
  }

  type(keys: string): void {
    this.process.send(keys);
  }

  interrupt(): void {
    this.process.stdin?.write("x");
  }

  /** Waits for text behind what was waited for before. */
  async shows(wanted: string): Promise<void> {
    await until(
      () => this.out.includes(wanted),
      () => `${this.out}\n(wanted ${wanted}; ${this.exit ?? "alive"})`,
    );
    this.out = this.out.slice(this.out.indexOf(wanted) + wanted.length);
  }
}

/** What is stopped, and leaves the prompt and its variables as they were. */
const BUSY: Readonly<Record<string, string>> = {
  "a loop": "while (true) {}",
  "a loop that catches": "for (;;) { try { for (;;); } catch {} }",
  "a loop in finally": "for (;;) { try { throw 1 } catch {} finally { continue } }",
  "a regular expression": "/^(a+)+$/.test('a'.repeat(60) + 'b')",
  "a sleep": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
  "a getter": "({ get x() { for (;;); } }).x",
  "a value's own code for how it is shown": "({ [Symbol.for('nodejs.util.inspect.custom')]() { for (;;); } })",
};

describe("what was typed", () => {
  it("is called in a function of the name that other threads look for", () => {
    const stack = interruptible(() => new Error().stack ?? "");
    expect(stack).toContain(` ${GUARD_FRAME} `);
    expect(GUARD_FRAME).toBe("__interruptible__");
    expect(Object.getOwnPropertySymbols(globalThis).map(String)).not.toContain("Symbol(porthole.guard)");
  });

  it("gives its value or its error through the guard, nested too", () => {
    expect(interruptible(() => interruptible(() => 1) + interruptible(() => 2))).toBe(3);
    const error = new RangeError("mine");
    expect(() =>
      interruptible(() => {
        throw error;
      }),
    ).toThrow(error);
  });

  it("is stopped by another thread, and the prompt goes on", async () => {
    const prompt = await new Prompt().started();
    prompt.type("let kept = 'variable'\r");
    for (const [name, code] of Object.entries(BUSY)) {
      prompt.type(`console.log('bu' + 'sy'); ${code}\r`);
      await prompt.shows("busy");
      // Between what was typed and how its value is shown there is nothing to stop: then once more.
      while (!prompt.out.includes("KeyboardInterrupt") && prompt.exit === undefined) {
        const over = prompt.interrupts;
        prompt.interrupt();
        await until(
          () => prompt.interrupts > over || prompt.exit !== undefined,
          () => prompt.out,
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await prompt.shows("KeyboardInterrupt");
      prompt.type("kept + '!'\r");
      await prompt.shows("'variable!'");
      expect(prompt.exit, name).toBeUndefined();
    }
  });

  it("survives interrupts that race with short lines", async () => {
    const prompt = await new Prompt().started();
    const end = performance.now() + 3_000;
    let sent = 0;
    for (let line = 0; (performance.now() < end || sent < 2) && prompt.exit === undefined; line++) {
      prompt.out = "";
      prompt.type(`for (let i = 0; i < ${1 + (line % 7) * 3e5}; i++); 'r${line}' + '.'\r`);
      if (prompt.interrupts === sent) {
        prompt.interrupt();
        sent += 1;
      }
      await until(
        () => prompt.exit !== undefined || /(KeyboardInterrupt|'r\d+\.')\r?\n/.test(prompt.out),
        () => prompt.out,
      );
      expect(prompt.out).not.toMatch(/Generator|async hook|Error/);
    }
    // The last one may still wait for something to stop.
    while (prompt.interrupts < sent && prompt.exit === undefined) {
      prompt.type("1\r");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(sent).toBeGreaterThan(1);
    prompt.type("\r'all' + ' well'\r");
    await prompt.shows("'all well'");
    expect(prompt.exit).toBeUndefined();
  });

  it("may fail later: a rejection that nobody awaits is shown, and the program lives", async () => {
    const prompt = await new Prompt().started();
    prompt.type("Promise.reject(new Error('nobody waits')); 0\r");
    await prompt.shows("Uncaught Error: nobody waits");
    prompt.type("(async () => { await 1; throw new Error('later') })(); 0\r");
    await prompt.shows("Uncaught Error: later");
    prompt.type("'al' + 'ive'\r");
    await prompt.shows("'alive'");
  });
});

describe("10,000 lines", () => {
  it("leave no listener, no session and no console argument behind", { timeout: 300_000 }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", child("many-lines.mjs")]);
    const told = JSON.parse(stdout) as {
      readonly alive: number;
      readonly before: { readonly heap: number; readonly listeners: number; readonly own: number };
      readonly after: { readonly heap: number; readonly listeners: number; readonly own: number };
    };
    expect(told.alive).toBeLessThan(20);
    expect(told.after.listeners).toBe(told.before.listeners);
    expect(told.after.own).toBe(told.before.own);
    expect(told.after.heap - told.before.heap).toBeLessThan(3_000_000);
  });
});
