import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import {
  type Busy,
  connectTo,
  makeBusy,
  type Program,
  permissionArgs,
  type RawClient,
  startProgram,
  toldWhere,
} from "./program.ts";
import { NODE } from "./runtimes.ts";
import { until } from "./until.ts";

let program: Program | undefined;
afterEach(() => program?.kill());

async function seated(args: readonly string[] = []): Promise<{ program: Program; client: RawClient }> {
  program = await startProgram("proxy-program.mjs", args);
  const client = await connectTo(program.port);
  await client.expect("> ");
  return { program, client };
}

/** Types a line that never ends, waits until it runs, and presses Ctrl-C; the time to the prompt in milliseconds. */
async function interrupted(client: RawClient, typed: string): Promise<number> {
  client.clear();
  client.type(`print("<runs>"); ${typed}\r`);
  await client.expect("<runs>");
  const begin = performance.now();
  client.type("\x03");
  await client.expect("! KeyboardInterrupt\r\n> ");
  return performance.now() - begin;
}

/** Code of a function body that keeps the program busy until it is let go, and says when it begins. */
const busy = ({ goesOn }: Busy): string => `{ print("<runs>"); while (${goesOn}); }`;

describe("the program's prompt from a task's thread", () => {
  it("seats a user, evaluates, resizes, and takes the seat back", async () => {
    const { program, client } = await seated();
    await client.expect(/hello micro from 127\.0\.0\.1:\d+ xterm 80x24/);
    client.type("1 + 1\r");
    await client.expect("= 2");
    client.type("\x1f\x64\x1e");
    await client.expect("size 100x30");
    client.socket.destroy();
    await until(async () => ((await program.ask("host.state.closed")) as string[]).includes("left"));
  });

  it("goes on when the REPL throws", async () => {
    program = await startProgram("proxy-program.mjs");
    const { ask } = program;
    const broken = `
      host.state.thrown = [];
      const fail = (what) => { host.state.thrown.push(what); throw new Error("no " + what); };
      const { open } = host;
      host.open = (terminal) => {
        const session = open(terminal);
        return {
          input: (bytes) => (bytes.includes(0x21) ? fail("input") : session.input(bytes)),
          resize: () => fail("resize"),
          interrupt: () => fail("interrupt"),
          close: (reason) => { session.close(reason); fail("close"); },
        };
      };`;
    await ask(broken.replaceAll("\n", " ")); // a command is a line
    const threw = (what: string): Promise<true> =>
      until(async () => ((await ask("host.state.thrown")) as string[]).includes(what));
    const client = await connectTo(program.port);
    await client.expect("> ");
    client.type("\x1f\x64\x1e");
    await threw("resize");
    client.type("!");
    await threw("input");
    client.type("\x03");
    await threw("interrupt");
    client.type("1 + 1\r");
    await client.expect("= 2");
    client.socket.destroy();
    await threw("close");
    const next = await connectTo(program.port);
    await next.expect("hello");
  });

  it("says the end of a session after all of its output", async () => {
    const { client } = await seated();
    const ended = once(client.socket, "end");
    client.type("for (let i = 0; i < 20000; i++) print('line ' + i + '\\r\\n'); leave()\r");
    await ended;
    expect(client.text()).toMatch(/line 19999\r\n(?:= undefined\r\n> )?<exited>$/);
  });

  it("tells who comes while the seat is taken, and sends them home", async () => {
    const { program } = await seated();
    const second = await connectTo(program.port);
    await second.expect("the seat is taken");
    await second.expect("<exited>");
  });

  it("shows what a busy program prints while it is busy", async () => {
    const { client } = await seated();
    const program = await makeBusy();
    client.clear();
    client.type(`${busy(program)}\r`);
    await client.expect("<runs>");
    expect(client.text()).not.toContain("=");
    program.letGo();
    await client.expect("= ");
  });

  it("holds a busy program that prints to a slow client, without losing a byte", async () => {
    const { client, program } = await seated();
    client.clear();
    client.socket.pause();
    client.type("for (let i = 0; i < 60000; i++) print(String(i).padStart(8, '.') + 'x'.repeat(70) + '\\r\\n')\r");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    client.socket.resume();
    await client.expect("= undefined");
    const lines = client
      .text()
      .split("\r\n")
      .filter((line) => line.endsWith("xxxx"));
    expect(lines).toHaveLength(60_000);
    expect(lines.every((line, i) => Number(line.slice(0, 8).replaceAll(".", "")) === i)).toBe(true);
    expect((await program.ask("process.memoryUsage().rss / 1048576")) as number).toBeLessThan(130);
  });

  it("frees a program that prints when its client goes away", async () => {
    const { client, program } = await seated();
    client.type("for (let i = 0; i < 1e6; i++) print('x'.repeat(1000)); globalThis.through = true\r");
    client.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begin = performance.now();
    client.socket.resetAndDestroy();
    expect(await program.ask("globalThis.through")).toBe(true);
    console.log(`freed and through a million prints in ${(performance.now() - begin).toFixed(0)} ms`);
  });

  it("takes a paste of 5,000 lines without losing a key, at the REPL's pace", async () => {
    const { client, program } = await seated();
    await program.ask("host.state.slow = true");
    let paste = "globalThis.sum = 0\r";
    for (let i = 1; i <= 5_000; i++) paste += `sum += ${i} // ${"padding ".repeat(4)}\r`;
    client.type(paste);
    await until(async () => (await program.ask("host.state.lines")) === 5_001);
    expect(await program.ask("sum")).toBe((5_000 * 5_001) / 2);
    expect(await program.ask("host.state.taken")).toBe(paste.length);
  });

  it("holds keys for a busy program, and stops reading beyond its limit", async () => {
    const { client, program } = await seated();
    const { goesOn, letGo } = await makeBusy();
    client.type(`${busy({ goesOn, letGo })}\r`);
    await client.expect("<runs>");
    const keys = `"${"k".repeat(32 * 1_048_576)}"`;
    client.type(keys);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(client.socket.writableLength).toBeGreaterThan(0);
    letGo();
    client.type(".length\r");
    await client.expect("= 33554432");
    expect(program.child.exitCode).toBeNull();
  });

  it("tells a user who comes to a busy program where it is", async () => {
    const { client, program } = await seated();
    const { goesOn, letGo } = await makeBusy();
    client.type(`setTimeout(function tick() { leave(); ${busy({ goesOn, letGo })} }, 50)\r`);
    await once(client.socket, "end");
    const second = await connectTo(program.port);
    await second.expect(/\[The program is busy in tick typed\.js:1; its prompt comes when it is free\.\]/);
    letGo();
    await second.expect("hello micro");
  });
});

