import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { Client } from "basic-ftp";
import { describe, expect, it, onTestFinished } from "vitest";
import { createConsoleSwitch } from "../../src/console/switch.ts";
import { createFtpServer } from "../../src/servers/ftp/server.ts";
import { createTelnetServer } from "../../src/servers/telnet/server.ts";
import { createDirectoryStore } from "../../src/stores/directory.ts";
import { createMountStore } from "../../src/stores/mounts.ts";
import { connectRaw, type RawClient } from "../wire/raw-client.ts";
import { spawnTerminal, type TestTerminal } from "../wire/terminal.ts";
import { type Bench, type BenchOptions, boardBench, closeBoardsAfterEach } from "./board-bench.ts";
import { keys, type Local, localTerminal, until } from "./screen.ts";

closeBoardsAfterEach();

interface Shared extends Bench {
  readonly console: ReturnType<typeof createConsoleSwitch>;
  readonly local: Local;
  readonly port: number;
  telnet(): Promise<RawClient>;
}

/** A board with a local terminal and a Telnet server. */
async function shared(options: BenchOptions & { readonly service?: boolean } = {}): Promise<Shared> {
  const { service = false, ...rest } = options;
  const bench = await boardBench({ ...rest, start: false, connect: false });
  const local = localTerminal();
  const console = createConsoleSwitch({ repl: bench.board, ...(service ? {} : { local }) });
  const server = createTelnetServer({ repl: console.host, port: 0 });
  const clients: RawClient[] = [];
  onTestFinished(async () => {
    for (const { socket } of clients) socket.destroy();
    await server.close();
  });
  const { port } = await server.listen();
  void bench.board.start();
  if (!service) await local.screen.endsWith(">>>");
  return {
    ...bench,
    console,
    local,
    port,
    type: (text) => void console.localInput(typeof text === "string" ? keys(text) : text),
    async telnet() {
      const client = await connectRaw(port);
      clients.push(client);
      await client.login();
      await client.until('Type "help()" for more information.\r\n');
      return client;
    },
  };
}

describe("one board, two terminals", () => {
  it("goes to the Telnet user with its variables, and comes back with the half-typed line", async () => {
    const { local, type, telnet } = await shared();
    type("a = 41\r");
    type("print(a * 10 + 0.5)\x1b[D\x1b[D");
    await local.screen.shows("0.5)");
    const client = await telnet();
    await client.until(">>> ");
    await local.screen.endsWith("Ctrl-T to terminate connection");
    expect(local.screen.lines().slice(-3)).toEqual([
      ">>> print(a * 10 + 0.5)",
      "[Telnet] User logged in, REPL paused.",
      "Ctrl-T to terminate connection",
    ]);
    client.type("a = a + 1; a\r");
    await client.until("\r\n42\r\n>>> ");
    type("LOCAL KEYS\r"); // dropped
    client.type("'no local' + ' keys'\r");
    expect(await client.until("'no local keys'\r\n>>> ")).not.toContain("LOCAL");
    client.socket.end();
    await local.screen.endsWith(">>> print(a * 10 + 0.5)");
    type("9\r"); // where the cursor was: 0.95
    await local.screen.shows(/^420\.95$/m);
  });

  it("keeps a half-typed definition, over a reset by the other user", async () => {
    const { local, type, telnet } = await shared();
    type("def f(n):\r    return n * 2");
    await local.screen.shows("return n * 2");
    const client = await telnet();
    await client.until(">>> ");
    client.type("\x04");
    await client.until("MPY: soft reboot\r\n");
    await client.until(">>> ");
    client.socket.end();
    await local.screen.endsWith("...     return n * 2");
    type("1\r\x7f\r");
    type("f(2)\r");
    await local.screen.shows(/^42$/m);
  });

  it("hands over a running program's output, and its prompt when it is done", async () => {
    const { local, type, telnet } = await shared();
    type("import time\r");
    type("for n in range(400): time.sleep_ms(5); print('line', n)\r\r");
    await local.screen.shows("line 3");
    const client = await telnet();
    const first = Number(/line (\d+)/.exec(await client.until(/line \d+\r\n/))?.[1]);
    expect(first).toBeGreaterThan(2);
    client.type("\x03");
    const end = await client.until(/KeyboardInterrupt: ?\r\n>>> /);
    expect(end.match(/>>> /g)).toHaveLength(1);
    client.type("'mine', n > 3\r");
    expect(await client.until("('mine', True)\r\n>>> ")).not.toContain("line");
    client.socket.end();
    await local.screen.endsWith(">>>");
  });

  it("is taken back by Ctrl-T, with what the other user runs", async () => {
    const { local, type, telnet, board } = await shared();
    const client = await telnet();
    await client.until(">>> ");
    client.type("while True: pass\r\r");
    while (!board.busy) await new Promise((go) => setTimeout(go, 1));
    await new Promise((go) => setTimeout(go, 30));
    type("\x14");
    await client.closed();
    await local.screen.endsWith(">>>");
    expect(local.screen.text()).toContain("[Telnet] Connection terminated from REPL");
    type("1 + 1\r");
    await local.screen.shows(/^2$/m);
  });

  it("keeps what was typed ahead for the terminal that it was typed on", async () => {
    const { local, type, telnet } = await shared();
    type("import time\r");
    await local.screen.shows(">>> import time\n>>>");
    type("time.sleep_ms(300)\r");
    await local.screen.shows("sleep_ms(300)");
    await new Promise((go) => setTimeout(go, 30));
    type("'typed' + ' ahead'\r");
    const client = await telnet();
    expect(await client.until(">>> ")).not.toContain("ahead");
    client.type("1 + 2\r");
    expect(await client.until("3\r\n>>> ")).not.toContain("ahead");
    client.socket.end();
    await local.screen.shows(/^'typed ahead'$/m);
  });

  it("leaves the raw REPL when its user leaves in the middle", async () => {
    const { local, telnet } = await shared();
    const client = await telnet();
    client.type("\r\x03\r\x01");
    await client.until("raw REPL; CTRL-B to exit\r\n>");
    client.type("print('half");
    client.socket.end();
    await local.screen.endsWith(">>>");
    const second = await telnet();
    await second.until(">>> ");
    second.type("1 + 1\r");
    await second.until("2\r\n>>> ");
  });

  it("serves Telnet alone, while nobody looks at what main.py prints", async () => {
    const { telnet, flash } = await shared({
      service: true,
      prepare: (flash) =>
        writeFileSync(
          join(flash, "main.py"),
          "n = 0\nwhile True:\n  print('x' * 1000)\n  n += 1\n  if n == 300: open('far', 'w').close()\n",
        ),
    });
    await until(
      () => existsSync(join(flash, "far")),
      () => "main.py has not come far",
    );
    const client = await telnet();
    await client.until("x".repeat(500));
    client.type("\x03");
    await client.until(/KeyboardInterrupt: ?\r\n[\s\S]*>>> /);
    client.type("n >= 300\r");
    await client.until("True\r\n>>> ");
    client.socket.end();
    const again = await telnet();
    await again.until(">>> ");
    again.type("'same', n >= 300\r");
    await again.until("('same', True)\r\n>>> ");
  });

  it("imports a file that has just come by FTP", async () => {
    const { flash, sd, telnet } = await shared();
    const store = createMountStore({
      "/flash": createDirectoryStore({ root: flash }),
      "/sd": createDirectoryStore({ root: sd }),
    });
    const server = createFtpServer({ store });
    onTestFinished(() => server.close());
    const { port } = await server.listen({ port: 0 });
    const ftp = new Client();
    await ftp.access({ host: "127.0.0.1", port, user: "micro", password: "python" });
    await ftp.uploadFrom(Readable.from(["answer = 42\n"]), "/flash/fresh.py");
    const client = await telnet();
    await client.until(">>> ");
    client.type("import fresh; fresh.answer\r");
    await client.until("\r\n42\r\n>>> ");
    client.type("with open('/sd/out.txt', 'w') as f: n = f.write('from Python')\r\r");
    await client.until("...");
    await client.until(">>> ");
    expect((await ftp.list("/sd")).map(({ name, size }) => [name, size])).toEqual([["out.txt", 11]]);
    ftp.close();
  });
});

