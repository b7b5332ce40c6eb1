import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ReplHost } from "../../src/contracts/repl.ts";
import type { TelnetTask, TelnetTaskConfig } from "../../src/tasks/telnet-task.ts";
import { connectTo, logIn, makeBusy, type Program, type RawClient, startProgram, toldWhere } from "./program.ts";
import { until } from "./until.ts";

const { createTelnetTask } = (await import(new URL("../../dist/tasks/telnet-task.js", import.meta.url).href)) as {
  createTelnetTask: (config: TelnetTaskConfig) => TelnetTask;
};
const { createLineRepl } = (await import(new URL("./fixtures/line-repl.mjs", import.meta.url).href)) as {
  createLineRepl: () => ReplHost;
};

let program: Program | undefined;
let task: TelnetTask | undefined;
afterEach(async () => {
  program?.kill();
  task?.stop({ force: true });
  await task?.stopped;
  task = undefined;
});

function create(config: Partial<TelnetTaskConfig> = {}): TelnetTask {
  const host = createLineRepl();
  task = createTelnetTask({ repl: () => host, ...config });
  return task;
}

const portOf = (one: TelnetTask): number => Number(one.status()[2][0]?.split(":").at(-1));

async function seated(): Promise<{ program: Program; client: RawClient }> {
  program = await startProgram("node-program.mjs", ["--expose-gc"]);
  return { program, client: await logIn(program.port) };
}

/** Types a line that never ends, waits until it runs, and presses Ctrl-C; the time to the prompt in milliseconds. */
async function interrupted(client: RawClient, typed: string, ctrlC = "\x03"): Promise<number> {
  client.clear();
  client.type(`console.log("<ru" + "ns>"); ${typed}\r`);
  await client.expect("<runs>");
  const begin = performance.now();
  client.type(ctrlC);
  await client.expect(/KeyboardInterrupt\s+> /);
  return performance.now() - begin;
}

describe("network.telnet as the device has it", () => {
  it("tells its states and texts, and where it listens", async () => {
    const one = create();
    expect(one.status()).toEqual([-1, "Not started", []]);
    expect(one.stack()).toBe(-1);
    expect(one.start({ port: 0 })).toBe(true);
    expect(one.status()).toEqual([2, "Listen", [expect.stringMatching(/^127\.0\.0\.1:\d+$/)]]);
    const client = await logIn(portOf(one));
    await until(() => one.status()[0] === 4);
    expect(one.status()[1]).toBe("Logged in");
    expect(one.pause()).toBe(false);
    expect(one.stop()).toBe(false);
    expect(one.lastError?.message).toContain("force: true");
    const ended = once(client.socket, "end");
    expect(one.pause({ force: true })).toBe(true);
    expect(one.status()).toEqual([0, "Disabled", []]);
    await ended;
    expect(one.resume()).toBe(true);
    expect(one.status()[0]).toBe(2);
    expect(one.stop()).toBe(true);
    expect(one.status()).toEqual([-1, "Not started", []]);
    await one.stopped;
  });

  it("is at Connected while somebody types a name, which keeps nobody from stopping it", async () => {
    const one = create();
    one.start({ port: 0 });
    const client = await connectTo(portOf(one));
    await client.expect("Login as: ");
    await until(() => one.status()[0] === 3);
    expect(one.status()[1]).toBe("Connected");
    expect(one.stop()).toBe(true);
  });

  it("answers status() in well under a microsecond, the quickest of ten times", () => {
    const one = create();
    one.start({ port: 0 });
    const reads = 20_000;
    const times: number[] = [];
    for (let round = 0; round < 10; round++) {
      const begin = performance.now();
      for (let i = 0; i < reads; i++) one.status();
      times.push(((performance.now() - begin) / reads) * 1e6);
    }
    const ns = Math.min(...times);
    console.log(`status(): ${ns.toFixed(0)} ns`);
    expect(ns).toBeLessThan(2_000);
    expect(one.status()[0]).toBe(2);
  });

  it("changes the credentials of a running task by start(), and keeps what is not given", async () => {
    const one = create();
    one.start({ port: 0, user: "ada", password: "first" });
    const port = portOf(one);
    expect(one.start({ user: "micro", password: "python" })).toBe(true);
    expect(portOf(one)).toBe(port);
    (await logIn(port)).socket.destroy();
    expect(one.start({ password: "second" })).toBe(true);
    const client = await connectTo(port);
    await client.expect("Login as: ");
    client.type("micro\r\n");
    await client.expect("Password: ");
    client.type("second\r\n");
    await client.expect("Login succeeded!");
    expect(one.pause({ force: true })).toBe(true);
    expect(one.start()).toBe(true);
    expect(one.status()[0]).toBe(2);
  });

  it("throws for a wrong option and changes nothing, and gives false for a busy port", async () => {
    const events: unknown[] = [];
    const one = create({ onEvent: (event) => events.push(event) });
    expect(() => one.start({ port: 70_000 })).toThrow(RangeError);
    expect(() => one.start({ stackSizeMb: 0 })).toThrow(RangeError);
    expect(() => one.start({ timeout: "long" } as never)).toThrow(TypeError);
    expect(() => one.start({ colour: "red" } as never)).toThrow("telnet.start: there is no option colour");
    expect(one.status()[0]).toBe(-1);
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    expect(one.start({ port })).toBe(false);
    expect(one.lastError).toMatchObject({ code: "PORTHOLE_ERR_ADDRESS_IN_USE" });
    expect(events).toEqual([{ type: "error", message: one.lastError?.message }]);
    blocker.close();
  });

  it("asks the program about logins, when it wants to be asked", async () => {
    const one = create();
    const asked: unknown[] = [];
    one.start({
      port: 0,
      async authenticate(user, password, peer) {
        asked.push([user, password.reveal(), peer]);
        return user === "micro" ? { user, rights: new Set(["prompt"] as const) } : undefined;
      },
    });
    const client = await logIn(portOf(one));
    expect(asked).toEqual([["micro", "python", { address: "127.0.0.1", service: "telnet" }]]);
    client.socket.destroy();
  });
});

