/**
 * Keys that the Telnet task shows while the program is busy: at once, once, and as the prompt would.
 */
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { bench } from "../repls/node-bench.ts";
import { remoteTerminal } from "../repls/screen.ts";
import { connectTo, logIn, makeBusy, type Program, type RawClient, startProgram } from "./program.ts";
import { until } from "./until.ts";

let program: Program | undefined;
afterEach(() => program?.kill());

/** What the prompt was given, piece by piece, is in `taken` of the program; how much of it the screen had, in `shown`. */
const LISTEN = `
  globalThis.taken = [];
  globalThis.shown = 0;
  const { open } = console_.host;
  console_.host.open = (terminal) => {
    const session = open(terminal);
    const input = (bytes) => (taken.push([...bytes]), session.input(bytes));
    const inputShown = (bytes) => (taken.push([...bytes]), (shown += bytes.length), session.inputShown(bytes));
    return { ...session, input, inputShown };
  };
  0`.replaceAll("\n", " ");

async function seated(): Promise<{ program: Program; client: RawClient }> {
  program = await startProgram("node-program.mjs");
  await program.ask(LISTEN);
  return { program, client: await settled(program, await logIn(program.port)) };
}

/** Waits until the program has taken all keys and has told the task what it would show of the next ones. */
async function settled({ ask }: Program, client: RawClient): Promise<RawClient> {
  for (let turn = 0; turn < 3; turn++) await ask("0");
  client.clear();
  return client;
}

/** Keeps the program's thread busy, without a word to its terminal; returns what lets it go, to do `afterwards`. */
async function block({ stderr, ask }: Program, afterwards = "0"): Promise<() => Promise<unknown>> {
  const { goesOn, letGo } = await makeBusy();
  const told = count(stderr(), "blocked");
  const done = ask(`fs.writeSync(2, "blocked"); while (${goesOn}); ${afterwards}`);
  await until(() => count(stderr(), "blocked") > told);
  return () => {
    letGo();
    return done;
  };
}

const count = (text: string, part: string): number => text.split(part).length - 1;

describe("keys typed at a busy program", () => {
  it("are shown at once and once, also where they are taken back, and run when it is free", async () => {
    const { client, program } = await seated();
    const letGo = await block(program);
    for (const key of ["4", "0", "x", "\x7f", " + 2"]) {
      client.clear();
      client.type(key);
      await client.expect(key === "\x7f" ? "\b \b" : key);
    }
    client.clear();
    client.type("\r'wait' + 'ed'\r");
    await letGo();
    await client.expect("'waited'");
    expect(client.text()).toContain("\r\n42\r\n");
    expect(count(client.text(), "40 + 2")).toBe(0);
  });

  it("are forgotten by Ctrl-C with what was typed ahead", async () => {
    const { client, program } = await seated();
    const letGo = await block(program);
    client.type("globalThis.bad = 1");
    await client.expect("globalThis.bad = 1");
    client.type("\x03");
    await client.expect("[busy in");
    client.type("'af' + 'ter'\r");
    await letGo();
    await client.expect("'after'");
    expect(await program.ask("typeof bad")).toBe("undefined");
  });

  it("are shown to who watches and stand in the recording, once each; who takes over has none of them", async () => {
    program = await startProgram("node-program.mjs");
    const { ask } = program;
    const folder = await mkdtemp(join(tmpdir(), "porthole-echo-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await ask("telnet.stop()");
    await until(() => ask(`telnet.start({ port: 0, record: ${JSON.stringify(folder)} })`));
    const [, , [address]] = (await ask("telnet.status()")) as [number, string, string[]];
    const port = Number(address?.split(":").at(-1));
    const first = await logIn(port);
    const second = await connectTo(port);
    await second.expect("Login as: ");
    second.type("micro\r\n");
    await second.expect("Password: ");
    second.type("python\r\n");
    await second.expect("[t]ake over");
    second.type("w");
    await second.expect("You are watching");
    await settled(program, first);
    second.clear();
    const letGo = await block(program);
    first.type("typed = 1");
    await second.expect("typed = 1");
    await first.expect("typed = 1");
    const ended = once(first.socket, "end");
    second.type("\x14");
    await ended;
    await letGo();
    second.type("'n' + 'ew'\r");
    await second.expect("'new'");
    expect(await ask("typeof typed")).toBe("undefined");
    expect(count(second.text(), "typed = 1")).toBe(1);
    const recordings = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
    expect(count(recordings.join("\n"), "typed = 1")).toBe(1);
  });

  it("are shown again by the prompt when the program has printed in between, and none is lost", async () => {
    const { client, program } = await seated();
    const letGo = await block(program);
    client.type("6 * ");
    await client.expect("6 * ");
    await letGo();
    await settled(program, client);
    const again = await block(program, "console.log('tick')");
    client.type("7");
    await client.expect("7");
    await again();
    await client.expect("7tick\r\n7");
    client.type("\r");
    await client.expect("42");
  });
});

describe("a screen behind a telnet task", () => {
  const typed = [
    ["1 + 1", "\r", "let hellothere = 5", "\r", "hell", "othe", "\t", "\r"],
    ["abcdef", "\x7f\x7f", "\x1b[D", "\x1b[D", "X", "\x05", "yz", "\x01", "'", "\x05", "'", "\r"],
    ["'one'", "\r", "'two'", "\r", "\x1b[A", "\x1b[A", "\x7f", "\x7f", "s'", "\r", "\x12", "two", "\x1b[C", "\r"],
    ["'", "x".repeat(30), "y".repeat(60), "\x7f".repeat(3), "z", "'", "\r", "[1,", "\r", "2]", "\r"],
    ["'é", "a", "\x7f", "漢字", "b", "\x7f", "c'", "\r", "'one two", "\x17", "\x1bb", "\x1bf", "q'", "\r"],
    [".editor", "\r", "1+", "\r", "41", "\x04", "\x1b[200~'a'\r'b'\x1b[201~", "\x7f", "'", "\r"],
  ];

  it.each(typed)("is what it is without one: %s, %s, ...", async (...keys) => {
    const { client, program } = await seated();
    const size = { columns: 80, rows: 24 };
    const task = remoteTerminal({ size, type: "unknown" });
    task.screen.write(Buffer.from("> "));
    client.socket.on("data", (bytes) => task.screen.write(bytes));
    for (const key of [...keys, "'e' + 'nd'\r"]) {
      for (const piece of key.match(/[ -~]/) && !key.includes("\x1b") ? key : [key]) {
        client.type(Buffer.from(piece).toString("latin1"));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    }
    await task.screen.shows("'end'");
    await task.screen.endsWith(">");
    const plain = remoteTerminal({ size, type: "unknown" });
    const { session } = bench({ useGlobal: true }).login(plain);
    for (const bytes of (await program.ask("taken")) as number[][]) void session.input(Uint8Array.from(bytes));
    await plain.screen.shows("'end'");
    await plain.screen.endsWith(">");
    const lines = (screen: typeof task.screen): string[] =>
      screen.lines().map((line) => line.trimEnd().replace(/REPL\d+/, "REPL"));
    expect(lines(task.screen)).toEqual(lines(plain.screen));
    expect(await program.ask("shown")).toBeGreaterThan(0);
  });
});
