import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bench } from "./node-bench.ts";
import { keys, remoteTerminal, until } from "./screen.ts";

// The terminals' users see the same whatever terminal the process itself was started at, if any.
describe.each(["xterm", "dumb"])("one Node prompt, two terminals, where TERM is %s", (term) => {
  beforeEach(() => void vi.stubEnv("TERM", term));
  afterEach(() => void vi.unstubAllEnvs());

  it("hands the prompt over with variables, and back with the half-typed line", async () => {
    const { local, login, type } = bench();
    type("let a = 41\r");
    type("a + 1\r");
    await local.screen.shows(/^42$/m);
    type("half typed\x1b[D\x1b[D");
    const { remote, session, type: typeRemote } = login();
    await remote.screen.endsWith(">");
    await local.screen.endsWith("Ctrl-T to terminate connection");
    expect(local.screen.lines().slice(-3)).toEqual([
      "> half typed",
      "[Telnet] User logged in, REPL paused.",
      "Ctrl-T to terminate connection",
    ]);
    typeRemote("a * 2\r");
    await remote.screen.shows(/^82$/m);
    type("LOCAL KEYS\r");
    typeRemote("a = 7; 'end'\r");
    await remote.screen.shows("'end'");
    expect(remote.screen.text()).not.toContain("LOCAL");
    session.close("left");
    await local.screen.endsWith("> half typed");
    expect(local.screen.lines().at(-2)).toBe("[Telnet] User logged out");
    expect(local.screen.cursorColumn).toBe(10);
    type("X\x15\x0ba\r");
    await local.screen.shows(/^7$/m);
    expect(local.screen.text()).not.toContain("LOCAL");
  });

  it("ends the remote session by Ctrl-T, and takes what is typed behind it", async () => {
    const { local, login, type, console } = bench();
    const { remote } = login();
    expect(console.owner).toEqual({ who: "remote", peer: "192.0.2.7:50312", user: "micro" });
    type("dropped\x14 6 * 7\r");
    await local.screen.shows(/^42$/m);
    expect(local.screen.text()).toContain("[Telnet] Connection terminated from REPL\n>");
    expect(remote.ended).toEqual(["evicted"]);
    expect(console.owner).toEqual({ who: "local" });
  });

  it("interrupts what a user runs who is sent away", async () => {
    const { local, login, type } = bench();
    const { type: typeRemote } = login();
    typeRemote("await new Promise(() => {})\r");
    type("\x14");
    await local.screen.shows("KeyboardInterrupt\n>");
    type("1 + 1\r");
    await local.screen.shows(/^2$/m);
  });

  it("leaves what a user runs who goes, and shows the prompt when it is done", async () => {
    const { local, login, type, repl } = bench();
    type("draft");
    const { session, type: typeRemote } = login();
    typeRemote("await new Promise((done) => { globalThis.release = done }); 'was done'\r");
    session.close("timeout");
    await local.screen.endsWith("[Telnet] Connection timeout, terminated");
    login().session.close("taken-over");
    await local.screen.endsWith("[Telnet] Connection taken over by another user");
    (repl.server.context["release"] as () => void)();
    await local.screen.shows(/another user\n'was done'\n> draft$/);
    type(" + 1\x15'whole'\r");
    await local.screen.shows(/^'whole'$/m);
  });

  it("completes, edits over lines, recalls, and follows the window", async () => {
    const { repl, login } = bench({ context: { hello: "from the program" } });
    const { remote, session, type } = login();
    type("hel");
    type("l\t");
    await remote.screen.endsWith("> hello");
    type("\r");
    await remote.screen.shows("'from the program'");
    type("function f(x: number) {\r");
    type("return x + 1 }\r");
    type("f(1)\r");
    await remote.screen.shows(/^2$/m);
    type("\x1b[A");
    await remote.screen.endsWith("> f(1)");
    type("\x03");
    expect(repl.server.output).toMatchObject({ columns: 100, rows: 30 });
    type("'x'.repeat(70)");
    session.resize({ columns: 60, rows: 20 });
    remote.screen.terminal.resize(60, 20);
    expect(repl.server.output).toMatchObject({ columns: 60, rows: 20 });
    type("\x01\x0b1 + 2\r");
    await remote.screen.shows(/^3$/m);
    type("\x0c");
    await until(
      () => remote.screen.terminal.buffer.active.cursorY === 0,
      () => remote.screen.text(),
    );
  });

  it("brings back an entry of several lines, and an editor", async () => {
    const { local, login, type } = bench();
    type("const o = {\r");
    type("a: 1,\r");
    type("b: 2");
    login().session.close("left");
    await local.screen.shows(/User logged out\n> const o = \{\n[.|]+ a: 1,\n[.|]+ b: 2$/);
    type(" }; o.a + o.b\r");
    await local.screen.shows(/^3$/m);
    type(".editor\r");
    type("const e = 4\r");
    type("const g =");
    login().session.close("left");
    await local.screen.endsWith("const g =");
    type(" 5\re * g\r\x04");
    await local.screen.shows(/^20$/m);
  });

  it("keeps what was typed while something awaits", async () => {
    const { login } = bench();
    const { remote, type } = login();
    type("await new Promise((r) => setTimeout(r, 50, 'later'))\r");
    type("1 + 1\r");
    type("2 + 2\r'ty");
    await remote.screen.shows(/'later'\n> 1 \+ 1\n2\n> 2 \+ 2\n4\n> 'ty$/);
    type("ped'\r");
    await remote.screen.shows("'typed'");
  });

  it("keeps what was typed ahead at the local terminal over a visit", async () => {
    const { local, login, type } = bench();
    type("await new Promise((r) => setTimeout(r, 50, 'later'))\r");
    type("'mine' + 1\r");
    const { remote, session } = login();
    await remote.screen.shows("'later'");
    expect(remote.screen.text()).not.toContain("mine");
    session.close("left");
    await local.screen.shows("'mine1'");
  });

  it("cancels an await by Ctrl-C and by interrupt()", async () => {
    const { login } = bench();
    const { remote, session, type } = login();
    type("let kept = 5; await new Promise(() => {})\r");
    type("forgotten()\r");
    type("\x03kept\r");
    await remote.screen.shows(/KeyboardInterrupt\n> kept\n5\n>/);
    expect(remote.screen.text()).not.toContain("forgotten");
    type("await new Promise(() => {})\r");
    session.interrupt();
    await until(
      () => remote.screen.text().split("KeyboardInterrupt").length === 3,
      () => remote.screen.text(),
    );
    type("half a li");
    session.interrupt();
    type("kept + 1\r");
    await remote.screen.shows(/> half a li\n> kept \+ 1\n6/);
  });

  it("sends a remote user home by .exit and Ctrl-D, not by Ctrl-C, and leaves the program alone", async () => {
    const { local, login, type, console } = bench();
    for (const goodbye of [".exit\r", "\x04"]) {
      const { remote, type: typeRemote } = login();
      typeRemote("\x03\x03\x03\x1a");
      typeRemote("'still' + ' here'\r");
      await remote.screen.shows("'still here'");
      typeRemote(goodbye);
      await until(
        () => remote.ended.length > 0,
        () => remote.screen.text(),
      );
      expect(remote.ended).toEqual(["exited"]);
      expect(console.owner).toEqual({ who: "local" });
    }
    await local.screen.shows(/User left the REPL\n>/);
    expect(local.exits).toBe(0);
    type("\x03\x03");
    expect(local.exits).toBe(1);
    type(".exit\r");
    expect(local.exits).toBe(2);
  });

  it("shows errors of what was typed, also later ones, and goes on", async () => {
    const { login } = bench();
    const { remote, type } = login();
    type("nothing.here\r");
    await remote.screen.shows("Uncaught ReferenceError: nothing is not defined");
    type("setTimeout(() => { throw new Error('in a timer') }, 1); 0\r");
    await remote.screen.shows("Uncaught Error: in a timer");
    type("await Promise.reject(new Error('awaited'))\r");
    await remote.screen.shows("Uncaught Error: awaited");
    type("throw undefined\r");
    await remote.screen.shows("Uncaught undefined");
    type("({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('boom') } })\r");
    await remote.screen.shows("[a value that can't be shown]");
    type("1 +* 2\r");
    await remote.screen.shows("Uncaught SyntaxError");
    type("'alive'\r");
    await remote.screen.shows("'alive'");
  });

  it("tells what is there", async () => {
    const { login } = bench({
      context: {
        users: new Map(),
        port: 23,
        start() {},
        get later() {
          throw new Error("called");
        },
      },
    });
    const { remote, type } = login();
    type("help()\r");
    await remote.screen.shows(/users +Map\n/);
    await remote.screen.shows(/port +number\n/);
    await remote.screen.shows(/start +function\n/);
    await remote.screen.shows(/later +read when it is named\n/);
    await remote.screen.shows(/\.editor +Enter editor mode/);
    await remote.screen.shows(/\.exit +Leave the prompt/);
  });

  it("colours what a terminal can show, and nothing else", async () => {
    const { login } = bench();
    for (const [type, colored] of [
      ["xterm-256color", true],
      ["vt100", false],
      ["unknown", false],
      ["putty", true],
    ] as const) {
      const { remote, session, type: typeRemote } = login(remoteTerminal({ type }));
      typeRemote("40 + 2\r");
      await remote.screen.shows(/^42$/m);
      expect(remote.screen.raw.includes("\x1b[33m42"), type).toBe(colored);
      expect(remote.screen.raw.includes("\x1b[?2004h"), type).toBe(colored);
      session.close("left");
    }
  });

  it("puts characters together that come in pieces", async () => {
    const { login, local, type } = bench();
    const { remote, session } = login();
    for (const byte of keys("'žluťoučký 😀 kůň'\r")) void session.input(Uint8Array.of(byte));
    await remote.screen.shows(/^'žluťoučký 😀 kůň'$/m);
    void session.input(Uint8Array.of(0xc5));
    session.close("left");
    type("'ok'\r");
    await local.screen.shows(/^'ok'$/m);
    expect(local.screen.text()).not.toContain("�");
  });
});