describe("a board on a real terminal", () => {
  const open = async (files: Readonly<Record<string, string>> = {}): Promise<TestTerminal> => {
    const root = mkdtempSync(join(tmpdir(), "porthole-board-test-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
    const program = resolve(import.meta.dirname, "fixtures/board-program.mjs");
    const terminal = spawnTerminal(process.execPath, [program, root]);
    onTestFinished(async () => {
      await terminal.kill();
      rmSync(root, { recursive: true, force: true });
    });
    return terminal;
  };

  it("edits a line, goes through history and completes, as one sees it", async () => {
    const terminal = await open();
    await terminal.waitForScreen(/>>> ?$/);
    terminal.type("value = 123\r");
    await terminal.waitForScreen(/123\n>>> ?$/);
    terminal.type("valu\t\x1b[H[\x1b[F, 'end']\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[3~\"\x1b[F");
    await terminal.waitForScreen(`>>> [value, '"nd']`);
    terminal.type("\x03");
    await terminal.waitForScreen(/>>> ?$/);
    terminal.type("\x1b[A + 1\r");
    await terminal.waitForScreen(/>>> value = 123 \+ 1\n>>> ?$/);
    terminal.type("value\r");
    await terminal.waitForScreen(/^124$/m);
    terminal.type("import machine\rmachine.un\t\r");
    await terminal.waitForScreen(/machine\.unique_id\n<function/);
  });

  it("is interrupted, asks for input, and is left with Ctrl-]", async () => {
    const terminal = await open({ "main.py": "print('starting')\nwhile True: pass\n" });
    await terminal.waitForScreen(/^starting/m);
    terminal.type("\x03");
    await terminal.waitForScreen(/KeyboardInterrupt: *\nMicroPython v1\.27\.0[\s\S]*>>> ?$/);
    terminal.type("name = input('Name: ')\r");
    await terminal.waitForScreen(/Name: ?$/);
    terminal.type("Annx\x7fa\r");
    await terminal.waitForScreen(/Name: Anna\n>>> ?$/);
    terminal.type("name\r");
    await terminal.waitForScreen(/^'Anna'$/m);
    terminal.type("\x1d");
    expect((await terminal.exited()).exitCode).toBe(0);
  });

  it("takes a paste of thousands of lines", async () => {
    const terminal = await open();
    await terminal.waitForScreen(/>>> ?$/);
    terminal.type("total = 0\r");
    terminal.type("\x05");
    await terminal.waitForScreen(/=== ?$/);
    terminal.type(`${"total += 1\r".repeat(2_000)}\x04`);
    terminal.type("total, 'pasted'\r");
    await terminal.waitForScreen(/\(2000, 'pasted'\)/);
  });
});
