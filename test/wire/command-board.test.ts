/**
 * `porthole board`, as its user meets it: `>>>` on this terminal, a telnet client and an FTP client beside it.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "basic-ftp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientIt } from "./clients.ts";
import { loggedEvent, PORTHOLE, startPorthole } from "./porthole-command.ts";
import { spawnTerminal, type TestTerminal } from "./terminal.ts";

const endings: (() => Promise<void> | void)[] = [];
let folder: string;
let directories: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "porthole-board-"));
  directories = ["--flash", join(folder, "flash"), "--sd", join(folder, "sd")];
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
});

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function terminal(command: string, args: readonly string[]): TestTerminal {
  const made = spawnTerminal(command, args);
  endings.push(() => made.kill());
  return made;
}

function flash(name: string, text: string): void {
  mkdirSync(join(folder, "flash"), { recursive: true });
  writeFileSync(join(folder, "flash", name), text);
}

interface Ports {
  readonly telnet: string;
  readonly ftp: string;
}

/** Boots a board on a terminal, and finds out where its servers listen. */
async function startBoard(): Promise<{ local: TestTerminal } & Ports> {
  const log = join(folder, "log");
  const flags = ["--telnet", "127.0.0.1:0", "--ftp", "127.0.0.1:0", "--json", "--log-level", "info", ...directories];
  const words = [process.execPath, PORTHOLE, "board", ...flags];
  const local = terminal("/bin/sh", ["-c", 'exec "$@" 2>"$0"', log, ...words]);
  await local.waitForScreen(/^>>> $/m);
  const port = async (service: string) => String((await loggedEvent(log, "listening", service))["port"]);
  return { local, telnet: await port("telnet"), ftp: await port("ftp") };
}

async function login(client: string, port: string): Promise<TestTerminal> {
  const remote = terminal(client, ["127.0.0.1", port]);
  await remote.waitForScreen("Login as:");
  remote.type("micro\r");
  await remote.waitForScreen("Password:");
  remote.type("python\r");
  await remote.waitForScreen('Type "help()" for more information.');
  await remote.waitForScreen(/^>>> $/m);
  return remote;
}

