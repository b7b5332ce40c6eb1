/**
 * The Node prompt of `porthole node` as its users meet it: the program on one terminal, real telnet clients on others.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientIt } from "./clients.ts";
import { loggedEvent, PORTHOLE } from "./porthole-command.ts";
import { spawnTerminal, type TestTerminal } from "./terminal.ts";

const UP = "\x1b[A";
const CLIENTS: readonly (readonly [name: string, binary: string, args: (port: string) => string[]])[] = [
  ["inetutils telnet", "inetutils-telnet", (port) => ["127.0.0.1", port]],
  ["telnet-ssl (netkit)", "telnet-ssl", (port) => ["127.0.0.1", port]],
  ["busybox telnet", "busybox", (port) => ["telnet", "127.0.0.1", port]],
  ["plink", "plink", (port) => ["-telnet", "-P", port, "127.0.0.1"]],
];

function open(command: string, args: readonly string[], term = "xterm-256color"): TestTerminal {
  const terminal = spawnTerminal(command, args, { term });
  onTestFinished(() => terminal.kill());
  return terminal;
}

async function startLocal(): Promise<{ local: TestTerminal; port: string }> {
  const folder = mkdtempSync(join(tmpdir(), "porthole-prompt-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "log");
  const command = [process.execPath, PORTHOLE, "node", "--telnet", "127.0.0.1:0", "--json", "--log-level", "info"];
  const local = open("/bin/sh", ["-c", 'exec "$@" 2>"$0"', log, ...command]);
  await local.waitForScreen(/^> $/m);
  const { port } = await loggedEvent(log, "listening", "telnet");
  return { local, port: String(port) };
}

async function logIn(client: string, args: readonly string[], term?: string): Promise<TestTerminal> {
  const remote = open(client, args, term);
  await remote.waitForScreen(/Login as: $/);
  remote.type("micro\r");
  await remote.waitForScreen(/Password: $/);
  remote.type("python\r");
  await remote.waitForScreen(/^> $/m);
  return remote;
}

async function seated(client: string): Promise<{ local: TestTerminal; remote: TestTerminal; port: string }> {
  const { local, port } = await startLocal();
  return { local, port, remote: await logIn(client, ["127.0.0.1", port]) };
}

/** What both sides of the console can do, at one terminal. */
async function useLineEditor(terminal: TestTerminal): Promise<void> {
  terminal.type("globalThis.kettle = { temperature: 97, größe: 'Ω🙂' }\r");
  await terminal.waitForScreen(/^\{ temperature: 97, 'größe': 'Ω🙂' \}$/m);
  terminal.type("kettle.tem\t");
  await terminal.waitForScreen(/^> kettle\.temperature$/m);
  terminal.type(" + 3\r");
  await terminal.waitForScreen(/^100$/m);
  terminal.type("function twice(n) {\rreturn n * 2\r}\r");
  await terminal.waitForScreen(/^undefined$/m);
  terminal.type("twice(1111)\r");
  await terminal.waitForScreen(/^2222$/m);
  terminal.type(`${UP} + 3\r`);
  await terminal.waitForScreen(/^> twice\(1111\) \+ 3\n2225$/m);
  terminal.type("const n: number = await Promise.resolve(5); n * 1001\r");
  await terminal.waitForScreen(/^5005$/m);
  terminal.type("(await import('node:path')).basename('/a/bc')\r");
  await terminal.waitForScreen(/^'bc'$/m);
  terminal.type("half");
  await terminal.waitForScreen(/^> half$/m);
  terminal.type("\x0c");
  await terminal.waitForScreen((screen) => screen === "> half");
  terminal.type("\x15.editor\r");
  await terminal.waitForScreen("Ctrl+D to finish");
  terminal.type("function edited() {\r  return 'by' + ' hand';\r}\redited()\r\x04");
  await terminal.waitForScreen(/^'by hand'$/m);
  terminal.type("\x1b[200~[1, 2, 3]\r  .map((n) => n * 7)\r  .join('-')\x1b[201~");
  await terminal.waitForScreen(/\.join\('-'\)$/);
  expect(terminal.screen()).not.toContain("7-14-21");
  terminal.type("\r");
  await terminal.waitForScreen(/^'7-14-21'$/m);
}

