import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { NODE } from "./runtimes.ts";
import { until } from "./until.ts";

/** A machine with much to do takes its time to start a program. */
const ANSWER_MS = 30_000;

/** A program of `fixtures/` in a process of its own, since interrupts and a blocked main thread need one. */
export interface Program {
  readonly port: number;
  readonly child: ChildProcessWithoutNullStreams;
  readonly stderr: () => string;
  /** Evaluates a line of code in the program's event loop. */
  ask(code: string): Promise<unknown>;
  kill(): void;
}

/** Arguments for the permission model, with what a task needs: threads, sockets and reading files. */
export function permissionArgs(): string[] {
  const code = `["--permission", "--experimental-permission", "--allow-net"]
    .filter((flag) => process.allowedNodeEnvironmentFlags.has(flag)).join()`;
  const known = spawnSync(NODE, ["-p", code], { encoding: "utf8" }).stdout.trim().split(",");
  const model = known.find((flag) => flag.endsWith("permission"));
  if (model === undefined) throw new Error("this Node has no permission model");
  return [model, "--allow-fs-read=*", "--allow-worker", ...known.filter((flag) => flag === "--allow-net")];
}

/** @param command - The runtime and arguments for it; default Node. */
export async function startProgram(
  file: string,
  args: readonly string[] = [],
  env = {},
  [runtime, ...runtimeArgs]: readonly [string, ...string[]] = [NODE],
): Promise<Program> {
  const path = fileURLToPath(new URL(`./fixtures/${file}`, import.meta.url));
  const child = spawn(runtime, [...runtimeArgs, ...args, path], { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => {
    stdout += bytes;
  });
  child.stderr.on("data", (bytes) => {
    stderr += bytes;
  });
  const nextLine = (): Promise<string> =>
    until(() => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the program is gone (${child.exitCode ?? child.signalCode}): ${stderr}`);
      }
      const end = stdout.indexOf("\n");
      if (end < 0) return undefined;
      const line = stdout.slice(0, end);
      stdout = stdout.slice(end + 1);
      return { line };
    }, ANSWER_MS).then(({ line }) => line);
  const port = Number(await nextLine());
  return {
    port,
    child,
    stderr: () => stderr,
    async ask(code) {
      child.stdin.write(`${code}\n`);
      const line = await nextLine();
      return line === "undefined" ? undefined : JSON.parse(line);
    },
    kill: () => child.kill("SIGKILL"),
  };
}

/** Keeps a program busy until the test lets it go: however loaded the machine is, it is neither over too early nor late. */
export interface Busy {
  /** An expression in the program that is true until then. */
  readonly goesOn: string;
  letGo(): void;
}

export async function makeBusy(): Promise<Busy> {
  const folder = await mkdtemp(join(tmpdir(), "porthole-busy-"));
  const file = join(folder, "go");
  const letGo = (): void => writeFileSync(file, "");
  onTestFinished(async () => {
    letGo();
    await rm(folder, { recursive: true });
  });
  return { goesOn: `!fs.existsSync(${JSON.stringify(file)})`, letGo };
}

/** Presses Ctrl-C until the user is told that the program is at `where`: it may still be about to get there. */
export async function toldWhere(client: RawClient, where: RegExp): Promise<void> {
  await until(async () => {
    client.clear();
    client.type("\x03");
    await client.expect(/\[busy in [^\]]+\]/);
    return where.test(client.text());
  });
}

/** A client without a protocol: bytes out, text in. */
export interface RawClient {
  readonly socket: Socket;
  clear(): void;
  type(text: string): void;
  /** What came since the last `clear()`, without the sequences that move a terminal's cursor. */
  text(): string;
  /** Waits for text that came since the last `clear()`. */
  expect(text: string | RegExp, timeoutMs?: number): Promise<void>;
}

export async function connectTo(port: number): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  await once(socket, "connect");
  let received = "";
  const plain = (): string => received.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "");
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  return {
    socket,
    text: plain,
    clear: () => {
      received = "";
    },
    type: (typed) => socket.write(Buffer.from(typed, "latin1")),
    async expect(wanted, timeoutMs) {
      try {
        await until(() => (typeof wanted === "string" ? plain().includes(wanted) : wanted.test(plain())), timeoutMs);
      } catch {
        throw new Error(`not seen: ${wanted}\nseen: ${JSON.stringify(plain().slice(-500))}`);
      }
    },
  };
}

/** A client that has logged in over Telnet as a terminal without negotiation, and sees the prompt. */
export async function logIn(port: number): Promise<RawClient> {
  const client = await connectTo(port);
  await client.expect("Login as: ");
  client.type("micro\r\n");
  await client.expect("Password: ");
  client.type("python\r\n");
  await client.expect(/Type "help\(\)" for more information\.[\s\S]*> /);
  client.clear();
  return client;
}
