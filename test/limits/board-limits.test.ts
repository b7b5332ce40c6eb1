/**
 * The limits of a board: each is gone over, and the board is well afterwards.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import { boardBench, closeBoardsAfterEach } from "../repls/board-bench.ts";
import { until } from "../tasks/until.ts";

closeBoardsAfterEach();

const ABSENCE_MS = 300;

it("keys that a busy board has not taken: at the limit whoever types waits, and none is lost", async () => {
  const board = await boardBench();
  board.type("import os, time\rn = 0\r");
  board.type("while 'go' not in os.listdir('/flash'): time.sleep_ms(5)\r\r");
  await until(() => board.board.busy);
  await until(() => board.seen().endsWith("... \r\n"));
  board.clear();
  const line = "n += 1\r";
  const lines = Math.ceil((LIMITS.boardInputBytes.value * 3) / line.length);
  const typed = Buffer.from(line.repeat(lines));
  expect(board.board.input(typed.subarray(0, LIMITS.boardInputBytes.value))).toBeUndefined();
  const asked = board.board.input(typed.subarray(LIMITS.boardInputBytes.value));
  expect(asked).toBeInstanceOf(Promise);
  let taken = false;
  void asked?.then(() => (taken = true));
  await wait(ABSENCE_MS);
  expect(taken).toBe(false);
  writeFileSync(join(board.flash, "go"), "");
  await until(() => taken, 60_000);
  board.type("print('all', n)\r");
  await board.expect(`\r\nall ${lines}\r\n>>> `, 60_000);
});

it("output that nobody takes: at the limit the board's program waits, and none is lost", async () => {
  const board = await boardBench();
  let release = (): void => {};
  let shown = "";
  let free = false;
  board.board.connect({
    write(bytes) {
      shown += Buffer.from(bytes).toString("latin1");
      return free ? undefined : new Promise((resolve) => (release = resolve));
    },
    exit() {},
  });
  const program = `
f = open('/flash/n', 'w')
for n in range(3000):
  print('%05d' % n + 'x' * 94)
  f.seek(0); f.write('%05d' % n); f.flush()
`;
  free = true;
  board.type(`\x05${program.replaceAll("\n", "\r")}`);
  await until(() => shown.includes("f.flush()"));
  free = false;
  shown = "";
  board.type("\x04");
  const counter = join(board.flash, "n");
  const written = () => (existsSync(counter) ? Number(readFileSync(counter, "utf8")) : 0) * 101;
  await until(() => written() > LIMITS.boardOutputBytes.value / 2);
  let before = -1;
  while (written() !== before) {
    before = written();
    await wait(ABSENCE_MS);
  }
  // The ring, the piece that the terminal was given, and the line that waits.
  expect(before - shown.length).toBeLessThanOrEqual(LIMITS.boardOutputBytes.value + 202);
  expect(before).toBeLessThan(100_000);
  expect(board.board.busy).toBe(true);
  free = true;
  release();
  await until(() => shown.endsWith(">>> "));
  const numbers = [...shown.matchAll(/^(\d{5})x{94}\r$/gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 3000 }, (_, n) => n));
});

it("output that was never shown: the newest is kept, to the limit", async () => {
  const board = await boardBench({ start: false, connect: false });
  const lines = 3000;
  writeFileSync(join(board.flash, "main.py"), `for n in range(${lines}): print('%05d' % n + 'x' * 94)\n`);
  await board.board.start();
  const pieces: string[] = [];
  board.board.connect({
    write(bytes) {
      pieces.push(Buffer.from(bytes).toString("latin1"));
      return undefined;
    },
    exit() {},
  });
  board.board.resume({ who: "local", type: "xterm", size: { columns: 80, rows: 24 } }, undefined);
  await until(() => pieces.join("").endsWith(">>> "));
  const [first = ""] = pieces;
  expect(first.length).toBeLessThanOrEqual(LIMITS.boardUnseenBytes.value);
  expect(first.length).toBeGreaterThan(LIMITS.boardUnseenBytes.value - LIMITS.boardOutputBytes.value);
  expect(pieces.join("")).toContain(`${String(lines - 1).padStart(5, "0")}x`);
  expect(pieces.join("")).not.toContain("00000x");
  pieces.length = 0;
  void board.board.input(Buffer.from("6 * 7\r"));
  await until(() => pieces.join("").includes("\r\n42\r\n>>> "));
});

it("the arguments of a call to the host: what is longer is a ValueError and never reaches it", async () => {
  const users: string[] = [];
  const start = (options: unknown): boolean => {
    users.push((options as { user: string }).user);
    return true;
  };
  const board = await boardBench({ hostMethods: { "telnet.start": start } });
  // As Python's own module does it, which would refuse such a name itself.
  const call = (length: number) => board.ask(`_board.call('telnet.start', '[{"user":"' + 'u' * ${length} + '"}]')`);
  const most = LIMITS.boardCallCharacters.value - JSON.stringify([{ user: "" }]).length;
  await board.ask("import _board, network");
  expect(await call(most)).not.toContain("Error");
  for (const length of [most + 1, 5_000_000]) expect(await call(length)).toContain("ValueError");
  expect(users.map((user) => user.length)).toEqual([most]);
  expect(await board.ask("network.telnet.start(user='after')")).toBe("True");
});
