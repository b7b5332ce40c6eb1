/**
 * The tools that wait for the device's exact texts, and scripts that look for a prompt at the end of a packet.
 */
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { Telnet } from "telnet-client";
import { expect, it, onTestFinished } from "vitest";
import { clientIt } from "./clients.ts";
import { startTelnet } from "./telnet-fixture.ts";

/** Runs a program to its end. */
function run(
  command: string,
  args: readonly string[],
  input = "",
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: 60_000, encoding: "latin1", maxBuffer: 2 ** 24 },
      (_error, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.on("error", reject);
    child.stdin?.end(input);
  });
}

const script = (name: string) => join(import.meta.dirname, "scripts", name);

clientIt("netcat from a pipe: all in one packet, then the end of input", "nc", async (path) => {
  const telnet = await startTelnet();
  const { stdout } = await run(path, ["-N", "127.0.0.1", String(telnet.port)], "micro\npython\n1+1\n2+3\n");
  expect(stdout).toContain(
    'Login succeeded!\r\nType "help()" for more information.\r\n>>> 1+1\r\n2\r\n>>> 2+3\r\n5\r\n>>> ',
  );
  expect(telnet.repl.closed).toEqual(["left"]);
});

clientIt("netcat from a pipe: output that comes late is waited for", "nc", async (path) => {
  const telnet = await startTelnet();
  const { stdout } = await run(path, ["-N", "127.0.0.1", String(telnet.port)], "micro\npython\nflood 3000000\n");
  expect(stdout.length).toBeGreaterThan(3_000_000);
  expect(stdout).toMatch(/\r\n>>> $/);
});

clientIt("netcat from a pipe: the end of input in the login ends it", "nc", async (path) => {
  const telnet = await startTelnet();
  const { stdout } = await run(path, ["-N", "127.0.0.1", String(telnet.port)], "micro\n");
  expect(stdout).toMatch(/Password: $/);
  await telnet.event("left");
  const wrong = await run(path, ["-N", "127.0.0.1", String(telnet.port)], "micro\nwrong\nmicro\npython\n3+4\n");
  expect(wrong.stdout).toMatch(
    /Invalid credentials, try again\.\r\nLogin as: Password: \r\nLogin succeeded![\s\S]*\r\n7\r\n>>> $/,
  );
});

clientIt("busybox nc from a pipe", "busybox", async (path) => {
  const telnet = await startTelnet();
  const child = spawn(path, ["nc", "127.0.0.1", String(telnet.port)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.write("micro\npython\n1+1\n");
  let shown = "";
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString("latin1");
      if (shown.endsWith("1+1\r\n2\r\n>>> ")) resolve();
    });
  });
  child.stdin.end();
  await telnet.event("left");
});

clientIt("an expect script", "expect", async (path) => {
  const telnet = await startTelnet();
  const { stdout, status } = await run(path, [script("login.exp"), String(telnet.port)]);
  expect(stdout).toContain("RESULT 42");
  expect(status).toBe(0);
});

clientIt("Python's telnetlib and the login of pyboard.py", "python3", async (path) => {
  const telnet = await startTelnet();
  const { stdout, stderr, status } = await run(path, ["-W", "ignore", script("pyboard-style.py"), String(telnet.port)]);
  if (/No module named '?telnetlib/.test(stderr)) throw new Error("this Python has no telnetlib: use 3.12 or older");
  expect({ stdout, stderr, status }).toEqual({ stdout: "b'42'\n", stderr: "", status: 0 });
  expect(telnet.repl.interrupts).toBe(1);
});

it("npm telnet-client with its defaults but for the prompts", async () => {
  const telnet = await startTelnet();
  const client = new Telnet();
  onTestFinished(() => client.destroy());
  await client.connect({
    host: "127.0.0.1",
    port: telnet.port,
    loginPrompt: /Login as: $/,
    passwordPrompt: /Password: $/,
    shellPrompt: />>> $/,
    username: "micro",
    password: "python",
    timeout: 30_000,
    execTimeout: 30_000,
  });
  expect(await client.exec("20+22")).toContain("42");
  expect(await client.exec("1+1")).toContain("2");
  await client.end();
  await telnet.event("left");
});

it("npm telnet-client notices a wrong password", async () => {
  const telnet = await startTelnet();
  const client = new Telnet();
  onTestFinished(() => client.destroy());
  await expect(
    client.connect({
      host: "127.0.0.1",
      port: telnet.port,
      loginPrompt: /Login as: $/,
      passwordPrompt: /Password: $/,
      shellPrompt: />>> $/,
      failedLoginMatch: /Invalid credentials/,
      username: "micro",
      password: "wrong",
      timeout: 30_000,
    }),
  ).rejects.toThrow(/failed login/i);
  await telnet.event("login-failed");
});
