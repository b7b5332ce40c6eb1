import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Bench, boardBench, closeBoardsAfterEach } from "./board-bench.ts";

closeBoardsAfterEach();

/** What an escape would do: leave a file beside the board's directories. */
function code(board: Bench): string {
  return `process.getBuiltinModule?.('fs').writeFileSync(${JSON.stringify(join(board.flash, "..", "escaped"))}, '')`;
}

/** Every expression that follows must give nothing, or fail in Python: never an object of the host. */
const EXPRESSIONS: readonly (readonly [what: string, expression: string])[] = [
  ["the process", "js.process"],
  ["the global object", "js.globalThis"],
  ["eval", "js.eval(CODE)"],
  ["Function", "js.Function(CODE)()"],
  ["require", "js.require('fs')"],
  ["fetch", "js.fetch('http://127.0.0.1/')"],
  ["the glue's state", "js.proxy_js_ref"],
  ["the glue's module", "js.Module"],
  ["the constructor of the module", "js.constructor"],
  ["the prototype of the module", "js.__proto__"],
  ["the constructor of a function", "js.setTimeout.constructor(CODE)()"],
  ["the prototype of a function", "js.setTimeout.__proto__.constructor(CODE)()"],
  ["call", "js.setTimeout.call(None, CODE)"],
  ["apply", "js.setTimeout.apply"],
  ["bind", "js.setTimeout.bind"],
  ["prototype", "js.setTimeout.prototype"],
  ["a look up by getattr", "getattr(js.setTimeout, 'con' + 'structor')"],
  ["hasattr", "hasattr(js, 'process') or None"],
  ["an index", "js.setTimeout['constructor']"],
  ["new", "js.setTimeout.new(CODE)"],
  ["new of the module", "js.new"],
  ["an iterator", "list(js.setTimeout)"],
  ["a list made JavaScript's", "jsffi.to_js([1]).constructor"],
  ["a list's methods", "jsffi.to_js([1]).map"],
  ["a dict made JavaScript's", "jsffi.to_js({'__proto__': {}})['constructor']"],
  ["a list that holds itself", "jsffi.to_js(cycle)"],
  ["a proxy of a function", "jsffi.create_proxy(print).constructor(CODE)()"],
  ["a proxy's own reference", "jsffi.create_proxy(print)._ref"],
  ["a proxy of an object with every attribute", "jsffi.create_proxy(Everything())"],
  ["the type of a proxy", "type(js.setTimeout)(0).constructor"],
  ["the class of exceptions", "jsffi.JsException(1).constructor"],
  ["the board's own module", "_board.constructor"],
  ["the board's own functions", "_board.call.constructor(CODE)()"],
  ["a host call of an inherited name", "_board.call('constructor', '[]')"],
  ["a host call of __proto__", "_board.call('__proto__', '[]')"],
  ["a host call with what is no JSON", "_board.call('telnet.start', CODE)"],
  ["a host call with an object", "_board.call(Everything(), Everything())"],
  ["a host call without arguments", "_board.call()"],
  ["a host call with too much", "_board.call('telnet.start', '[' + '1,' * 100000 + '1]')"],
  [
    "a file through the board's modules",
    "_board.rom_text('/etc/passwd') or _board.rom_text('/rom/../../etc/passwd') or None",
  ],
  ["an import of a JavaScript module", "__import__('node:fs')"],
  ["an await of a function", "asyncio.run(awaits(js.setTimeout))"],
];

/** Statements after which nothing may have happened. */
const STATEMENTS: readonly (readonly [what: string, statement: string])[] = [
  ["a timer with a string", "js.setTimeout(CODE, 0)"],
  ["a timer with a function of the host", "js.setTimeout(js.setTimeout, 0)"],
  ["a timer with nothing", "js.setTimeout()"],
  ["a timer with an object with every attribute", "js.setTimeout(Everything(), Everything())"],
  ["a timer with a generator", "js.setTimeout((print(n) for n in range(3)), 0)"],
  ["a timer with keywords", "js.setTimeout(callback=CODE)"],
  ["clearTimeout with anything", "js.clearTimeout(Everything()); js.clearTimeout('constructor'); js.clearTimeout()"],
  ["a write to the module", "js.setTimeout = print"],
  ["a write to the prototype", "setattr(js.setTimeout, '__proto__', {})"],
  ["a write by index", "js.setTimeout['x'] = 1"],
  ["a write to the board's module", "_board.call = print"],
  ["a thousand proxies", "[jsffi.create_proxy(print) for n in range(1000)]"],
  [
    "wrong arguments for the board's functions",
    "_board.sleep(print); _board.sleep('x'); _board.rom_kind(3); _board.getch(0); _board.mounts(1, 2)",
  ],
];

const PREPARE = `
import js, jsffi, _board, asyncio
class Everything:
    def __getattr__(self, name): return Everything()
    def __call__(self, *args): return Everything()
    def __len__(self): return 3
    def __getitem__(self, at): raise ValueError
cycle = []
cycle.append(cycle)
async def awaits(what): return await what
`;

describe("the wall between Python and the host", () => {
  it("gives nothing of JavaScript away", async () => {
    const board = await boardBench();
    await board.run(`${PREPARE}\nCODE = ${JSON.stringify(code(board))}`);
    const given: string[] = [];
    for (const [what, expression] of EXPRESSIONS) {
      const { out, error } = await board.run(`value = ${expression}\nprint(repr(value))`);
      const nothing = /^(None|\[\]|'\{.*"error".*')\n$/.test(out) || (out === "" && error.startsWith("Traceback"));
      if (!nothing) given.push(`${what}: ${out}${error}`);
      if (board.seen().includes("MPY:")) given.push(`${what}: the board has restarted`);
    }
    expect(given).toEqual([]);
    for (const [what, statement] of STATEMENTS) {
      await board.run(statement);
      if (board.seen().includes("MPY:")) given.push(`${what}: the board has restarted`);
    }
    await board.run("import time; time.sleep_ms(30)");
    expect(given).toEqual([]);
    expect(await board.ask("1 + 1")).toBe("2");
    expect(await board.ask("dir(js)")).toMatch(/'clearTimeout', 'setTimeout'\]$/);
    expect(readdirSync(join(board.flash, ".."))).toEqual(["flash", "sd"]);
  });
});

