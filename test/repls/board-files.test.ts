import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { boardBench, closeBoardsAfterEach } from "./board-bench.ts";

closeBoardsAfterEach();

/** A compiled module, `ANSWER = 42`, written by hand: header, two names, one function of eight bytes. */
const MPY = Buffer.concat([
  Buffer.from([0x4d, 6, 0, 31, 2, 0]),
  Buffer.from("\x0cans.py\0\x0cANSWER\0"),
  Buffer.from([8 << 3, 0x08, 0x02, 0, 0xaa, 0x16, 1, 0x51, 0x63]),
]);

describe("the board's files", () => {
  it("are the host's, live in both directions", async () => {
    const board = await boardBench();
    await board.ask("import os");
    expect(await board.ask("os.listdir('/')")).toBe("['flash', 'sd']");
    expect(await board.ask("os.getcwd(), os.listdir()")).toBe("('/flash', [])");
    await board.ask("with open('a.txt', 'w') as f: n = f.write('from the board')\r");
    expect(readFileSync(join(board.flash, "a.txt"), "utf8")).toBe("from the board");
    writeFileSync(join(board.flash, "a.txt"), "from the host");
    expect(await board.ask("open('a.txt').read()")).toBe("'from the host'");
    writeFileSync(join(board.sd, "Grüße.txt"), "x");
    mkdirSync(join(board.sd, "folder"));
    const { out } = await board.run(
      "import os\nfor entry in sorted(os.ilistdir('/sd')): print(*entry)\nprint(os.listdir('/sd/folder'))",
    );
    expect(Buffer.from(out, "latin1").toString()).toMatch(/^Grüße.txt 32768 \d+ 1\nfolder 16384 \d+ 0\n\[\]\n$/);
    // A name that was a file is a directory now, and the other way round.
    rmSync(join(board.flash, "a.txt"));
    mkdirSync(join(board.flash, "a.txt"));
    rmSync(join(board.sd, "folder"), { recursive: true });
    writeFileSync(join(board.sd, "folder"), "123");
    expect(await board.ask("os.stat('a.txt')[0] & 0o170000 == 0o040000, os.stat('/sd/folder')[6]")).toBe("(True, 3)");
    rmSync(join(board.sd, "folder"));
    expect(await board.ask("os.stat('/sd/folder')")).toContain("OSError: [Errno 2] ENOENT");
  });

  it("can be made, changed, renamed and removed", async () => {
    const board = await boardBench();
    const { out, error } = await board.run(`
import os
os.mkdir('d'); os.mkdir('d/e'); os.chdir('d/e')
f = open('x', 'wb'); f.write(b'0123456789'); f.close()
f = open('x', 'r+b'); f.seek(4); f.write(b'AB'); f.seek(-2, 2); print(f.tell(), f.read()); f.close()
f = open('x', 'ab'); f.write(b'!'); f.close()
print(open('/flash/d/e/x', 'rb').read())
os.rename('x', '../y'); print(os.listdir('..'), os.listdir())
f = open('../y', 'w'); f.close(); print(os.stat('../y')[6])
open('z', 'w').write('new'); os.rename('z', '/flash/d/y'); print(open('/flash/d/y').read())
os.remove('../y'); os.chdir('/'); os.rmdir('/flash/d/e'); os.rmdir('flash/d')
print(os.listdir('/flash'), os.getcwd())
f = open('/flash/held', 'w+'); f.write('abc'); os.remove('/flash/held'); f.seek(0); print(f.read()); f.close()
`);
    expect(error).toBe("");
    expect(out.split("\n")).toEqual([
      "8 b'89'",
      "b'0123AB6789!'",
      expect.stringMatching(/^\['(e', 'y|y', 'e)'\] \[\]$/),
      "0",
      "new",
      "[] /",
      "abc",
      "",
    ]);
    expect(readdirSync(board.flash)).toEqual([]);
  });

  it("say what is wrong with Linux's error numbers", async () => {
    const board = await boardBench({
      prepare(flash) {
        mkdirSync(join(flash, "full"));
        writeFileSync(join(flash, "full", "f"), "");
        writeFileSync(join(flash, "file"), "");
      },
    });
    const { out, error } = await board.run(`
import os
def number(*call):
    try: call[0](*call[1:])
    except OSError as error: return error.errno
print(number(open, 'none'), number(os.stat, 'none/x'), number(os.remove, 'none'), number(os.chdir, 'none'), number(os.listdir, '/none'))
print(number(os.mkdir, 'full'), number(os.rmdir, 'full'), number(open, 'full', 'w'), number(os.rmdir, 'file'))
print(number(os.listdir, 'file'), number(os.rename, 'none', 'x'), number(os.rename, 'file', '/sd/file'), number(open, 'a' * 300))
print(number(open, '/x', 'w'), number(os.mkdir, '/x'), number(os.remove, '/flash'), number(open, 'x/../../../etc/passwd'))
`);
    expect(error).toBe("");
    expect(out.split("\n").slice(0, 3)).toEqual([
      "2 2 2 2 2",
      "17 39 21 20",
      expect.stringMatching(/^20 2 (1|18) 36$/),
    ]);
    expect(out.split("\n")[3]).toMatch(/^30 30 (1|2|16|21|39) 2$/);
  });

  it("tell the real free space", async () => {
    const board = await boardBench();
    const [size, , blocks, , available] = JSON.parse(
      (await board.ask("import os; list(os.statvfs('/flash'))")).replaceAll("(", "[").replaceAll(")", "]"),
    ) as number[];
    const real = statfsSync(board.flash);
    expect([size, blocks]).toEqual([real.bsize, real.blocks % 2 ** 32]);
    expect(Math.abs((available ?? 0) - (real.bavail % 2 ** 32))).toBeLessThan(500_000);
  });

  it("are imported: modules, packages, compiled ones, and again after a change", async () => {
    const board = await boardBench({
      prepare(flash, sd) {
        writeFileSync(join(flash, "one.py"), "value = 1\n");
        mkdirSync(join(flash, "lib", "package"), { recursive: true });
        writeFileSync(join(flash, "lib", "package", "__init__.py"), "from .part import *\n");
        writeFileSync(join(flash, "lib", "package", "part.py"), "part = 'a part'\n");
        writeFileSync(join(sd, "card.py"), "card = True\n");
        writeFileSync(join(flash, "broken.py"), "def f():\n    return 1 +\n");
      },
    });
    const { out } = await board.run(
      "import one, package, sys\nprint(one.value, package.part)\nsys.path.append('/sd')\nimport card\nprint(card.card, card.__file__)",
    );
    expect(out).toBe("1 a part\nTrue /sd/card.py\n");
    writeFileSync(join(board.flash, "one.py"), "value = 2\n");
    await board.ask("import sys, one; del sys.modules['one']");
    expect(await board.ask("import one; one.value")).toBe("2");
    expect(await board.ask("import broken")).toContain("SyntaxError");
    expect(await board.ask("import nothing")).toContain("ImportError: no module named 'nothing'");
    // Arrived while the board runs, as by FTP.
    writeFileSync(join(board.flash, "late.py"), "print('late module')\n");
    expect(await board.ask("import late")).toBe("late module");
    writeFileSync(join(board.flash, "ans.mpy"), MPY);
    expect(await board.ask("import ans; ans.ANSWER")).toBe("42");
    writeFileSync(join(board.flash, "old.mpy"), Buffer.from([0x4d, 5, 0, 31, 2, 0]));
    expect(await board.ask("import old")).toContain("ValueError: incompatible .mpy file");
  });

  it("are closed when the board is reset", async () => {
    const board = await boardBench();
    const descriptors = (): number => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);
    await board.ask("1");
    const before = descriptors();
    await board.ask("kept = [open('/flash/%d' % at, 'w') for at in range(50)]");
    board.board.hardReset();
    await board.expect(">>> ");
    await board.ask("1");
    expect(descriptors() - before).toBeLessThan(20);
  });

  it("hold on to the directory: links out of it are neither seen nor followed", async () => {
    const board = await boardBench({
      prepare(flash, sd) {
        const outside = join(flash, "..", "outside");
        mkdirSync(outside);
        writeFileSync(join(outside, "secret"), "secret");
        symlinkSync(outside, join(flash, "out"));
        symlinkSync(join(outside, "secret"), join(flash, "stolen"));
        symlinkSync("/etc/passwd", join(sd, "passwd"));
        symlinkSync(join(sd, "passwd"), join(flash, "twice"));
        symlinkSync("nowhere", join(flash, "dangling"));
        writeFileSync(join(flash, "own"), "own");
        symlinkSync("own", join(flash, "inside"));
        mkdirSync(join(flash, "dir"));
        symlinkSync("../dir", join(flash, "dir", "loop"));
      },
    });
    const { out, error } = await board.run(`
import os
print(sorted(os.listdir('/flash')), os.listdir('/sd'), open('inside').read(), os.listdir('dir'))
def number(*call):
    try: return call[0](*call[1:])
    except OSError as error: return error.errno
for name in ('out', 'stolen', 'twice', '/sd/passwd', 'out/secret', 'dir/loop/loop/../../out/secret'):
    print([number(call, name) for call in (open, os.stat, os.listdir, os.remove)], number(open, name, 'w'), number(open, name, 'a'))
print(number(os.rename, 'own', 'out/own'), number(os.mkdir, 'out/new'), number(open, 'out/new', 'w'), number(open, 'dangling', 'w'))
`);
    expect(error).toBe("");
    const lines = out.split("\n");
    expect(lines[0]).toBe("['dir', 'inside', 'own'] [] own ['loop']");
    for (const line of lines.slice(1, 7)) expect(line).toMatch(/^\[(13|2|20)(, (13|2|20)){3}\] (13|2) (13|2)$/);
    expect(lines[7]).toMatch(/^13 13 13 (2|13|17)$/);
    expect(readFileSync(join(board.flash, "..", "outside", "secret"), "utf8")).toBe("secret");
    expect(readdirSync(join(board.flash, "..", "outside"))).toEqual(["secret"]);
    expect(existsSync(join(board.flash, "nowhere"))).toBe(false);
  });

  it.skipIf(process.platform === "win32")("are files and directories only: no pipe or socket is opened", async () => {
    const board = await boardBench({ prepare: (flash) => execFileSync("mkfifo", [join(flash, "pipe")]) });
    const server = createServer().listen(join(board.flash, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    const { out } = await board.run(`
import os
print(os.listdir())
for name in ('pipe', 'socket'):
    for mode in ('r', 'w', 'rb+'):
        try: print(open(name, mode))
        except OSError as error: print(error.errno)
`);
    server.close();
    expect(out).toBe(`[]\n${"13\n".repeat(6)}`);
  });

  it("that may not be read or written say so", async () => {
    const board = await boardBench({
      prepare(flash) {
        writeFileSync(join(flash, "locked"), "");
        chmodSync(join(flash, "locked"), 0);
      },
    });
    expect(await board.ask("open('locked')")).toContain("OSError: [Errno 13] EACCES");
  });

  it("must be there: a board without its directory gives up", async () => {
    const board = await boardBench();
    rmSync(board.flash, { recursive: true });
    board.board.hardReset();
    expect(await board.board.ended).toBe(1);
    expect(board.seen().match(/MPY: the interpreter has crashed: ENOENT\r\n/g)).toHaveLength(5);
  });

  it("exist once: there is no /sd without a card", async () => {
    const root = await boardBench({ start: false });
    const { createBoard } = await import("../../dist/repls/micropython/board.js");
    const board = createBoard({ flash: root.flash });
    let text = "";
    board.connect({
      write(bytes) {
        text += Buffer.from(bytes).toString();
        return undefined;
      },
      exit() {},
    });
    board.resume({ who: "local", type: "xterm", size: { columns: 80, rows: 24 } }, undefined);
    expect(await board.runFile({ name: "x.py", source: "import os\nprint(os.listdir('/'))\n", argv: [] })).toBe(0);
    expect(text).toBe("['flash']\r\n");
  });
});
