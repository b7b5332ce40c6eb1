import { describe, expect, it } from "vitest";
import { boardBench, closeBoardsAfterEach } from "./board-bench.ts";

closeBoardsAfterEach();

const INTERRUPTED = /KeyboardInterrupt: ?\r\n>>> /;

describe("Ctrl-C", () => {
  const programs: readonly (readonly [name: string, program: string])[] = [
    ["an empty loop", "while True: pass"],
    ["a loop of calls", "def f(): return 1\nwhile True: f()"],
    ["a for loop", "for at in range(1 << 30): at"],
    ["a generator", "def g():\n  while True: yield 1\nfor at in g(): pass"],
    ["a comprehension", "[at for at in range(1 << 30) if at < 0]"],
    ["a loop that catches errors", "while True:\n  try: 1 / 0\n  except Exception: pass"],
    ["time.sleep", "time.sleep(100)"],
    ["time.sleep_ms of a module's other name", "import utime; utime.sleep_ms(100000)"],
    [
      "a loop that looks at the clock",
      "end = time.ticks_add(time.ticks_ms(), 100000)\nwhile time.ticks_diff(end, time.ticks_ms()) > 0: pass",
    ],
    ["a print loop", "while True: print('x' * 70)"],
    ["input()", "input('? ')"],
    ["sys.stdin.read()", "sys.stdin.read()"],
    ["sys.stdin.readline()", "sys.stdin.readline()"],
    ["select.poll", "p = select.poll(); p.register(sys.stdin, 1); p.poll()"],
    ["asyncio.run", "async def f():\n  while True: await asyncio.sleep_ms(5)\nasyncio.run(f())"],
    ["a call that the host never answers", "network.telnet.stop()"],
    ["a loop that allocates", "while True: [0] * 1000"],
    ["a sleep with a timer", "t = machine.Timer(0, period=5, callback=lambda t: None); time.sleep(100)"],
  ];

  /** Of each program. A busy machine may make any of them slow, but hardly all. */
  const endedMs: number[] = [];

  it.each(programs)("ends %s", async (_name, program) => {
    const board = await boardBench({ hostMethods: { "telnet.stop": () => new Promise(() => {}) } });
    await board.ask("import time, sys, select, asyncio, network, machine");
    board.type("\x05");
    await board.expect("=== ");
    board.type(program.replaceAll("\n", "\r"));
    board.type("\rprint('never here')\x04");
    await board.expect("never here')");
    await new Promise((resolve) => setTimeout(resolve, 30)); // it may as well be hit before it begins
    const begin = performance.now();
    board.type("\x03");
    const shown = await board.expect(INTERRUPTED);
    endedMs.push(performance.now() - begin);
    expect(shown).not.toContain("\r\nnever here");
    expect(await board.ask("6 * 7")).toBe("42");
  });

  it("ends the quickest of them within a second", () => {
    expect(Math.min(...endedMs)).toBeLessThan(1_000);
  });

  it("reaches a program that came in the same piece", async () => {
    const board = await boardBench();
    await board.ask("import time");
    board.type("time.sleep(100)\r\x03");
    await board.expect(INTERRUPTED);
    board.type("while True: pass\r\r\x03'after'\r");
    expect(await board.expect("'after'\r\n>>> ")).toMatch(INTERRUPTED);
  });

  it("can be caught, and counts once", async () => {
    const board = await boardBench();
    board.type("\x05");
    await board.expect("=== ");
    board.type(
      "import time\rtry:\r  print('in')\r  time.sleep(100)\rexcept KeyboardInterrupt:\r  time.sleep_ms(20)\r  print('caught')\r\x04",
    );
    await board.expect("\r\nin\r\n");
    board.type("\x03");
    await board.expect("caught\r\n>>> ");
  });

  it("drops what was typed ahead, at the prompt it only cancels the line", async () => {
    const board = await boardBench();
    await board.ask("n = 0");
    board.type("while True: pass\r\r");
    await board.expect("pass");
    board.type("n = 1\r");
    board.type("\x03");
    await board.expect(INTERRUPTED);
    expect(await board.ask("n")).toBe("0");
    board.type("n = 2\x03");
    await board.expect("n = 2\r\n>>> ");
    expect(await board.ask("n")).toBe("0");
  });

  it("is a byte like others while the program has switched it off, but not for interrupt()", async () => {
    const board = await boardBench();
    board.type("\x05");
    await board.expect("=== ");
    board.type("import micropython, sys\rmicropython.kbd_intr(-1)\rprint('ready')\r");
    board.type("print(list(sys.stdin.buffer.read(3)))\rmicropython.kbd_intr(3)\rprint('done')\r\x04");
    await board.expect("\r\nready\r\n");
    board.type("\x01\x03\r");
    await board.expect("[1, 3, 13]\r\ndone\r\n>>> ");
    board.type("micropython.kbd_intr(-1); print('off', 1)\rwhile True: pass\r\r");
    await board.expect("off 1\r\n");
    await board.expect("pass\r\n... \r\n");
    while (!board.board.busy) await new Promise((resolve) => setTimeout(resolve, 1));
    board.board.interrupt();
    await board.expect(INTERRUPTED);
  });

  it("is a key at an idle prompt when it comes as interrupt()", async () => {
    const board = await boardBench();
    board.type("half");
    await board.expect("half");
    board.board.interrupt();
    await board.expect("\r\n>>> ");
    expect(await board.ask("'ok'")).toBe("'ok'");
  });

  it("ends a program whose output nobody takes", async () => {
    const board = await boardBench();
    let release = (): void => {};
    let shown = "";
    board.board.connect({
      write(bytes) {
        shown += Buffer.from(bytes).toString("latin1");
        return shown.endsWith("go on\r\n>>> ") ? undefined : new Promise((resolve) => (release = resolve));
      },
      exit() {},
    });
    board.type("while True: print('x' * 500)\r\r");
    while (!shown.includes("x".repeat(50))) {
      release();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const held = shown.length;
    expect(held).toBeLessThan(200_000);
    board.type("\x03");
    board.type("print('go', 'on')\r");
    while (!shown.endsWith("go on\r\n>>> ")) {
      release();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(shown).toMatch(INTERRUPTED);
  });

  it("resets a board that does not answer it any more", async () => {
    const board = await boardBench();
    await board.ask("n = 30000000");
    board.type("x = 7 ** n\r");
    await board.expect("** n\r\n");
    const presses = setInterval(() => board.type("\x03"), 200);
    try {
      expect(await board.expect("information.\r\n>>> ")).toContain(
        "MPY: the program does not answer Ctrl-C\r\nMPY: hard reboot\r\n",
      );
    } finally {
      clearInterval(presses);
    }
  });

  it("has a reset button for the same", async () => {
    const board = await boardBench();
    await board.ask("n = 30000000");
    board.type("x = 7 ** n\r");
    await board.expect("** n\r\n");
    board.board.hardReset();
    await board.expect("MPY: hard reboot\r\n");
    await board.expect(">>> ");
    expect(await board.ask("1 + 1")).toBe("2");
  });
});
