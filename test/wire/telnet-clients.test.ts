/**
 * Real clients on a real terminal: each logs in, evaluates, resizes and leaves, and the screen is as a user wants it.
 */
import { expect, onTestFinished } from "vitest";
import { clientIt } from "./clients.ts";
import { startTelnet } from "./telnet-fixture.ts";
import { spawnTerminal, type TestTerminal } from "./terminal.ts";

function open(command: string, args: readonly string[]): TestTerminal {
  const terminal = spawnTerminal(command, args);
  onTestFinished(() => terminal.kill());
  return terminal;
}

/** From the prompt `Login as: ` to the seat; slow typing, as a user does. */
async function logIn(terminal: TestTerminal): Promise<void> {
  await terminal.waitForScreen(/Login as: $/);
  await terminal.typeSlowly("micor\x7f\x7fro\r");
  await terminal.waitForScreen(/Login as: micro\nPassword: $/);
  terminal.type("python\r");
  await terminal.waitForScreen(/Password: \nLogin succeeded!\nType "help\(\)" for more information.\n>>> $/);
}

async function evaluate(terminal: TestTerminal): Promise<void> {
  // A key is echoed before Return: character mode.
  terminal.type("1+1");
  await terminal.waitForScreen(/>>> 1\+1$/);
  terminal.type("\r");
  await terminal.waitForScreen(/>>> 1\+1\n2\n>>> $/);
  terminal.type("say Grüße, 世界 🙂\r");
  await terminal.waitForScreen(/\nGrüße, 世界 🙂\n>>> $/);
}

async function resize(terminal: TestTerminal, resizes: boolean): Promise<void> {
  terminal.type("size\r");
  await terminal.waitForScreen(/\n80x24\n>>> $/);
  if (!resizes) return;
  terminal.resize(101, 33);
  await terminal.waitForScreen(/>>> \[101x33\]$/);
  terminal.type("size\r");
  await terminal.waitForScreen(/\n101x33\n>>> $/);
}

interface Client {
  readonly name: string;
  readonly binary: string;
  readonly args: (port: number) => string[];
  /** False: it tells its size at the start only. */
  readonly resizes: boolean;
  readonly leave: (terminal: TestTerminal) => Promise<void>;
}

const quit = (prompt: string) => async (terminal: TestTerminal) => {
  terminal.type("\x1d");
  await terminal.waitForScreen(`${prompt}> `);
  await terminal.waitForMode("lines");
  terminal.type("quit\r");
};

const CLIENTS: readonly Client[] = [
  {
    name: "inetutils telnet",
    binary: "inetutils-telnet",
    args: (port) => ["127.0.0.1", String(port)],
    resizes: true,
    leave: quit("inetutils-telnet"),
  },
  {
    name: "inetutils telnet -8 (BINARY from the start)",
    binary: "inetutils-telnet",
    args: (port) => ["-8", "127.0.0.1", String(port)],
    resizes: true,
    leave: quit("inetutils-telnet"),
  },
  {
    name: "telnet-ssl (netkit)",
    binary: "telnet-ssl",
    args: (port) => ["127.0.0.1", String(port)],
    resizes: true,
    leave: quit("telnet-ssl"),
  },
  {
    name: "busybox telnet",
    binary: "busybox",
    args: (port) => ["telnet", "127.0.0.1", String(port)],
    resizes: false,
    leave: async (terminal) => {
      terminal.type("\x1d");
      await terminal.waitForScreen(/e +exit telnet$/);
      terminal.type("e\r");
    },
  },
  {
    name: "plink",
    binary: "plink",
    args: (port) => ["-telnet", "-P", String(port), "127.0.0.1"],
    resizes: true,
    leave: (terminal) => terminal.kill(),
  },
];

for (const { name, binary, args, resizes, leave } of CLIENTS) {
  clientIt(`${name}: logs in, evaluates, resizes, leaves`, binary, async (path) => {
    const telnet = await startTelnet();
    const terminal = open(path, args(telnet.port));
    await logIn(terminal);
    await evaluate(terminal);
    await resize(terminal, resizes);
    expect(telnet.repl.terminal?.type).toMatch(/^xterm/);
    // Ctrl-C is a key for the program here, not the client's end.
    terminal.type("spin\r\x03");
    await terminal.waitForScreen(/\nKeyboardInterrupt\n>>> $/);
    await leave(terminal);
    await terminal.exited();
    await telnet.event("left");
    expect(telnet.repl.closed).toEqual(["left"]);
    expect(telnet.told).toEqual(["listening", "connected", "logged-in", "left"]);
  });
}