describe("porthole board on a terminal", () => {
  clientIt(
    "is one board for this terminal and a telnet user; this one pauses meanwhile",
    "inetutils-telnet",
    async (client) => {
      const { local, telnet } = await startBoard();
      expect(local.screen()).toContain("MicroPython v1.27.0");
      local.type("x = 41\r");
      await local.waitForScreen(/x = 41\n>>> $/);
      local.type("half ty");
      await local.waitForScreen("half ty");

      const remote = await login(client, telnet);
      await local.waitForScreen("[Telnet] User logged in, REPL paused.");
      remote.type("x + 1\r");
      await remote.waitForScreen(/^42$/m);
      remote.type("import network; network.telnet.status()\r");
      await remote.waitForScreen(/\(4, 'Logged in', \('127\.0\.0\.1:\d+',\)\)/);
      remote.type("while True: pass\r");
      remote.type("\r");
      await remote.waitForScreen("while True");
      remote.type("\x03");
      await remote.waitForScreen("KeyboardInterrupt");

      local.type("\x14");
      await remote.waitForScreen("Connection closed");
      await local.waitForScreen("[Telnet] Connection terminated from REPL");
      await local.waitForScreen(/>>> half ty$/);
      local.type("\x03x\r");
      await local.waitForScreen(/^41$/m);
      local.type("\x1d");
      expect((await local.exited()).exitCode).toBe(0);
    },
  );

  clientIt("imports what came by FTP, and FTP shows what Python writes", "curl", async (curl) => {
    const { local, ftp } = await startBoard();
    const url = `ftp://micro:python@127.0.0.1:${ftp}`;
    const file = join(folder, "lamp.py");
    writeFileSync(file, "def on():\n    print('the lamp is on')\n");
    execFileSync(curl, ["-sS", "-T", file, `${url}/flash/lamp.py`]);
    local.type("import lamp; lamp.on()\r");
    await local.waitForScreen(/^the lamp is on$/m);
    local.type("open('/sd/log.txt', 'w').write('from python')\r");
    await local.waitForScreen(/^11$/m);
    expect(execFileSync(curl, ["-sS", `${url}/sd/log.txt`], { encoding: "utf8" })).toBe("from python");
    const root = execFileSync(curl, ["-sS", "--list-only", `${url}/`], { encoding: "utf8" });
    expect(root.split(/\r?\n/).sort()).toEqual(["", "flash", "sd"]);
  });

  it("stops the servers and starts them again from Python, with other credentials", async () => {
    const { local } = await startBoard();
    local.type("import network\r");
    local.type("network.ftp.stop(), network.ftp.status()[:2]\r");
    await local.waitForScreen("(True, (-1, 0))");
    local.type("network.ftp.start(user='anna', password='secret', buffsize=4096, timeout=200)\r");
    await local.waitForScreen(/^True$/m);
    local.type("network.ftp.status()[2]\r");
    await local.waitForScreen(/^'Ready'$/m);
    local.type("network.ftp.start(user='a' * 256, password='b' * 256), network.ftp.status()[2]\r");
    await local.waitForScreen("(True, 'Ready')");
    local.type("network.telnet.start(user='a\\n')\r");
    await local.waitForScreen(/ValueError: .*user .*control/s);
    local.type("network.ftp.start(timeout=0)\r");
    await local.waitForScreen("ValueError: timeout must be 1 to 86400");
    local.type("network.telnet.stack() > 4096\r");
    await local.waitForScreen(/stack\(\) > 4096\nTrue$/m);
  });

  it("resets softly at Ctrl-D and runs main.py again", async () => {
    flash("main.py", "print('main runs')\n");
    const { local } = await startBoard();
    await local.waitForScreen("main runs");
    local.type("\x04");
    await local.waitForScreen(/MPY: soft reboot\n.*main runs.*>>> $/s);
  });

  it("Ctrl-C at the terminal stops a sleeping main.py", async () => {
    flash("main.py", "import time\nprint('main sleeps')\ntime.sleep(100)\n");
    const words = ["board", "--telnet", "off", "--ftp", "off", ...directories];
    const local = terminal(process.execPath, [PORTHOLE, ...words]);
    await local.waitForScreen("main sleeps");
    local.type("\x03");
    await local.waitForScreen("KeyboardInterrupt");
    await local.waitForScreen(/>>> $/);
  });
});

describe("porthole board without a terminal", () => {
  it("--no-console tells where it listens, and runs until SIGTERM", async () => {
    const command = startPorthole([
      "board",
      "--no-console",
      "--telnet",
      "127.0.0.1:0",
      "--ftp",
      "127.0.0.1:0",
      ...directories,
    ]);
    endings.push(() => command.stop());
    await command.event("listening", "telnet");
    await command.event("listening", "ftp");
    command.child.kill("SIGTERM");
    expect(await command.exited()).toBe(0);
    expect(existsSync(join(folder, "flash"))).toBe(true);
  });
});

describe("porthole board's flags", () => {
  const start = (...flags: string[]) => {
    const ports = ["--telnet", "127.0.0.1:0", "--ftp", "127.0.0.1:0"];
    const command = startPorthole(["board", "--no-console", ...ports, ...directories, ...flags]);
    endings.push(() => command.stop());
    return command;
  };

  it("say where the servers of several boards listen", async () => {
    const commands = [start(), start()];
    const ports = new Set<unknown>();
    for (const command of commands) {
      for (const service of ["telnet", "ftp"]) ports.add((await command.event("listening", service))["port"]);
    }
    expect(ports.size).toBe(4);
    expect([...ports].filter((port) => port === 2323 || port === 2121)).toEqual([]);
  });

  it("say who may log in, and what he may do", async () => {
    const command = start("--user", "anna", "--password", "se cret", "--read-only", "--max-clients", "1");
    const { port } = await command.event("listening", "ftp");
    const client = new Client();
    endings.push(() => client.close());
    await client.connect("127.0.0.1", Number(port));
    await expect(client.login("micro", "python")).rejects.toThrow("530");
    client.close();
    const other = new Client();
    endings.push(() => other.close());
    await expect
      .poll(() => other.access({ host: "127.0.0.1", port: Number(port), user: "anna", password: "se cret" }))
      .toMatchObject({ code: 220 });
    await expect(other.ensureDir("/flash/new")).rejects.toThrow("550");
    const third = new Client();
    endings.push(() => third.close());
    await expect(third.connect("127.0.0.1", Number(port))).rejects.toThrow("421");

    const telnet = connect(Number((await command.event("listening", "telnet"))["port"]), "127.0.0.1");
    endings.push(() => void telnet.destroy());
    let got = "";
    telnet.on("data", (bytes) => {
      got += bytes.toString("latin1");
    });
    const answer = async (keys: string, wanted: string): Promise<void> => {
      got = "";
      telnet.write(keys);
      await expect.poll(() => got).toContain(wanted);
    };
    await expect.poll(() => got).toContain("Login as:");
    await answer("micro\r\n", "Password:");
    await answer("python\r\n", "Login as:");
    await answer("anna\r\n", "Password:");
    await answer("se cret\r\n", ">>> ");
  });
});

