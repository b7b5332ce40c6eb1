import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MICROPYTHON_VERSION } from "../../dist/repls/micropython/board.js";
import { boardBench, closeBoardsAfterEach } from "./board-bench.ts";

closeBoardsAfterEach();

describe("the board's prompt", () => {
  it("greets with its version and its name", async () => {
    const board = await boardBench({ prompt: false, banner: "Test rig 7" });
    expect([board.board.name, board.board.version]).toEqual(["MicroPython", `v${MICROPYTHON_VERSION}`]);
    const greeting = await board.expect(">>> ");
    expect(greeting).toBe(
      'MicroPython v1.27.0 on 2025-12-10; Test rig 7\r\nType "help()" for more information.\r\n>>> ',
    );
    expect(await board.ask("import os; os.uname().machine")).toBe("'Test rig 7'");
    board.type("\x02"); // again, as after the raw REPL
    expect(await board.expect(">>> ")).toContain("Test rig 7");
  });

  it("knows history, the arrows, Home, End, Delete and Ctrl-keys", async () => {
    const board = await boardBench();
    await board.ask("first = 1");
    await board.ask("second = 2");
    board.type("\x1b[A\x1b[A\x1b[B\x1b[A"); // first = 1
    board.type("1\r");
    await board.expect(">>> ");
    expect(await board.ask("first")).toBe("11");
    board.clear();
    board.type("99x\x1b[D\x1b[3~\x01[\x05]\x1b[H\x1b[Flen(\x0b"); // edited to [99]len(
    board.type("\x15[7]\r");
    expect(await board.expect("\r\n[7]\r\n>>> ")).toContain("[7]");
  });

  it("completes names and attributes on Tab", async () => {
    const board = await boardBench();
    await board.ask("import network");
    board.clear();
    board.type("netw\t.telnet.sta\t");
    const names = await board.expect(/network\.telnet\.sta[^>]*>>> network\.telnet\.sta/);
    for (const name of ["stack", "start", "status"]) expect(names).toContain(name);
    board.type("\x03");
    await board.expect(">>> ");
  });

  it("indents by itself, and takes a paste", async () => {
    const board = await boardBench();
    board.type("def twice(n):\rreturn 2 * n\r\r\r\r");
    await board.expect("...     return 2 * n");
    await board.expect(">>> ");
    expect(await board.ask("twice(21)")).toBe("42");
    board.type("\x05");
    await board.expect("paste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ");
    const lines = Array.from({ length: 300 }, (_, at) => `    total += ${at}`).join("\r");
    board.type(`def sum300():\r    total = 0\r${lines}\r    return total\r\x04`);
    await board.expect("\r\n>>> ");
    expect(await board.ask("sum300()")).toBe("44850");
    board.type("\x05abc\x03");
    await board.expect(/===[\s\S]*\r\n>>> /);
    expect(await board.ask("'still here'")).toBe("'still here'");
  });

  it("loses no byte of 200 kB that come at once", async () => {
    const board = await boardBench();
    await board.ask("n = 0");
    board.type("n += 1\r".repeat(30_000));
    board.type("print('all', n)\r");
    await board.expect("\r\nall 30000\r\n>>> ");
  });

  it("shows and takes UTF-8", async () => {
    const board = await boardBench();
    const { out } = await board.run("s = 'Grüße ☃'\nprint(s, len(s))");
    expect(Buffer.from(out, "latin1").toString()).toBe("Grüße ☃ 7\n");
  });

  it("reads lines and bytes of a terminal", async () => {
    const board = await boardBench();
    await board.ask("import sys, select");
    board.type("name = input('who? ')\r");
    await board.expect("who? ");
    board.type("bob\x7f\x7fen\x1b[D!\r\n");
    await board.expect("\r\n>>> ");
    expect(await board.ask("name")).toBe("'ben!'");
    board.type("both = (input('1 '), input('2 '))\r");
    board.type("one\r\ntwo\r\n");
    await board.expect(/2 .*\r\n>>> /);
    expect(await board.ask("both")).toContain("('one', 'two')");
    board.type("try: input()\rexcept EOFError: print('over')\r\r");
    board.type("\x04");
    await board.expect("over");
    board.type("line = sys.stdin.readline()\r");
    await board.expect("readline()\r\n");
    board.type("a line\r");
    await board.expect(">>> ");
    expect(await board.ask("line")).toBe("'a line\\n'");
    board.type("p = select.poll(); p.register(sys.stdin, select.POLLIN); len(p.poll())\r");
    await board.expect("poll())\r\n");
    board.type("k");
    await board.expect("1\r\n>>> k");
    board.type("\x15");
    await board.ask("1");
    expect(await board.ask("p.poll(0)")).toBe("[]");
    expect(await board.ask("p.poll(20)")).toBe("[]");
  });

  it("runs an event loop until it is done, with background tasks and errors", async () => {
    const board = await boardBench();
    const { out, error } = await board.run(`
import asyncio
async def count(name, ms, n):
    for at in range(n):
        await asyncio.sleep_ms(ms)
        print(name, at)
    return name
async def main():
    task = asyncio.create_task(count('slow', 30, 2))
    print(await asyncio.gather(count('fast', 5, 3), count('even', 8, 1)))
    print(await task)
    try:
        await asyncio.wait_for(count('never', 9000, 1), 0.01)
    except asyncio.TimeoutError:
        print('late')
    return 'done'
print(asyncio.run(main()))
async def bad(): raise ValueError('bad')
asyncio.run(bad())
`);
    const lines = out.split("\n");
    const ofTask = (name: string): string[] => lines.filter((line) => line.startsWith(`${name} `));
    expect(ofTask("fast")).toEqual(["fast 0", "fast 1", "fast 2"]);
    expect(ofTask("even")).toEqual(["even 0"]);
    expect(ofTask("slow")).toEqual(["slow 0", "slow 1"]);
    expect(lines.filter((line) => !/ \d$/.test(line))).toEqual(["['fast', 'even']", "slow", "late", "done", ""]);
    expect(error).toContain("ValueError: bad");
  });

  it("lets tasks and timers run in the background of the prompt", async () => {
    const board = await boardBench();
    await board.run(`
import asyncio, machine
async def tick():
    await asyncio.sleep_ms(20)
    print('task ticked')
asyncio.create_task(tick())
machine.Timer(0, mode=machine.Timer.ONE_SHOT, period=30, callback=lambda timer: print('timer ticked'))
`);
    await board.expect("task ticked");
    await board.expect("timer ticked");
    await board.run(
      "async def bad():\n    await asyncio.sleep_ms(60)\n    raise ValueError('in the background')\nasyncio.create_task(bad())",
    );
    await board.expect("ValueError: in the background");
    const { out } = await board.run(`
import time
ticks = []
timer = machine.Timer(1, period=10, callback=lambda timer: ticks.append(1))
while len(ticks) < 5: time.sleep_ms(7)
timer.deinit()
ended = len(ticks)
time.sleep_ms(40)
print(ended == len(ticks))
`);
    expect(out).toBe("True\n");
  });

  it("explains itself", async () => {
    const board = await boardBench();
    expect(await board.ask("help()")).toContain("network.telnet.start(");
    expect(await board.ask("help('modules')")).toMatch(/binascii[\s\S]*machine network network.ftp network.telnet/);
    expect(await board.ask("help(int)")).toContain("from_bytes");
  });
});