async function paste5000(terminal: TestTerminal): Promise<void> {
  terminal.type("globalThis.taken = []; 0\r");
  await terminal.waitForScreen(/^0$/m);
  let paste = "";
  for (let line = 0; line < 5_000; line++) paste += `taken.push(${line})\r`;
  terminal.type(`${paste}taken.every((n, i) => n === i) && "all " + taken.length\r`);
  await terminal.waitForScreen(/^'all 5000'$/m, 60_000);
}

async function printMegabyte(terminal: TestTerminal): Promise<void> {
  terminal.type(`for (let i = 0; i < 16384; i++) console.log(String(i).padStart(63, "."))\r`);
  await terminal.waitForScreen(/\.16383\nundefined\n> $/);
  const lines = terminal.raw().match(/^\.+\d+\r$/gm) ?? [];
  expect(lines.length).toBe(16_384);
  expect(lines.every((line, i) => Number(line.replace(/^\.+/, "")) === i)).toBe(true);
}

async function followWindow(terminal: TestTerminal): Promise<void> {
  terminal.type("\x0c");
  const wide = "Array.from({ length: 3 }, () => 'x'.repeat(30))\r";
  terminal.type(wide);
  await terminal.waitForScreen(
    (screen) => screen.split("\n").filter((line) => /^ +'x{30}',?$/.test(line)).length === 3,
  );
  terminal.resize(120, 30);
  for (let tries = 0; tries < 50; tries++) {
    terminal.type(`\x0c${wide}`);
    await terminal.waitForScreen(/'x{30}'[ ,]*\]?\n(\]\n)?> $/);
    if (/^\[ 'x{30}', 'x{30}', 'x{30}' \]$/m.test(terminal.screen())) return;
  }
}

describe("the prompt at the local terminal", () => {
  it("edits, completes, recalls, awaits, clears, takes an editor and a bracketed paste", async () => {
    await useLineEditor((await startLocal()).local);
  });
  it("takes a paste of 5,000 lines, and prints 1 MB, without loss", async () => {
    const { local } = await startLocal();
    await paste5000(local);
    await printMegabyte(local);
  });
  it("follows its window", async () => followWindow((await startLocal()).local));
});

describe("the prompt over telnet", () => {
  for (const [name, binary, args] of CLIENTS) {
    clientIt(
      `${name}: edits, completes, recalls, awaits, clears, takes an editor and a paste`,
      binary,
      async (path) => {
        const { port } = await startLocal();
        await useLineEditor(await logIn(path, args(port)));
      },
    );
  }
  clientIt(
    "takes a paste of 5,000 lines, and prints 1 MB, without loss",
    "inetutils-telnet",
    async (client) => {
      const { remote } = await seated(client);
      await paste5000(remote);
      await printMegabyte(remote);
    },
    120_000,
  );
  clientIt("follows its window", "inetutils-telnet", async (client) => followWindow((await seated(client)).remote));
});

describe("the switch", () => {
  clientIt(
    "loses no key that is typed behind Ctrl-T, at once or a moment later",
    "inetutils-telnet",
    async (client) => {
      const { local, port } = await startLocal();
      for (const [round, running] of ["", "for (;;);\r", "await new Promise(() => {})\r"].entries()) {
        const remote = await logIn(client, ["127.0.0.1", port]);
        await local.waitForScreen("Ctrl-T to terminate connection");
        remote.type(running);
        if (running !== "") await remote.waitForScreen(running.trim());
        local.type("dropped\x14'ke");
        await local.typeSlowly(`pt' + ${round}\r`);
        await local.waitForScreen(`'kept${round}'`);
        expect(local.history()).not.toContain("dropped");
        await remote.waitForScreen("Connection closed");
        local.type("\x0c");
      }
    },
  );
});
