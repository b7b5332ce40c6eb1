/** The local terminal of a program, on a real pseudo terminal: its keys, and its state when the program has ended. */
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { spawnTerminal, type TestTerminal } from "../wire/terminal.ts";
import { logIn, makeBusy } from "./program.ts";
import { NODE } from "./runtimes.ts";

const PROGRAM = fileURLToPath(new URL("./fixtures/terminal-program.mjs", import.meta.url));

const opened: TestTerminal[] = [];
afterEach(async () => {
  for (const terminal of opened.splice(0)) await terminal.kill();
});

async function start(env: Record<string, string> = {}): Promise<TestTerminal> {
  const terminal = spawnTerminal(NODE, [PROGRAM], { env, cols: 200 });
  opened.push(terminal);
  await terminal.waitForScreen(/^> $/m);
  return terminal;
}

async function portOf(terminal: TestTerminal): Promise<number> {
  terminal.type("port()\r");
  const screen = await terminal.waitForScreen(/^\d{4,5}$/m);
  return Number(/^(\d{4,5})$/m.exec(screen)?.[1]);
}

/** A shell that runs the program and then tells the terminal's state, so that the state outlives the program. */
async function startBelowShell(env: Record<string, string> = {}): Promise<TestTerminal> {
  const script = `before=$(stty -g); "$0" "$1"; echo "ended $?"; [ "$before" = "$(stty -g)" ] && echo "as before" || stty -a`;
  const terminal = spawnTerminal("/bin/sh", ["-c", script, NODE, PROGRAM], { env, cols: 200 });
  opened.push(terminal);
  await terminal.waitForScreen(/^> $/m);
  return terminal;
}

describe("the terminal is as it was before", () => {
  it.each([
    ["process.exit()", "process.exit(3)\r", /ended 3/],
    ["the leave key", "\x1d", /ended 5/],
    [".exit", ".exit\r", /ended 5/],
    ["a crash", "globalThis.crashNow = true\r", /ended 1$/m],
    ["SIGTERM", "process.kill(process.pid, 'SIGTERM')\r", /ended 143/],
    [
      "SIGTERM in a loop",
      "setTimeout(() => process.kill(process.pid, 'SIGTERM'), 1); setTimeout(() => { for (;;); }, 1)\r",
      /ended 143/,
    ],
  ])("after %s", async (_, typed, ended) => {
    const terminal = await startBelowShell();
    terminal.type(typed);
    await terminal.waitForScreen(ended);
    await terminal.waitForScreen("as before");
  });
});

