import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { boardBench, closeBoardsAfterEach } from "./board-bench.ts";
import { ToolClient } from "./tool-client.ts";

closeBoardsAfterEach();

const EVERY_BYTE = Buffer.from(Array.from({ length: 1_000 }, (_, at) => (at * 7) % 256));

describe("the raw REPL", () => {
  it("answers byte for byte", async () => {
    const board = await boardBench();
    board.type("\x01");
    expect(await board.expect(">")).toBe("\r\nraw REPL; CTRL-B to exit\r\n>");
    for (const [program, answer] of [
      ["print(1)\x04", "OK1\r\n\x04\x04>"],
      [
        "1/0\x04",
        'OK\x04Traceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\nZeroDivisionError: divide by zero\r\n\x04>',
      ],
      ["import sys; _ = sys.stdout.write('a\\nb\\r\\nc')\x04", "OKa\r\nb\r\nc\x04\x04>"],
      ["if 1:\r  print(2)\r\n\x04", "OK2\r\n\x04\x04>"],
      ["dropped\x03print(3)\x04", "OK3\r\n\x04\x04>"],
      ["\x01", "raw REPL; CTRL-B to exit\r\n>"],
    ] as const) {
      board.type(program);
      expect(await board.expect(answer)).toBe(answer);
    }
    board.type("\x04");
    const reset = "OK\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>";
    expect(await board.expect(reset)).toBe(reset);
    board.type("\x02");
    expect(await board.expect(">>> ")).toMatch(/^\r\nMicroPython v1\.27\.0/);
  });

  it("has raw-paste: with a window, errors, an interrupt, an empty program, and no other kind", async () => {
    const board = await boardBench();
    board.type("\x01");
    await board.expect(">");
    const paste = async (program: string): Promise<string> => {
      board.type("\x05A\x01");
      expect(await board.expect("R\x01\x10\x10\x01")).toBe("R\x01\x10\x10\x01");
      board.type(program);
      return board.expect(/\x04>$/);
    };
    expect(await paste("print('pasted')\x04")).toBe("\x04pasted\r\n\x04\x04>");
    expect(await paste("\x04")).toBe("\x04\x04\x04>");
    expect(await paste("x = (\x04")).toMatch(/^\x04\x04Traceback[\s\S]*SyntaxError: invalid syntax\r\n\x04>$/);
    expect(await paste("print(1)\x03")).toBe(
      "\x04\x04Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n\x04>",
    );
    const long = `n = 0\n${"n += 1\n".repeat(3_000)}print(n)\x04`;
    expect(await paste(long)).toBe(`${"\x01".repeat(5)}\x043000\r\n\x04\x04>`);
    board.type("\x05B\x01");
    expect(await board.expect("R\x00")).toBe("R\x00");
    board.type("print('after')\x04");
    expect(await board.expect("\x04>")).toBe("OKafter\r\n\x04\x04>");
    board.type("\x05A\x01");
    await board.expect("\x01\x10\x10\x01");
    board.type("import time\nprint('in')\ntime.sleep(100)\n\x04");
    await board.expect("\x04in\r\n");
    board.type("\x03");
    expect(await board.expect("\x04>")).toContain("KeyboardInterrupt: \r\n\x04>");
  });

  it("announces its window without the bytes that Python's telnetlib leaves out", async () => {
    const board = await boardBench();
    board.type("\x01");
    await board.expect(">");
    board.type("\x05A\x01");
    const [low = 0, high = 0] = Buffer.from((await board.expect(/R\x01[\s\S]{2}\x01/)).slice(2), "latin1");
    for (const leftOut of [0x00, 0x11]) expect([low, high]).not.toContain(leftOut);
    // Who was told so much may send it before waiting for more.
    board.type(`${"#".repeat(low + 256 * high - 1)}\n`);
    await board.expect("\x01");
    board.type("\x04");
    await board.expect("\x04>");
  });

  it("does not take a program of megabytes", async () => {
    const board = await boardBench();
    board.type("\x01");
    await board.expect(">");
    board.type("\x05A\x01");
    await board.expect("\x01\x10\x10\x01");
    const mebibyte = Buffer.alloc(1_048_576, "#");
    await board.board.input(mebibyte);
    await board.board.input(Buffer.from("##########"));
    await board.expect("\x04"); // the board has had enough
    board.type("\x04");
    expect(await board.expect("\x04>")).toMatch(/^\x04\x04Traceback[\s\S]*MemoryError/);
    board.type("print('alive')\x04");
    await board.expect("OKalive");
  });

  it("turns a hundred programs around, in a time that is printed", async () => {
    const board = await boardBench();
    board.type("\x01");
    await board.expect(">");
    const times: number[] = [];
    for (let at = 0; at < 100; at++) {
      const begin = performance.now();
      board.type("print(1)\x04");
      await board.expect("\x04>");
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    console.log(`a program in the raw REPL: ${times[50]?.toFixed(1)} ms`);
  });
});

describe("tools that expect a board", () => {
  it("pyboard.py: exec, soft reset with main.py, and its file commands", async () => {
    const board = await boardBench({
      prompt: false,
      prepare: (flash) => {
        writeFileSync(join(flash, "main.py"), "print('main runs')\nwhile True: pass\n");
        writeFileSync(join(flash, "boot.py"), "print('boot runs')\n");
      },
    });
    await board.expect("main runs");
    const tool = new ToolClient(board);
    await tool.enterRawRepl();
    expect(await tool.exec("print('hello')")).toBe("hello\r\n");
    expect(tool.usedRawPaste).toBe(1);
    await expect(tool.exec("raise ValueError(7)")).rejects.toThrow("ValueError: 7");
    await tool.put("/flash/data.bin", EVERY_BYTE);
    expect(readFileSync(join(board.flash, "data.bin")).equals(EVERY_BYTE)).toBe(true);
    expect((await tool.get("/flash/data.bin")).equals(EVERY_BYTE)).toBe(true);
    mkdirSync(join(board.flash, "dir"));
    const listing = await tool.exec(
      "import os\nfor f in sorted(os.ilistdir('/flash')):\n print('{:12} {}{}'.format(f[3]if len(f)>3 else 0,f[0],'/'if f[1]&0x4000 else ''))",
    );
    expect(listing.split("\r\n").map((line) => line.trim())).toEqual([
      "19 boot.py",
      "1000 data.bin",
      "0 dir/",
      expect.stringMatching(/^\d+ main.py$/),
      "",
    ]);
    await tool.exec("import os\nos.remove('/flash/data.bin')\nos.rmdir('/flash/dir')\nos.mkdir('/flash/new')");
    tool.exitRawRepl();
    await board.expect('Type "help()" for more information.\r\n>>> ');
  });

  it("mpremote: raw paste of every program, hashes, listing and mounts", async () => {
    const board = await boardBench();
    const tool = new ToolClient(board);
    await tool.enterRawRepl();
    await tool.put("/sd/m.bin", EVERY_BYTE, 512);
    expect(
      await tool.exec(
        "import hashlib\nh=hashlib.sha256()\nf=open('/sd/m.bin','rb')\nh.update(f.read())\nprint(h.digest().hex())",
      ),
    ).toBe(`${createHash("sha256").update(EVERY_BYTE).digest("hex")}\r\n`);
    expect(await tool.exec("import os\nfor f in os.ilistdir('/sd'):\n print(repr(f), end=',')")).toMatch(
      /^\('m.bin', 32768, \d+, 1000\),$/,
    );
    expect(await tool.evaluate("__import__('os').stat('/sd/m.bin')[6]")).toBe("1000\r\n");
    // `mpremote cp FILE :` asks for the directory without a name.
    expect(await tool.evaluate("[(s := __import__('os').stat)('')[0] & 0x4000, s('') == s('/flash')]")).toBe(
      "[16384, True]\r\n",
    );
    await expect(tool.evaluate("__import__('os').stat('nope')")).rejects.toThrow("OSError: [Errno 2] ENOENT");
    const mounts = await tool.exec("import vfs, os\nfor fs, path in vfs.mount(): print(path, len(os.statvfs(path)))");
    expect(mounts.split("\r\n").slice(0, -1).sort()).toEqual(["/ 10", "/flash 10", "/sd 10"]);
    expect(
      await tool.exec("import sys\nprint(sys.platform, sys.implementation.name, sys.implementation.version[:2])"),
    ).toBe("webassembly micropython (1, 27)\r\n");
    expect(tool.usedRawPaste).toBeGreaterThan(5);
    tool.exitRawRepl();
    await board.expect(">>> ");
  });

  it("mpfshell: its connect, its listing, its hexadecimal transfers", async () => {
    const board = await boardBench();
    board.type("\r\x03\x03");
    board.type("\r\x01");
    await board.expect("raw REPL; CTRL-B to exit\r\n>");
    board.type("\x04");
    await board.expect("soft reboot\r\n");
    board.type("\x03");
    await board.expect("raw REPL; CTRL-B to exit\r\n");
    const exec = async (code: string): Promise<string> => {
      await board.expect(">");
      board.type(`${code}\x04`);
      await board.expect("OK");
      const out = (await board.expect("\x04")).slice(0, -1);
      expect((await board.expect("\x04")).slice(0, -1)).toBe("");
      return out;
    };
    await exec("import uos, sys, ubinascii");
    expect(await exec("print(uos.uname()[0])")).toBe("webassembly\r\n");
    await exec("f = open('x.bin', 'wb')");
    for (let at = 0; at < EVERY_BYTE.length; at += 64) {
      await exec(`f.write(ubinascii.unhexlify('${EVERY_BYTE.subarray(at, at + 64).toString("hex")}'))`);
    }
    await exec("f.close()");
    expect(await exec("print(uos.listdir('/flash'))")).toBe("['x.bin']\r\n");
    await exec("f = open('x.bin', 'rb')");
    let read = "";
    for (;;) {
      const part = /b'([0-9a-f]*)'/.exec(await exec("print(ubinascii.hexlify(f.read(64)))"))?.[1] ?? "";
      if (part === "") break;
      read += part;
    }
    expect(Buffer.from(read, "hex").equals(EVERY_BYTE)).toBe(true);
  });

  it("Thonny and rshell: binary through standard input with Ctrl-C switched off", async () => {
    const board = await boardBench();
    const tool = new ToolClient(board);
    await tool.enterRawRepl({ softReset: false });
    await board.expect(">");
    board.type(
      "import sys, micropython\nmicropython.kbd_intr(-1)\nf = open('/flash/in.bin', 'wb')\nprint('go')\nleft = 1000\nwhile left:\n  part = sys.stdin.buffer.read(min(left, 100))\n  left -= len(part)\n  f.write(part)\nf.close()\nmicropython.kbd_intr(3)\x04",
    );
    await board.expect("OKgo\r\n");
    board.type(EVERY_BYTE);
    await board.expect("\x04\x04>");
    expect(readFileSync(join(board.flash, "in.bin")).equals(EVERY_BYTE)).toBe(true);
  });
});
