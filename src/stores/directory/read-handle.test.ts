import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { VirtualPath } from "../../contracts/store.ts";
import { Pace } from "./pace.ts";
import { FileReadHandle } from "./read-handle.ts";
import { Turns } from "./turns.ts";

const CONTENT = Buffer.alloc(3_000_000);
for (let i = 0; i < CONTENT.length; i++) CONTENT[i] = (i * 7) >> 5;

function open(turns: Turns): FileReadHandle {
  const root = mkdtempSync(join(tmpdir(), "porthole-read-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const file = join(root, "file");
  writeFileSync(file, CONTENT);
  // A clock that stands still: this disk is quick.
  const pace = new Pace(() => 0);
  pace.isQuick(0);
  pace.tellWaited(0);
  const entry = { name: "file", type: "file", sizeBytes: CONTENT.length, modifiedMs: 0, mode: 0o600 } as const;
  const handle = new FileReadHandle("/file" as VirtualPath, entry, openSync(file, "r"), 0, pace, turns, () => {});
  onTestFinished(() => handle.close());
  return handle;
}

it("reads at once while it is alone, and in other threads by turns with others", async () => {
  const turns = new Turns(2);
  const [one, other] = [open(turns), open(turns)];
  const large = new Uint8Array(200_000);
  expect(one.read(large)).toBe(large.length);
  expect(one.read(large)).toBe(large.length);
  for (let round = 0; round < 3; round++) {
    for (const handle of [other, one]) {
      const reading = handle.read(large);
      expect(reading).toBeInstanceOf(Promise);
      expect(await reading).toBe(large.length);
    }
  }
  expect(Buffer.compare(large, CONTENT.subarray(800_000, 1_000_000))).toBe(0);
  expect(one.read(large)).toBe(large.length); // the other one has paused meanwhile
  expect(other.read(large.subarray(0, 1_000))).toBe(1_000); // small pieces don't count
  expect(one.read(large)).toBe(large.length);
  await one.close();
  expect(other.read(large)).toBe(large.length);
});

it("stays out of threads that are busy with slow disks", () => {
  const turns = new Turns(2);
  const [one, other] = [{}, {}];
  expect(turns.take(one, 0)).toBe(false);
  expect(turns.take(other, 1)).toBe(true);
  turns.tellTrip(1, 1_001);
  expect(turns.take(one, 1_002)).toBe(false);
  expect(turns.take(other, 31_000)).toBe(false);
  expect(turns.take(one, 31_001)).toBe(true);

  // A processor that was elsewhere for a moment makes a few slow trips, a disk makes many.
  let atMs = 40_000;
  const trips = (count: number, tookMs: number): void => {
    for (let trip = 0; trip < count; trip++) turns.tellTrip(atMs - tookMs, atMs);
  };
  trips(10, 30);
  trips(30, 1);
  trips(10, 30);
  expect(turns.take(other, atMs)).toBe(true);
  trips(6, 30);
  expect(turns.take(one, atMs)).toBe(false);
  atMs += 1_000;
  expect(turns.take(other, atMs)).toBe(true);
  trips(8, 30);
  expect(turns.take(one, atMs)).toBe(false);
});

it("reads at once on one processor", () => {
  const turns = new Turns(1);
  const handles = [open(turns), open(turns)];
  const large = new Uint8Array(200_000);
  for (const handle of [...handles, ...handles]) expect(handle.read(large)).toBe(large.length);
});