describe("the local terminal's keys", () => {
  it("takes a paste of 5,000 lines without losing a key", async () => {
    const terminal = await start();
    terminal.type("globalThis.sum = 0\r");
    await terminal.waitForScreen(/^0$/m);
    let paste = "";
    for (let i = 1; i <= 5_000; i++) paste += `sum += ${i}\r`;
    terminal.type(paste);
    await terminal.waitForScreen(/^12502500$/m);
  });

  it("stops a loop, a pending await, and what blocks the thread", async () => {
    const terminal = await start();
    for (const [i, typed] of [
      "for (;;);",
      "await new Promise(() => {})",
      "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    ].entries()) {
      terminal.type(`console.log("r" + "un${i}"); ${typed}\r`);
      await terminal.waitForScreen(`run${i}`);
      terminal.type("\x03");
      terminal.type(`"al" + "ive${i}"\r`);
      await terminal.waitForScreen(`'alive${i}'`);
    }
    expect(terminal.screen().match(/KeyboardInterrupt/g)?.length).toBe(3);
  });

  it("stops a program behind 200 KiB of keys that it has not taken, and they are gone", async () => {
    const terminal = await start();
    for (const [i, typed] of ["for (;;);", "await new Promise(() => {})"].entries()) {
      terminal.type(`console.log("r" + "un${i}"); ${typed}\r`);
      await terminal.waitForScreen(`run${i}`);
      await terminal.paste(`${`globalThis.ahead = true // ${"x".repeat(170)}\r`.repeat(1_024)}\x03`);
      terminal.type(`"al" + "ive${i} " + globalThis.ahead\r`);
      await terminal.waitForScreen(`'alive${i} undefined'`);
    }
    expect(terminal.history().match(/KeyboardInterrupt/g)?.length).toBe(2);
  });

  it("tells where a program is that cannot be stopped, and goes on after it", async () => {
    const terminal = await start();
    const { goesOn, letGo } = await makeBusy();
    terminal.type(`setTimeout(function tick() { console.log('r' + 'uns'); while (${goesOn}); })\r`);
    await terminal.waitForScreen(/^.*runs$/m);
    terminal.type("\x03");
    await terminal.waitForScreen(/\[busy in tick [^ ]+:1;/);
    terminal.type("6 * 7\r");
    letGo();
    await terminal.waitForScreen(/^42$/m);
  });

  it("ends a program that nothing stops at the second leave key, with the terminal as it was", async () => {
    const terminal = await startBelowShell();
    terminal.type("setTimeout(function tick() { console.log('r' + 'uns'); for (;;); })\r");
    await terminal.waitForScreen(/^.*runs$/m);
    terminal.type("\x1d");
    await terminal.waitForScreen("press the same key again");
    terminal.type("\x1d");
    await terminal.waitForScreen(/ended \d+/);
    await terminal.waitForScreen("as before");
  });

  it("drops all keys but Ctrl-T while a remote user is in, who may sit in any loop", async () => {
    const terminal = await start();
    const port = await portOf(terminal);
    terminal.type("half ty");
    const remote = await logIn(port);
    await terminal.waitForScreen("Ctrl-T to terminate connection");
    terminal.type("nothing of this\x03\r");
    const { goesOn, letGo } = await makeBusy();
    remote.type(`setTimeout(() => { console.log('r' + 'uns'); while (${goesOn}); })\r`);
    await remote.expect("runs");
    terminal.type("nor this\x14");
    await remote.expect("Connection terminated from REPL");
    letGo();
    await terminal.waitForScreen("[Telnet] Connection terminated from REPL");
    await terminal.waitForScreen(/> half ty$/);
    expect(terminal.screen()).not.toMatch(/nothing of|nor this/);
    expect(remote.text()).not.toMatch(/nothing of|nor this/);
  });

  it("keeps what is typed behind Ctrl-T for the prompt that comes back, however busy the remote user was", async () => {
    const terminal = await start();
    const port = await portOf(terminal);
    const busy = [
      "",
      "for (;;);\r",
      "await new Promise(() => {})\r",
      "setTimeout(() => { console.log('r' + 'uns'); busy(700) }); 0\r",
    ];
    for (const [round, typed] of busy.entries()) {
      const remote = await logIn(port);
      await terminal.waitForScreen(/Ctrl-T to terminate connection\n*$/);
      remote.type(typed);
      if (typed.includes("uns")) await remote.expect("runs");
      else if (typed !== "") await remote.expect(typed.trim());
      terminal.type("dropped\x14'ke");
      await terminal.typeSlowly(`pt' + ${round}\r`);
      await terminal.waitForScreen(`'kept${round}'`);
      await remote.expect("Connection terminated from REPL");
      expect(terminal.history()).not.toContain("dropped");
      terminal.type("\x0c");
      await terminal.waitForScreen((screen) => screen.trim() === ">");
    }
  });

  it("run nothing more of a user whom Ctrl-T sends away in the middle of a loop", async () => {
    const terminal = await start();
    const remote = await logIn(await portOf(terminal));
    remote.type("for (;;);\r");
    await remote.expect("for (;;);");
    remote.type("globalThis.ahead = true\r".repeat(10_000));
    terminal.type("\x14");
    await remote.expect("Connection terminated from REPL");
    terminal.type("`ahead: $" + "{globalThis.ahead}`\r");
    await terminal.waitForScreen("'ahead: undefined'");
  });

  it("are read for one prompt only, whatever else asks for one", async () => {
    const terminal = await start();
    terminal.type("globalThis.other = repl(); other.owner.who\r");
    await terminal.waitForScreen(/^'local'$/m);
    terminal.type("try { repl({ local: true }) } catch (error) { error.code }\r");
    await terminal.waitForScreen(/^'PORTHOLE_ERR_STATE'$/m);
    for (let i = 0; i < 50; i++) {
      terminal.type(`"key" + ${i}\r`);
      await terminal.waitForScreen(`'key${i}'`);
    }
    terminal.type("await other.close(), 'it' + ' closed'\r");
    await terminal.waitForScreen(/^'it closed'$/m);
  });

  it("leaves the program running when its prompt is left, if the program says so", async () => {
    const terminal = await startBelowShell({ ON_EXIT: "stay" });
    terminal.type(
      "globalThis.timer = setInterval(() => {}, 1000); setTimeout(() => { console.log('still he' + 're'); process.exit(9); }, 1000); 0\r",
    );
    await terminal.waitForScreen(/^0$/m);
    terminal.type(".exit\r");
    await terminal.waitForScreen("still here");
    await terminal.waitForScreen("ended 9");
    await terminal.waitForScreen("as before");
  });
});