/** One command at the client's own prompt, and back. */
async function commandLine(terminal: TestTerminal, client: string, command: string): Promise<void> {
  terminal.type("\x1d");
  await terminal.waitForScreen(new RegExp(`${client}> $`));
  await terminal.waitForMode("lines");
  terminal.type(`${command}\r`);
  await terminal.waitForMode("keys");
}

for (const [name, binary] of [
  ["inetutils telnet: the IAC of a Synch is urgent, and lost in Node", "inetutils-telnet"],
  ["telnet-ssl (netkit): the DM of a Synch is urgent, and lost in Node", "telnet-ssl"],
] as const) {
  clientIt(`${name}: IP interrupts, and the next key is not eaten`, binary, async (path) => {
    const telnet = await startTelnet();
    const terminal = open(path, ["127.0.0.1", String(telnet.port)]);
    await logIn(terminal);
    terminal.type("spin\r");
    await terminal.waitForScreen(/>>> spin$/);
    for (const command of ["ip", "synch"]) {
      await commandLine(terminal, binary, `send ${command}`);
      if (command === "ip") await terminal.waitForScreen(/KeyboardInterrupt\n>>> $/);
    }
    terminal.type("2+3\r");
    await terminal.waitForScreen(/2\+3\n5\n>>> $/);
    expect(telnet.repl.interrupts).toBe(1);
    expect(telnet.repl.keys).toBe("spin\r2+3\r");
  });
}

clientIt("telnet-ssl (netkit): send brk, send ayt, send ec, send el", "telnet-ssl", async (path) => {
  const telnet = await startTelnet();
  const terminal = open(path, ["127.0.0.1", String(telnet.port)]);
  await logIn(terminal);
  const send = (command: string) => commandLine(terminal, "telnet-ssl", `send ${command}`);
  terminal.type("1+12");
  await terminal.waitForScreen(/>>> 1\+12$/);
  await send("ec");
  await send("ayt");
  terminal.type("\r");
  await terminal.waitForScreen(/\n2\n>>> $/);
  terminal.type("rubbish");
  await send("el");
  terminal.type("3+4\r");
  await terminal.waitForScreen(/\n7\n>>> $/);
  await send("brk");
  await terminal.waitForScreen(/KeyboardInterrupt\n>>> $/);
});

clientIt("netcat on a terminal: no negotiation, LF only, local echo", "nc", async (path) => {
  const telnet = await startTelnet();
  const terminal = open(path, ["127.0.0.1", String(telnet.port)]);
  await terminal.waitForScreen(/Login as: $/);
  terminal.type("micro\r");
  await terminal.waitForScreen(/Login as: micro\nPassword: $/);
  terminal.type("python\r");
  await terminal.waitForScreen(/Login succeeded!\nType "help\(\)" for more information.\n>>> $/);
  terminal.type("1+1\r");
  await terminal.waitForScreen(/\n2\n>>> $/);
  terminal.type("\x03");
  await terminal.exited();
  await telnet.event("left");
});

clientIt("busybox telnet in line mode after Ctrl-]: still evaluates", "busybox", async (path) => {
  const telnet = await startTelnet();
  const terminal = open(path, ["telnet", "127.0.0.1", String(telnet.port)]);
  await logIn(terminal);
  terminal.type("\x1d");
  await terminal.waitForScreen(/e +exit telnet$/);
  terminal.type("l\r");
  await terminal.waitForScreen(/Entering line mode/);
  terminal.type("4+5\r");
  await terminal.waitForScreen(/\n9\n>>> $/);
});

clientIt("two users with inetutils telnet: the second watches, then takes over", "inetutils-telnet", async (path) => {
  const telnet = await startTelnet();
  const first = open(path, ["127.0.0.1", String(telnet.port)]);
  await logIn(first);
  const second = open(path, ["127.0.0.1", String(telnet.port)]);
  await second.waitForScreen(/Login as: $/);
  second.type("micro\r");
  await second.waitForScreen(/Password: $/);
  second.type("python\r");
  await second.waitForScreen(/micro is logged in from 127\.0\.0\.1:\d+ since .* UTC \(\d+ s\)\.\n.*\[l\]eave\? $/);
  second.type("w");
  await second.waitForScreen(/You are watching: Ctrl-T takes over, Ctrl-C leaves\.$/);
  first.type("1+1\r");
  await second.waitForScreen(/1\+1\n2\n>>> $/);
  second.type("\x14");
  await first.waitForScreen(/\[Telnet\] micro from 127\.0\.0\.1:\d+ took over\n/);
  await first.exited();
  await second.waitForScreen(/Login succeeded!\nType "help\(\)" for more information\.\n>>> $/);
  second.type("2+3\r");
  await second.waitForScreen(/\n5\n>>> $/);
});
