import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { constants as osConstants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accelerator } from "../../native/accelerator.ts";
import type { EntryCalls } from "../../native/entry-calls.ts";
import { type Entries, entriesByDescriptor, entriesByPath, type Status } from "./entries.ts";
import { errno } from "./errno.ts";
import { createGround } from "./ground.ts";

const calls = accelerator().calls?.entries;
const { O_DIRECTORY, O_RDONLY } = constants;

describe.skipIf(calls === undefined)("names in a directory, by its descriptor", () => {
  const quick = entriesByDescriptor(calls as EntryCalls);
  let root: string;
  let directory: { path: string; descriptor: number };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "porthole-entries-"));
    directory = { path: root, descriptor: openSync(root, O_RDONLY | O_DIRECTORY) };
  });
  afterEach(() => {
    closeSync(directory.descriptor);
    rmSync(root, { recursive: true });
  });

  /** What a call gives, or the code of its error, which must be the same by path. */
  function both<T>(call: (entries: Entries) => T): T | string | undefined {
    const [found, wanted] = [quick, entriesByPath].map((entries) => {
      try {
        return call(entries);
      } catch (error) {
        return errno(error);
      }
    });
    expect(found).toEqual(wanted);
    return found;
  }

  const fields = (status: Status | undefined) =>
    status && {
      kind: [status.isFile(), status.isDirectory(), status.isSymbolicLink()],
      numbers: [status.mode, status.size, status.ino, status.dev, status.uid, status.gid],
      times: [status.atimeMs, status.mtimeMs],
    };

  it("are seen as lstat sees them", () => {
    mkdirSync(join(root, "directory"), 0o750);
    symlinkSync("nowhere", join(root, "link"));
    writeFileSync(join(root, "naïve ☃ 文件 😀"), "abc", { mode: 0o640 });
    writeFileSync(join(root, "large"), "");
    truncateSync(join(root, "large"), 5 * 2 ** 30 + 7);
    const times = [-86_400.5, 0, 1.999, 951_782_400.123, 5_000_000_000.25];
    for (const seconds of times) {
      writeFileSync(join(root, `at ${seconds}`), "");
      utimesSync(join(root, `at ${seconds}`), seconds, seconds);
    }
    const names = ["directory", "link", "naïve ☃ 文件 😀", "large", ".", ...times.map((seconds) => `at ${seconds}`)];
    for (const name of names) expect(both((entries) => fields(entries.look(directory, name)))).toBeTypeOf("object");
    expect(both((entries) => entries.look(directory, "nothing"))).toBeUndefined();
    expect(both((entries) => entries.look(directory, "n".repeat(256)))).toBe("ENAMETOOLONG");
  });

  it("are seen so on every file system", () => {
    for (const path of ["/", "/proc", "/dev", "/sys"]) {
      const descriptor = openSync(path, O_RDONLY | O_DIRECTORY);
      for (const name of [".", "null", "kernel"]) {
        both((entries) => fields(entries.look({ path, descriptor }, name))?.numbers.slice(2));
      }
      closeSync(descriptor);
    }
  });

  it("are renamed, and asked whether one may write", () => {
    writeFileSync(join(root, "new"), "new");
    writeFileSync(join(root, "old"), "old");
    quick.rename(directory, "new", "old");
    expect(readFileSync(join(root, "old"), "latin1")).toBe("new");
    expect(both((entries) => entries.rename(directory, "new", "old"))).toBe("ENOENT");
    expect(both((entries) => entries.wantWritable(directory, "old"))).toBeUndefined();
    expect(both((entries) => entries.wantWritable(directory, "new"))).toBe("ENOENT");
  });

  it("go by path where the calls are forbidden, or see something else", () => {
    const entriesWith = (given: EntryCalls | undefined) => createGround(root, () => given).entries;
    const { calls: all } = accelerator();
    const real = all?.entries as EntryCalls;
    expect(entriesWith(real)).not.toBe(entriesByPath);
    expect(entriesWith(undefined)).toBe(entriesByPath);
    expect(entriesWith({ ...real, look: () => -osConstants.errno.EPERM })).toBe(entriesByPath);
    expect(entriesWith({ ...real, look: () => real.look(directory.descriptor, "..") })).toBe(entriesByPath);
  });
});
