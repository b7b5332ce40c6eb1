import { Console } from "node:console";
import { describe, expect, it, onTestFinished } from "vitest";
import { createProgramOutput } from "../../src/console/stdout.ts";
import { createConsoleSwitch } from "../../src/console/switch.ts";
import { LIMITS } from "../../src/contracts/limits.ts";
import { createNodeRepl } from "../../src/repls/node/node-repl.ts";
import { bench } from "./node-bench.ts";
import { keys, remoteTerminal, until } from "./screen.ts";

describe("a paste", () => {
  it("of 5,000 lines is taken without loss", async () => {
    const { login, repl } = bench({ context: { taken: [] as number[] } });
    const { session } = login();
    let paste = "";
    for (let line = 0; line < 5_000; line++) paste += `taken.push(${line});\r`;
    const bytes = keys(paste);
    for (let at = 0; at < bytes.length; at += 4_096) await session.input(bytes.subarray(at, at + 4_096));
    const taken = repl.server.context["taken"] as number[];
    await until(
      () => taken.length === 5_000,
      () => `${taken.length} lines`,
    );
    expect(taken).toEqual(Array.from({ length: 5_000 }, (_, line) => line));
  });

  it("asks to wait when keys come faster than they are taken", async () => {
    const { login, repl } = bench({ context: { taken: [] as number[] } });
    const { session } = login();
    void session.input(keys("await new Promise((r) => setTimeout(r, 50))\r"));
    const wait = session.input(keys("taken.push(1);\r".repeat(5_000)));
    expect(wait).toBeInstanceOf(Promise);
    await wait;
    const taken = repl.server.context["taken"] as number[];
    await until(
      () => taken.length === 5_000,
      () => `${taken.length} lines`,
    );
  });

  it("of one line of 100,000 characters is taken in time", async () => {
    const { login, repl } = bench();
    const { type } = login();
    type(`var long = '${"x".repeat(100_000)}'\r`);
    await until(
      () => (repl.server.context["long"] as string | undefined)?.length === 100_000,
      () => "not there",
    );
  });

  it("in brackets runs as one entry, and only after Return", async () => {
    const { login, repl } = bench({ context: { runs: 0 } });
    const { remote, type } = login();
    type("\x1b[200~function f() {\r\n    runs++\r\n\treturn [1, 2]\r\n        .length\r\n}\r\nf()\x1b[201~");
    await remote.screen.shows(/^(\.\.\.|\|) f\(\)$/m);
    expect(repl.server.context["runs"]).toBe(0);
    const shown = remote.screen.lines().slice(-6);
    expect(shown.map((line) => line.replace(/^(\.\.\.|\|) /, ""))).toEqual([
      "> function f() {",
      "    runs++",
      expect.stringMatching(/^ +return \[1, 2\]$/),
      "        .length",
      "}",
      "f()",
    ]);
    type("\r");
    await remote.screen.shows(/^2$/m);
    expect(repl.server.context["runs"]).toBe(1);
    type("\x1b[200~'one line'\x1b[201~.length\r");
    await remote.screen.shows(/^8$/m);
    type("\x1b[20");
    type("0~a\rb\x1b[201~\x03");
    type("'after'\r");
    await remote.screen.shows(/^'after'$/m);
  });
});

describe("output", () => {
  it("of 1 MB reaches a slow terminal whole, in order, beside what the program prints", async () => {
    const repl = createNodeRepl({ context: { program: new Console(process.stdout, process.stderr) } });
    onTestFinished(() => repl.close());
    const shown: Uint8Array[] = [];
    const remote = {
      ...remoteTerminal({ type: "vt100" }),
      write(bytes: Uint8Array) {
        shown.push(Uint8Array.from(bytes));
        return new Promise<void>((resolve) => setTimeout(resolve, 1));
      },
    };
    const console = createConsoleSwitch({ repl, programOutput: createProgramOutput() });
    const session = console.host.open(remote);
    const text = (): string => Buffer.concat(shown).toString();
    void session.input(
      keys(
        "for (let i = 0; i < 8000; i++) { console.log('a' + i, 'x'.repeat(60)); program.log('b' + i, 'y'.repeat(60)); }\r",
      ),
    );
    void session.input(keys("'the ' + 'end'\r"));
    await until(
      () => text().includes("'the end'\r\n"),
      () => `${text().length} bytes`,
    );
    const lines = text()
      .split("\r\n")
      .filter((line) => /^[ab]\d/.test(line));
    const wanted = Array.from({ length: 16_000 }, (_, line) =>
      line % 2 === 0 ? `a${line / 2} ${"x".repeat(60)}` : `b${(line - 1) / 2} ${"y".repeat(60)}`,
    );
    expect(lines).toEqual(wanted);
    session.close("left");
  });

  it("of the program goes where it went before, once the user is gone", async () => {
    const before = process.stdout.write;
    const repl = createNodeRepl();
    onTestFinished(() => repl.close());
    const console = createConsoleSwitch({ repl, programOutput: createProgramOutput() });
    const remote = remoteTerminal();
    const session = console.host.open(remote);
    expect(process.stdout.write).not.toBe(before);
    process.stdout.write("to the user\n");
    session.close("left");
    expect(process.stdout.write).toBe(before);
    await remote.screen.shows("to the user");
  });
});

describe("a seat", () => {
  it("is handed over out of a search in the history, and out of half a key", async () => {
    const { local, login, type } = bench();
    type("'find me'\r");
    await local.screen.shows(/^'find me'$/m);
    type("\x12");
    type("find");
    await local.screen.shows("bck-i-search");
    const { remote, session, type: typeRemote } = login();
    typeRemote("1 + 1\r");
    await remote.screen.shows(/^2$/m);
    typeRemote("\x1b[200~half a paste\r");
    typeRemote("\x1b[");
    session.close("left");
    type("\x15\x0b");
    type("2 + 2\r");
    await local.screen.shows(/^4$/m);
  });

  it("holds an entry to its limit", async () => {
    const { repl, login } = bench();
    const { session } = login();
    const limit = LIMITS.consoleEntryCharacters.value;
    const part = keys("x".repeat(65_536));
    for (let sent = 0; sent < limit * 1.25; sent += part.length) await session.input(part);
    expect(repl.server.line.length).toBeLessThanOrEqual(limit);
    expect(repl.server.line.length).toBeGreaterThan(limit - part.length);
    session.close("left");
    const next = login();
    next.type("\x1b[200~");
    for (let sent = 0; sent < limit * 1.25; sent += part.length) await next.session.input(part);
    next.type("\x1b[201~");
    await until(
      () => repl.server.line.length > 0,
      () => "nothing",
    );
    expect(repl.server.line.length).toBeLessThanOrEqual(limit);
  });
});