describe("the wall, from below", () => {
  it("holds when Python forges its own references", async () => {
    const board = await boardBench();
    const { out } = await board.run(`${PREPARE}
import uctypes
# A proxy is its type, then the number of the object behind it.
forged = js.setTimeout
words = uctypes.struct(id(forged), {'ref': uctypes.UINT32 | 4, 'next': uctypes.UINT32 | 8}, uctypes.NATIVE)
found = []
before = words.ref
for number in list(range(300)) + [0xffffffff, 0x7fffffff]:
    words.ref = number
    for name in ('constructor', '__proto__', 'process', 'length', 'name', 'then', '0', 'memory', 'Module', 'prototype'):
        try: value = getattr(forged, name)
        except AttributeError: continue
        if value is not None: found.append((number, name, value))
    for call in (lambda: forged('1'), lambda: forged(1, 2, 3), lambda: forged.new('1'), lambda: forged[0], lambda: list(forged)):
        try: value = call()
        except Exception: continue
        if value not in (None, [], 0) and type(value) not in (int, str): found.append((number, call, value))
words.ref = before
print(len(found), found[:5])
`);
    expect(out).toBe("0 []\n");
    expect(await board.ask("1 + 1")).toBe("2");
  });

  it("lets no directory of the interpreter's own in, and not the host's terminal", async () => {
    const board = await boardBench();
    const { out, error } = await board.run(`
import os
def number(*call):
    try: return call[0](*call[1:])
    except OSError as error: return error.errno
for place in ('/', '/dev', '/proc', '/tmp', '/home', '/flash/..', '/sd/../dev', '../../dev'):
    try: os.mount(os.VfsPosix(place), '/m')
    except OSError: continue
    print(place, number(os.listdir, '/m'), [number(open, '/m/' + name) for name in ('stdin', 'tty', 'dev/stdin', 'self/fd/0', 'etc/passwd')], number(open, '/m/new', 'w'))
    os.umount('/m')
fs = os.VfsPosix('/flash')
print([number(fs.open, name, 'r') for name in ('../dev/stdin', '/../dev/stdin', '/../../etc/passwd', '..')], number(fs.mkdir, '/../made'), number(fs.rename, '/../dev', '/x'))
print(number(fs.chdir, '/..'), number(fs.ilistdir, '/../dev') and 'listed')
`);
    expect(error).toBe("");
    const lines = out.trim().split("\n");
    for (const line of lines.slice(0, -2)) expect(line).toMatch(/ (2|\[\]) \[2, 2, 2, 2, 2\] 2$/);
    expect(lines.at(-2)).toMatch(/^\[2, 2, 2, 2\] 2 2$/);
    expect(lines.at(-1)).toMatch(/^2 (2|listed)$/);
  });

  it("bounds what lives outside of the board's memory", async () => {
    const board = await boardBench();
    const { out } = await board.run(`
import js
set_ = [js.setTimeout(lambda: None, 1000000000) for at in range(3000)]
print(len([one for one in set_ if one is not None]))
files = []
try:
    while True: files.append(open('/flash/f', 'w'))
except OSError as error: print('files end', len(files) < 5000)
`);
    expect(out).toMatch(/^10\d\d\nfiles end True\n$/);
  });

  it("can interrupt what a timer's callback leaves behind", async () => {
    const board = await boardBench();
    await board.ask("import js");
    board.type("\x05");
    await board.expect("=== ");
    board.type(
      "async def forever():\r  print('in', 'loop')\r  while True: pass\rjs.setTimeout(forever, 0) and None\r\x04",
    );
    await board.expect("in loop\r\n");
    board.type("\x03");
    await board.expect("KeyboardInterrupt");
    expect(await board.ask("1 + 1")).toBe("2");
  });

  it("shows Python nothing of the host's environment or paths", async () => {
    process.env["PORTHOLE_TEST_SECRET"] = "s3cr3t-value-7719";
    const board = await boardBench({
      prepare(flash) {
        mkdirSync(join(flash, "d"));
        writeFileSync(join(flash, "d", "f"), "");
      },
    });
    const { out, error } = await board.run(`
import uctypes, os
os.listdir('d'); open('d/f').close()
at, hits = 0, []
def holds(chunk, word):
    # Neither this text nor a list of it may be found in memory: it is only kept backwards.
    start = chunk.find(word[-1:])
    while start >= 0:
        if all(chunk[start + n] == word[-1 - n] for n in range(len(word)) if start + n < len(chunk)) and start + len(word) <= len(chunk): return True
        start = chunk.find(word[-1:], start + 1)
    return False
words = (b'9177-eulav-t3rc3s', b'-tset-draob-elohtrop')
while True:
    chunk = bytes(uctypes.bytearray_at(at, 65536))
    for word in words:
        if holds(chunk, word): hits.append((at, word))
    at += 65536
    if at >= 4000000: break
print(hits)
`);
    delete process.env["PORTHOLE_TEST_SECRET"];
    expect(error).toBe("");
    expect(out).toBe("[]\n");
    expect(existsSync(join(board.flash, "..", "escaped"))).toBe(false);
  });
});
