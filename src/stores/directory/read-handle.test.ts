import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { VirtualPath } from "../../contracts/store.ts";
import { FileWriter } from "./file-writer.ts";
import { Pace, Paces } from "./pace.ts";
import { FileReadHandle } from "./read-handle.ts";

const CONTENT = Buffer.alloc(3_000_000);
for (let i = 0; i < CONTENT.length; i++) CONTENT[i] = (i * 7) >> 5;

function open(): FileReadHandle {
  const root = mkdtempSync(join(tmpdir(), "porthole-read-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const file = join(root, "file");
  writeFileSync(file, CONTENT);
  // A clock that stands still: this disk is quick.
  const pace = new Pace(() => 0);
  pace.isQuick(0);
  pace.tellWaited(0);
  const entry = { name: "file", type: "file", sizeBytes: CONTENT.length, modifiedMs: 0, mode: 0o600 } as const;
  const handle = new FileReadHandle("/file" as VirtualPath, entry, openSync(file, "r"), 0, pace, () => {});
  onTestFinished(() => handle.close());
  return handle;
}

it("reads at once where the disk is quick, also when several are read by turns", () => {
  const handles = [open(), open()];
  const piece = new Uint8Array(200_000);
  for (let atBytes = 0; atBytes < CONTENT.length; atBytes += piece.length) {
    for (const handle of handles) {
      expect(handle.read(piece)).toBe(piece.length);
      expect(Buffer.compare(piece, CONTENT.subarray(atBytes, atBytes + piece.length))).toBe(0);
    }
  }
  for (const handle of handles) expect(handle.read(piece)).toBe(0);
});

it.runIf(availableParallelism() > 1)(
  "reads one large piece at a time in another thread, and goes on from there",
  async () => {
    const [first, second] = [open(), open()];
    const pieces = [new Uint8Array(1_000_000), new Uint8Array(1_000_000)] as const;
    expect(first.readAhead(new Uint8Array(100_000))).toBeUndefined();
    const reading = first.readAhead(pieces[0]);
    expect(second.readAhead(pieces[1])).toBeUndefined();
    expect(second.read(pieces[1])).toBe(1_000_000);
    expect(await reading).toBe(1_000_000);
    expect(await second.readAhead(pieces[1])).toBe(1_000_000);
    expect(first.read(pieces[0])).toBe(1_000_000);
    for (const piece of pieces) expect(Buffer.compare(piece, CONTENT.subarray(1_000_000, 2_000_000))).toBe(0);
  },
);

it.runIf(availableParallelism() > 1 && process.platform !== "win32")(
  "has nothing read in another thread while a disk takes no bytes",
  async () => {
    const root = mkdtempSync(join(tmpdir(), "porthole-read-"));
    const fifo = join(root, "fifo");
    execFileSync("mkfifo", [fifo]);
    const stuck = openSync(fifo, "r+");
    onTestFinished(() => {
      closeSync(stuck);
      rmSync(root, { recursive: true });
    });
    const writer = new FileWriter(stuck, "/fifo" as VirtualPath, undefined, new Paces().of(0), () => false);
    const writing = writer.write([new Uint8Array(1_000_000)]);
    const handle = open();
    const piece = new Uint8Array(500_000);
    expect(handle.readAhead(piece)).toBeUndefined();
    expect(handle.read(piece)).toBe(piece.length);
    for (let left = 1_000_000; left > 0; ) left -= readSync(stuck, new Uint8Array(65_536));
    await writing;
    expect(await handle.readAhead(piece)).toBe(piece.length);
  },
);
