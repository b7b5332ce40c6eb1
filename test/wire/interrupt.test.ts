/**
 * The prompt that can't be wedged, as its user meets it: a real telnet client on a terminal, and a program that is busy.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect } from "vitest";
import { makeBusy, type Program, startProgram } from "../tasks/program.ts";
import { clientIt } from "./clients.ts";
import { spawnTerminal, type TestTerminal } from "./terminal.ts";

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function seated(client: string): Promise<{ program: Program; remote: TestTerminal }> {
  const program = await startProgram("node-program.mjs");
  endings.push(() => program.kill());
  const remote = spawnTerminal(client, ["127.0.0.1", String(program.port)], { cols: 120 });
  endings.push(() => remote.kill());
  await remote.waitForScreen("Login as:");
  remote.type("micro\r");
  await remote.waitForScreen("Password:");
  remote.type("python\r");
  await remote.waitForScreen('Type "help()" for more information.');
  await remote.waitForScreen(/^> $/m);
  return { program, remote };
}

/** Types a line that says when it runs; each has a number, so that the screen tells them apart. */
async function run(remote: TestTerminal, number: number, typed: string): Promise<void> {
  remote.type(`console.log("ru" + "ns${number}"); ${typed}\r`);
  await remote.waitForScreen(`runs${number}`);
}

async function alive(remote: TestTerminal, number: number): Promise<void> {
  remote.type(`"ali" + "ve" + kept + ${number}\r`);
  await remote.waitForScreen(`'alive41${number}'`);
}

const ENDLESS: readonly string[] = [
  "while (true) {}",
  "for (;;) { try { for (;;) throw 1 } catch {} }",
  "for (;;) { try { for (;;); } finally { continue } }",
  "/^(a+)+$/.test('a'.repeat(40) + '!')",
  "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
  "({ get a() { for (;;); } }).a",
  "await new Promise(() => {})",
];

describe("Ctrl-C over telnet", () => {
  clientIt(
    "stops whatever was typed, one after the other, variables intact",
    "inetutils-telnet",
    async (client) => {
      const { program, remote } = await seated(client);
      remote.type("globalThis.kept = 41\r");
      await remote.waitForScreen(/^41$/m);
      for (const [number, typed] of ENDLESS.entries()) {
        await run(remote, number, typed);
        const begin = performance.now();
        remote.type("\x03");
        const before = number + 1;
        await remote.waitForScreen(() => (remote.history().match(/KeyboardInterrupt/g)?.length ?? 0) === before);
        console.log(`${typed}: ${(performance.now() - begin).toFixed(0)} ms`);
        await alive(remote, number);
      }
      expect(program.stderr()).toBe("");
    },
    60_000,
  );

  clientIt(
    "stops a program behind 200 KiB of keys that it has not taken, and they are gone",
    "inetutils-telnet",
    async (client) => {
      const { program, remote } = await seated(client);
      remote.type("globalThis.kept = 41\r");
      await remote.waitForScreen(/^41$/m);
      for (const [number, typed] of ["while (true) {}", "await new Promise(() => {})"].entries()) {
        await run(remote, number, typed);
        await remote.paste(`${`globalThis.ahead = true // ${"x".repeat(170)}\r`.repeat(1_024)}\x03`);
        const before = number + 1;
        await remote.waitForScreen(() => (remote.history().match(/KeyboardInterrupt/g)?.length ?? 0) === before);
        await alive(remote, number);
        remote.type("'ahead ' + globalThis.ahead\r");
        await remote.waitForScreen("'ahead undefined'");
      }
      expect(program.stderr()).toBe("");
    },
    60_000,
  );

  clientIt("shows a busy program's output while it runs, and stops it", "inetutils-telnet", async (client) => {
    const { remote } = await seated(client);
    remote.type("globalThis.kept = 41\r");
    await remote.waitForScreen(/^41$/m);
    remote.type("for (let i = 0; ; i++) if (i % 3e7 === 0) console.log('tick', i)\r");
    await remote.waitForScreen(/^tick 90000000$/m);
    remote.type("\x03");
    await remote.waitForScreen("KeyboardInterrupt");
    await alive(remote, 1);
  });

  clientIt(
    "leaves a timer alone, says where it is, and the prompt comes back after it",
    "inetutils-telnet",
    async (client) => {
      const { remote } = await seated(client);
      remote.type("globalThis.kept = 41\r");
      await remote.waitForScreen(/^41$/m);
      const { goesOn, letGo } = await makeBusy();
      remote.type(`setTimeout(function tick() { console.log('ru' + 'ns'); while (${goesOn}); }); 0\r`);
      await remote.waitForScreen("runs");
      remote.type("\x03");
      await remote.waitForScreen(/\[busy in tick [^ ]+:1;/);
      letGo();
      await alive(remote, 1);
    },
  );

  clientIt("is readline's own at an idle prompt: the half-typed line goes", "inetutils-telnet", async (client) => {
    const { remote } = await seated(client);
    remote.type("half ty");
    await remote.waitForScreen("> half ty");
    remote.type("\x03");
    await remote.waitForScreen(/> half ty\n> $/);
    expect(remote.screen()).not.toContain("KeyboardInterrupt");
  });
});

describe("netcat at the Node prompt", () => {
  clientIt(
    "types lines, and stops a loop with a Ctrl-C that its terminal lets through",
    ["nc.openbsd", "nc"],
    async (client) => {
      const { remote } = await seated(client);
      remote.type("globalThis.kept = 41\r");
      await remote.waitForScreen(/^41$/m);
      await run(remote, 1, "while (true) {}");
      // Ctrl-V: its terminal sends the next key as it is, with the line that Return ends.
      remote.type("\x16\x03\r");
      await remote.waitForScreen("KeyboardInterrupt");
      await alive(remote, 1);
    },
  );

  clientIt(
    "hands on a file of lines, and shows all of what they say before it ends",
    ["nc.openbsd", "nc"],
    async (client) => {
      const program = await startProgram("node-program.mjs");
      endings.push(() => program.kill());
      const lines = Array.from({ length: 500 }, (_, i) => `"line" + ${i}`);
      const child = spawn(client, ["-N", "127.0.0.1", String(program.port)]);
      let shown = "";
      child.stdout.on("data", (bytes) => {
        shown += bytes;
      });
      child.stdin.end(`micro\npython\n${lines.join("\n")}\n`);
      await once(child, "close");
      for (const i of lines.keys()) expect(shown).toContain(`'line${i}'`);
    },
  );
});