describe("the Node prompt over the Telnet task", () => {
  /** Of each line that was stopped. A busy machine may make any of them slow, but hardly all. */
  const stoppedMs: number[] = [];

  it.each([
    ["an endless loop", "while (true) {}"],
    ["a catch loop", "for (;;) { try { for (;;) throw 1 } catch {} }"],
    ["a finally loop", "for (;;) { try { for (;;); } finally { continue } }"],
    ["a catastrophic regular expression", "/^(a+)+$/.test('a'.repeat(40) + '!')"],
    ["Atomics.wait", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
    ["a getter", "({ get a() { for (;;); } }).a"],
    ["a pending await", "await new Promise(() => {})"],
    ["typed TypeScript", "let n: number = 0; while (true) n++"],
  ])("stops %s and leaves the variables intact", async (_, typed) => {
    const { client, program } = await seated();
    client.type("globalThis.kept = 41\r");
    await client.expect("41");
    const ms = await interrupted(client, typed);
    stoppedMs.push(ms);
    console.log(`${typed.slice(0, 40)}: ${ms.toFixed(0)} ms`);
    client.clear();
    client.type("kept + 1\r");
    await client.expect("42");
    expect(program.stderr()).toBe("");
  });

  it("stops the quickest of them within 1.6 seconds", () => {
    expect(Math.min(...stoppedMs)).toBeLessThan(1_600);
  });

  it.each([
    ["IP", "\xff\xf4"],
    ["BRK", "\xff\xf3"],
  ])("stops a loop at telnet's %s", async (_, command) => {
    const { client } = await seated();
    await interrupted(client, "for (;;);", command);
  });

  it("shows a busy program's console.log while it runs, in order with the prompt's own output", async () => {
    const { client } = await seated();
    client.type("for (let i = 0; i < 5000; i++) console.log('line', i); 'done' + '!'\r");
    await client.expect("done!");
    const lines = [...client.text().matchAll(/^line (\d+)\r$/gm)].map((match) => Number(match[1]));
    expect(lines).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
    expect(client.text().indexOf("line 4999")).toBeLessThan(client.text().indexOf("'done!'"));
  });

  it("stops a print loop to a client that does not read, and the console still works", async () => {
    const { client } = await seated();
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      client.type(`for (;;) console.log("x".repeat(70))\r`);
      await client.expect("xxxx");
      client.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 200));
      client.type("\x03");
      const begin = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 100));
      client.socket.resume();
      await client.expect("KeyboardInterrupt");
      times.push(performance.now() - begin);
      client.clear();
      client.type(`console.log("round", ${round})\r`);
      await client.expect(`\r\nround ${round}`);
      client.clear();
    }
    expect(Math.min(...times)).toBeLessThan(1_600);
  });

  it("leaves a timer alone and says where the program is", async () => {
    const { client } = await seated();
    const { goesOn, letGo } = await makeBusy();
    client.type(`setTimeout(function tick() { console.log("<ru" + "ns>"); while (${goesOn}); }, 10)\r`);
    await client.expect("<runs>");
    await toldWhere(client, /\[busy in tick [^ ]+:1;/);
    client.type("40 + 2\r");
    letGo();
    await client.expect("42");
  });

  it("kicks a user out who keeps the program in a loop, and ends the loop", async () => {
    const { client, program } = await seated();
    client.type("setTimeout(() => words.kick(), 1); 0\r");
    await client.expect("Connection terminated from REPL");
    await until(async () =>
      ((await program.ask("events")) as { reason?: string }[]).some((event) => event.reason === "evicted"),
    );
    expect((await program.ask("console_.owner")) as object).toEqual({ who: "local" });
    await until(async () => ((await program.ask("telnet.status()")) as unknown[])[0] === 2);
  });

  it("leaves no session open after interrupts: what the console printed is let go of", async () => {
    const { client, program } = await seated();
    await program.ask(
      `globalThis.alive = 0; globalThis.registry = new FinalizationRegistry(() => { alive -= 1; });
      globalThis.track = (value) => { alive += 1; registry.register(value, 0); return value; }; 0`.replaceAll("\n", ""),
    );
    for (let i = 0; i < 3; i++) await interrupted(client, "for (;;);");
    client.clear();
    client.type("for (let i = 0; i < 500; i++) console.log(track({ i })); 'do' + 'ne'\r");
    await client.expect("'done'");
    await until(async () => {
      await program.ask("gc(), 0");
      return ((await program.ask("alive")) as number) < 20;
    });
    // One that was open would hold the process, which would say so.
    const exited = once(program.child, "exit");
    program.child.stdin.write("process.exit(7)\n");
    expect(await exited).toEqual([7, null]);
    expect(program.stderr()).toBe("");
  });

  it("leaves nothing behind after 10,000 lines", async () => {
    const { client, program } = await seated();
    const figures = `({ exit: process.listenerCount("exit"), uncaught: process.listenerCount("uncaughtException"),
      output: process.stdout.eventNames().map((name) => process.stdout.listenerCount(name)), handles: process.getActiveResourcesInfo().length })`.replaceAll(
      "\n",
      "",
    );
    const lines = (count: number): string => `${Array.from({ length: count }, (_, i) => `n = ${i}`).join("\r")}\r`;
    client.type(lines(200));
    await client.expect(/\r\n199\r\n(> )+$/);
    await program.ask("globalThis.gc?.()");
    const before = await program.ask(figures);
    const heapBefore = (await program.ask("process.memoryUsage().heapUsed / 1048576")) as number;
    client.clear();
    for (let part = 0; part < 20; part++) {
      client.clear();
      client.type(lines(500));
      await client.expect(/\r\n499\r\n(> )+$/);
    }
    await program.ask("globalThis.gc?.()");
    expect(await program.ask(figures)).toEqual(before);
    const heapAfter = (await program.ask("process.memoryUsage().heapUsed / 1048576")) as number;
    console.log(`heap before and after 10,000 lines: ${heapBefore.toFixed(1)}, ${heapAfter.toFixed(1)} MiB`);
    expect(heapAfter - heapBefore).toBeLessThan(25);
    expect(program.stderr()).toBe("");
  });
});