describe("interrupt", () => {
  it.each([
    ["an endless loop", "while (true) {}"],
    ["a catch loop", "for (;;) { try { for (;;) throw 1 } catch {} }"],
    ["a finally loop", "for (;;) { try { for (;;); } finally { continue } }"],
    ["a catastrophic regular expression", "/^(a+)+$/.test('a'.repeat(40) + '!')"],
    ["Atomics.wait", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
    ["a getter", "({ get a() { for (;;); } }).a"],
    ["deep recursion", "(function f(n) { if (n === 0) for (;;); f(n - 1) })(5000)"],
    ["an AsyncLocalStorage", "new asyncHooks.AsyncLocalStorage().run(1, () => { for (;;); })"],
  ])("stops %s and leaves the prompt and its variables intact", async (_, typed) => {
    const { client, program } = await seated();
    client.type("kept = 41\r");
    await client.expect("= 41");
    const ms = await interrupted(client, typed);
    console.log(`${typed.slice(0, 40)}: ${ms.toFixed(0)} ms`);
    client.type("kept + 1\r");
    await client.expect("= 42");
    expect(await program.ask("process.exitCode")).toBeUndefined();
    expect(program.stderr()).toBe("");
  });

  it("is the event loop's own at an idle prompt", async () => {
    const { client } = await seated();
    client.clear();
    client.type("half");
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.type("\x03");
    await client.expect("^C");
    expect(client.text()).not.toContain("KeyboardInterrupt");
  });

  it("stops a program that prints to a client which does not read, again and again", async () => {
    const { client } = await seated();
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      client.clear();
      client.type(`for (;;) console.log("x".repeat(70)), print("y".repeat(2000))\r`);
      await new Promise((resolve) => setTimeout(resolve, 150));
      client.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 150));
      client.type("\x03");
      await new Promise((resolve) => setTimeout(resolve, 100));
      const begin = performance.now();
      client.socket.resume();
      await client.expect("! KeyboardInterrupt");
      times.push(performance.now() - begin);
      client.type(`"round" + ${round}\r`);
      await client.expect(`= round${round}`);
    }
    expect(Math.min(...times), "the quickest").toBeLessThan(1_600);
  });

  it.each([
    ["a timer", "setTimeout(BUSY)"],
    ["a microtask", "Promise.resolve().then(BUSY)"],
    ["nextTick", "process.nextTick(BUSY)"],
    ["an AsyncResource", 'new asyncHooks.AsyncResource("x").runInAsyncScope(BUSY)'],
  ])("leaves %s alone and tells where the program is", async (_, typed) => {
    const { client, program } = await seated();
    const { goesOn, letGo } = await makeBusy();
    client.clear();
    client.type(`${typed.replace("BUSY", `function busy() { print("<runs>"); while (${goesOn}); }`)}\r`);
    await client.expect("<runs>");
    await toldWhere(client, /\[busy in busy typed\.js:1;/);
    client.type("40 + 2\r");
    letGo();
    await client.expect("= 42");
    expect(program.stderr()).toBe("");
  });

  it("takes many Ctrl-C at once for one", async () => {
    const { client } = await seated();
    client.clear();
    client.type("print('<runs>'); for (;;);\r");
    await client.expect("<runs>");
    for (let i = 0; i < 20; i++) {
      client.type("\x03");
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await client.expect("! KeyboardInterrupt");
    client.type("6 * 7\r");
    await client.expect("= 42");
  });

  it("does not wait for a program that was slow to answer and has nothing to do any more", () => {
    const path = fileURLToPath(new URL("./fixtures/idle-program.mjs", import.meta.url));
    const { stdout } = spawnSync(NODE, [path], {
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(stdout).toBe('{"outcome":"handed-over"}\n');
  });

  it("keeps the order of keys and Ctrl-C, however fast they come", async () => {
    const { client } = await seated();
    for (let round = 0; round < 20; round++) {
      client.clear();
      for (const part of ["for (;;);\r", "\x03", "for (;;) ;\r", "\x03", `"end" + ${round}\r`]) {
        client.type(part);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await client.expect(`= end${round}`);
      expect(client.text()).not.toContain("busy");
    }
  });

  it("kicks a user out of a program that stands in a loop", async () => {
    const { client, program } = await seated();
    const { goesOn, letGo } = await makeBusy();
    await program.ask(`setTimeout(() => { words.kick(); while (${goesOn}); }, 100), 1`);
    await client.expect("<evicted>");
    letGo();
    await until(async () => ((await program.ask("host.state.closed")) as string[]).includes("evicted"));
  });

  it("leaves no inspector open and says nothing at exit", async () => {
    const { client, program } = await seated();
    await interrupted(client, "for (;;);");
    // While its thread runs: one that was open would hold the process, which would say so.
    const exited = once(program.child, "exit");
    program.child.stdin.write("process.exit(7)\n");
    expect(await exited).toEqual([7, null]);
    expect(program.stderr()).toBe("");
  });

  it("says once at login that it cannot be had, and the rest works", async () => {
    const { client } = await seated(permissionArgs());
    await client.expect("[Ctrl-C does not reach a busy program here: not under --permission.]");
    client.type("40 + 2\r");
    await client.expect("= 42");
    client.clear();
    const { goesOn, letGo } = await makeBusy();
    client.type(`${busy({ goesOn, letGo })}\r`);
    await client.expect("<runs>");
    client.type("\x03");
    await client.expect("cannot be interrupted: not under --permission");
    letGo();
    await client.expect("= ");
    client.clear();
    client.type("\x03");
    await client.expect("^C");
  });
});
