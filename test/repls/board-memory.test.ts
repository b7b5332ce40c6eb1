import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BOARD_MEMORY_BYTES } from "../../dist/repls/micropython/board.js";
import { boardBench, closeBoardsAfterEach } from "./board-bench.ts";

closeBoardsAfterEach();

const MIB = 1_048_576;

describe("the board's memory", () => {
  it("is collected while a program runs: what it drops never adds up", async () => {
    const board = await boardBench({ memoryBytes: 2 * MIB });
    const { out, error } = await board.run(
      `
x = 0.1
for at in range(100000): x = x * 1.0000001 + at
s = ''
for at in range(3000): s = '%d' % at + s[:2000]
for at in range(5000): y = [at] * 100
for at in range(20): z = bytes(500000)
def nested(n):
    kept = [bytearray(50) for at in range(20)]
    return sum(len(one) for one in kept) + (nested(n - 1) if n else 0)
for at in range(300): total = nested(10)
d = {}
for at in range(20000): d[at % 50] = (at, str(at))
print(total, len(s), len(d), d[49])
`,
      60_000,
    );
    expect({ out, error }).toEqual({ out: "11000 2004 50 (19999, '19999')\n", error: "" });
  });

  it("keeps what is in use only in C, while a sort or a join allocates", async () => {
    const board = await boardBench({ memoryBytes: 4 * MIB });
    const { out, error } = await board.run(
      `
def key(n):
    return ('%05d' % (n * 7919 % 20000)) + 'x' * 20
for at in range(3):
    names = sorted(range(4000), key=key)
    text = ','.join(str(key(n)) for n in names)
    again = sorted(text.split(','))
    assert again == text.split(','), 'order'
import json, re
data = [{'name': key(n), 'values': [n, n * 2.5, None]} for n in range(800)]
assert json.loads(json.dumps(data)) == data
print(len(re.sub('x+', '-', text)))
`,
      60_000,
    );
    expect({ out, error }).toEqual({ out: "27999\n", error: "" });
  });

  it("has an end, which is a MemoryError", async () => {
    const board = await boardBench({ memoryBytes: 3 * MIB });
    const { error } = await board.run("kept = []\nwhile True: kept.append(bytearray(10000))", 30_000);
    expect(error).toContain("MemoryError: memory allocation failed, allocating");
    const kept = Number(await board.ask("len(kept)"));
    expect(kept).toBeGreaterThan(100);
    expect(kept * 10_000).toBeLessThan(4 * MIB);
    expect(await board.ask("bytearray(50000000)")).toContain("MemoryError");
    await board.ask("kept = None");
    expect(await board.ask("len(bytearray(500000))")).toBe("500000");
  });

  it("is enough for a megabyte or more by default, and does not let recursion crash it", async () => {
    expect(BOARD_MEMORY_BYTES).toBe(64 * MIB);
    const board = await boardBench();
    expect(await board.ask("len(bytearray(20000000))")).toBe("20000000");
    const { out, error } = await board.run("def deep(n): return n and 1 + deep(n - 1)\nprint(deep(100))\ndeep(100000)");
    expect(out).toBe("100\n");
    expect(error).toContain("RuntimeError: maximum recursion depth exceeded");
    const more = await board.run(`
import re, json
deep = []
for at in range(5000): deep = [deep]
itself = []
itself.append(itself)
for try_it in (
    lambda: repr(deep), lambda: repr(itself), lambda: json.dumps(itself),
    lambda: eval('(' * 5000), lambda: re.match('(a?)*' * 50, 'a' * 50),
):
    try: try_it()
    except (RuntimeError, SyntaxError, MemoryError): print('ended')
`);
    expect(more.error).toBe("");
    expect(more.out.match(/ended/g)?.length).toBeGreaterThan(3);
    expect(await board.ask("1 + 1")).toBe("2");
  });

  it("reads five megabytes in well under a second", async () => {
    const board = await boardBench({
      prepare: (flash) =>
        writeFileSync(join(flash, "big.bin"), Buffer.alloc(5 * MIB, "0123456789").fill("789", 5 * MIB - 3)),
    });
    const { out } = await board.run(`
import time
def timed(mode):
    begin = time.ticks_ms()
    with open('/flash/big.bin', mode) as file: data = file.read()
    return len(data), data[-3:], time.ticks_diff(time.ticks_ms(), begin)
print(timed('rb')); print(timed('r'))
`);
    const times = [...out.matchAll(/\((\d+), b?'(\d+)', (\d+)\)/g)];
    expect(times.map((found) => [Number(found[1]), found[2]])).toEqual([
      [5 * MIB, "789"],
      [5 * MIB, "789"],
    ]);
    console.log(`5 MiB read in ${times.map((found) => found[3]).join(" and ")} ms`);
  });

  it("prints megabytes, at a rate that is printed", async () => {
    const board = await boardBench();
    let bytes = 0;
    board.board.connect({
      write(chunk) {
        bytes += chunk.length;
        return undefined;
      },
      exit() {},
    });
    const begin = performance.now();
    board.type("for at in range(50000): print('x' * 78)\r\r");
    while (bytes < 4_000_000) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log(`board output: ${(4_000 / (performance.now() - begin)).toFixed(1)} MB/s`); // 6 to 10 when nothing else runs
  });

  it("survives its own interpreter's crash", async () => {
    const board = await boardBench();
    for (const fatal of [
      "import uctypes; uctypes.bytearray_at(0, 200000)[66000:190000] = bytes(124000)",
      // MicroPython compares lists without a look at its stack.
      "deep = []; exec('for at in range(5000): deep = [deep]'); deep == deep[0]",
    ]) {
      board.type(`${fatal}\r`);
      await board.expect(/MPY: (hard|soft) reboot\r\n/);
      await board.expect("information.\r\n>>> ");
    }
    expect(await board.ask("1 + 1")).toBe("2");
  });
});