describe("porthole board --raw", () => {
  it("is the prompt that mpremote expects at socket://, without login", async () => {
    const flags = ["board", "--no-console", "--telnet", "off", "--ftp", "off", "--raw", "127.0.0.1:0"];
    const command = startPorthole([...flags, ...directories]);
    endings.push(() => command.stop());
    const { port } = await command.event("listening", "raw");
    const socket = connect(Number(port), "127.0.0.1");
    endings.push(() => void socket.destroy());
    let got = "";
    socket.on("data", (bytes) => {
      got += bytes.toString("latin1");
    });
    const answer = async (keys: string, wanted: string): Promise<void> => {
      got = "";
      socket.write(keys, "latin1");
      await expect.poll(() => got).toContain(wanted);
    };
    await answer("\r\x03", ">>> ");
    await answer("\r\x01", "raw REPL; CTRL-B to exit\r\n>");
    await answer("\x05A\x01", "R\x01");
    await answer("print(6 * 7)\x04", "\x0442\r\n\x04\x04>");
    await answer("while True: pass\x04", "OK");
    await answer("\x03", "KeyboardInterrupt");
    await answer("\r\x02", ">>> ");
  });

  it("is for this machine only", async () => {
    const command = startPorthole([
      "board",
      "--no-console",
      "--telnet",
      "off",
      "--ftp",
      "off",
      "--raw",
      "0.0.0.0:0",
      ...directories,
    ]);
    endings.push(() => command.stop());
    expect(await command.exited()).toBe(1);
    expect((await command.event("failed"))["message"]).toContain("no password");
  });
});

describe("porthole board SCRIPT", () => {
  const run = (args: readonly string[], input = "") =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((ended) => {
      const child = spawn(process.execPath, [PORTHOLE, "board", ...args, ...directories]);
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (bytes) => {
        stdout += bytes;
      });
      child.stderr.on("data", (bytes) => {
        stderr += bytes;
      });
      child.on("close", (code) => ended({ code, stdout, stderr }));
      child.stdin.end(input);
    });

  it("runs a file with its arguments and ends with its exit code", async () => {
    const file = join(folder, "script.py");
    writeFileSync(file, "import sys\nprint(sys.argv, 6 * 7)\nsys.exit(3)\n");
    expect(await run([file, "a", "b"])).toEqual({ code: 3, stdout: "['script.py', 'a', 'b'] 42\n", stderr: "" });
  });

  it("gives it standard input, and runs standard input itself for -", async () => {
    const file = join(folder, "ask.py");
    writeFileSync(file, "print('hello', input())\n");
    expect((await run([file], "anna\n")).stdout).toContain("hello anna\n");
    expect(await run(["-"], "print(1 + 1)\n")).toMatchObject({ code: 0, stdout: "2\n" });
  });

  it("shows a traceback and ends with 1", async () => {
    const file = join(folder, "broken.py");
    writeFileSync(file, "1 / 0\n");
    const { code, stdout } = await run([file]);
    expect(code).toBe(1);
    expect(stdout).toContain("ZeroDivisionError");
  });

  it("says which file is missing", async () => {
    expect(await run([join(folder, "none.py")])).toMatchObject({ code: 1, stderr: expect.stringContaining("none.py") });
  });
});