describe("starts and resets", () => {
  it("runs boot.py and main.py, and keeps their variables", async () => {
    const board = await boardBench({
      prompt: false,
      prepare(flash) {
        writeFileSync(join(flash, "boot.py"), "print('boot', __name__)\nbooted = 1\n");
        writeFileSync(join(flash, "main.py"), "print('main', booted)\ndef f():\n    1 / 0\nf()\n");
      },
    });
    expect(await board.expect("information.\r\n>>> ")).toContain(
      "boot __main__\r\nmain 1\r\nTraceback (most recent call last):\r\n" +
        '  File "main.py", line 4, in <module>\r\n  File "main.py", line 3, in f\r\nZeroDivisionError: divide by zero\r\n' +
        "MicroPython v1.27.0",
    );
    expect(await board.ask("booted")).toBe("1");
    expect(await board.ask("sorted(dir())")).toBe("['__name__', 'booted', 'f']");
  });

  it("shows a syntax error in main.py, and goes to the prompt after sys.exit()", async () => {
    const board = await boardBench({
      prompt: false,
      prepare(flash) {
        writeFileSync(join(flash, "boot.py"), "x = (\n");
        writeFileSync(join(flash, "main.py"), "import sys\nsys.exit()\n");
      },
    });
    expect(await board.expect(">>> ")).toMatch(/File "boot.py", line \d\r\nSyntaxError: invalid syntax\r\nMicroPython/);
  });

  it("ends main.py at Ctrl-C, and comes to the prompt", async () => {
    const board = await boardBench({
      prompt: false,
      prepare: (flash) => writeFileSync(join(flash, "main.py"), "print('looping')\nn = 5\nwhile True: pass\n"),
    });
    await board.expect("looping");
    board.type("\x03");
    expect(await board.expect("\r\n>>> ")).toContain('File "main.py", line 3, in <module>\r\nKeyboardInterrupt: \r\n');
    expect(await board.ask("n")).toBe("5");
  });

  it("does a soft reset at Ctrl-D, with everything new, in a time that is printed", async () => {
    const board = await boardBench();
    await board.ask("old = 1");
    const times: number[] = [];
    for (let at = 0; at < 5; at++) {
      const begin = performance.now();
      board.type("\x04");
      expect(await board.expect("information.\r\n>>> ")).toContain("\r\nMPY: soft reboot\r\nMicroPython");
      times.push(performance.now() - begin);
    }
    expect(await board.ask("old")).toContain("NameError");
    expect(await board.ask("import machine; machine.reset_cause() == machine.SOFT_RESET")).toBe("True");
    console.log(`soft reset: ${Math.min(...times).toFixed(0)} ms`);
  });

  it("resets itself when its program asks for it", async () => {
    const board = await boardBench();
    board.type("import machine; print('now', end=''); machine.reset()\r");
    expect(await board.expect("information.\r\n>>> ")).toContain("now\r\nMPY: hard reboot\r\nMicroPython");
    expect(await board.ask("import machine; machine.reset_cause() == machine.HARD_RESET")).toBe("True");
    board.type("machine.soft_reset()\r");
    await board.expect("MPY: soft reboot\r\n");
    await board.expect(">>> ");
  });

  it("keeps keys that come while it resets", async () => {
    const board = await boardBench();
    board.type("\x04");
    await board.expect("MPY: soft reboot");
    board.type("6 * 7\r");
    await board.expect("42\r\n>>> ");
  });

  it("runs a script and ends with its exit code", async () => {
    const code = async (source: string): Promise<[number, string]> => {
      const board = await boardBench({ start: false });
      const exit = await board.board.runFile({ name: "job.py", source, argv: ["job.py", "a b"] });
      return [exit, board.seen()];
    };
    expect(await code("import sys\nprint(sys.argv)\n")).toEqual([0, "['job.py', 'a b']\r\n"]);
    expect(await code("import sys\nsys.exit(3)\n")).toEqual([3, ""]);
    expect(await code("import sys\nsys.exit('no')\n")).toEqual([1, "no\r\n"]);
    const [failed, text] = await code("def f():\n  x\nf()\n");
    expect(failed).toBe(1);
    expect(text).toContain('File "job.py", line 2, in f\r\nNameError');
    expect(text).not.toContain("_boot");
  });

  it("gives a script its input, and 130 after Ctrl-C", async () => {
    const board = await boardBench({ start: false });
    const exit = board.board.runFile({
      name: "job.py",
      source: "print(input('? ').upper())\nwhile True: pass\n",
      argv: [],
    });
    await board.expect("? ");
    board.type("loud\r");
    await board.expect("LOUD\r\n");
    board.type("\x03");
    expect(await exit).toBe(130);
  });

  it("can be switched off at any time", async () => {
    const board = await boardBench();
    board.type("while True: pass\r\r");
    await board.expect("pass");
    await board.board.close();
    expect(await board.board.ended).toBe(0);
    expect(() => board.board.start()).toThrow(expect.objectContaining({ code: "PORTHOLE_ERR_STATE" }));
  });

  it("refuses options that make no sense", async () => {
    await expect(boardBench({ flash: "/no/such/directory" })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
    await expect(boardBench({ memoryBytes: 1000 })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
    await expect(boardBench({ banner: "two\nlines" })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
  });
});
