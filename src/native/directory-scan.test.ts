import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { constants as osConstants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accelerator } from "./accelerator.ts";
import { DirectoryPage, type FileStatus } from "./directory-page.ts";

const { calls } = accelerator();

describe.skipIf(calls === undefined)("scanDirectory", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "porthole-native-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function scan(): Map<string, FileStatus> {
    const found = new Map<string, FileStatus>();
    const directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
    const page = new DirectoryPage();
    let count: number;
    do {
      count = calls!.scanDirectory(directory, page);
      page.forEach(count, (name, status) => found.set(name, { ...status }));
    } while (count > 0);
    closeSync(directory);
    expect(count).toBe(0);
    return found;
  }

  it("tells what lstat tells", () => {
    mkdirSync(join(root, "directory"), 0o750);
    symlinkSync("nowhere", join(root, "link"));
    writeFileSync(join(root, "naïve ☃ 文件 😀"), "abc", { mode: 0o640 });
    writeFileSync(join(root, "..."), ""); // a name that only begins like the parent's
    writeFileSync(join(root, "large"), "");
    truncateSync(join(root, "large"), 5 * 2 ** 30 + 7);
    for (const seconds of [-86_400.5, 0, 1.999, 951_782_400.123, 4_102_444_800, 5_000_000_000.25]) {
      const name = `at ${seconds}`;
      writeFileSync(join(root, name), "");
      utimesSync(join(root, name), seconds, seconds);
    }
    const names = readdirSync(root);
    expect(names).toHaveLength(11);
    const found = scan();
    expect([...found.keys()].sort()).toEqual(names.sort());
    for (const [name, status] of found) {
      const stats = lstatSync(join(root, name));
      expect(status, name).toEqual({ mode: stats.mode, sizeBytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs) });
    }
  });

  it("tells each of many names once, also the longest", () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `${"x".repeat(index % 250)}-${index}`);
    for (const name of names) writeFileSync(join(root, name), "");
    expect([...scan().keys()].sort()).toEqual(names.sort());
  });

  it("leaves out names that are not UTF-8, and shows one that is U+FFFD", () => {
    const names = [
      [0xff],
      [0xc3],
      [0x61, 0xe2, 0x98],
      [0xed, 0xa0, 0x80],
      [0xef, 0xbf, 0xbd],
      [0xef, 0xbf, 0xbd, 0xff],
    ];
    for (const octets of names) writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from(octets)]), "");
    writeFileSync(join(root, "a\r\nb"), "");
    expect([...scan().keys()].sort()).toEqual(["a\r\nb", "\uFFFD"]);
  });

  it("finds the end of a directory that is removed meanwhile", () => {
    const path = join(root, "removed");
    mkdirSync(path);
    const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    rmdirSync(path);
    expect(calls!.scanDirectory(directory, new DirectoryPage())).toBe(0);
    closeSync(directory);
  });

  it("tells what the system says of what is no open directory", () => {
    const page = new DirectoryPage();
    expect(calls!.scanDirectory(99_999, page)).toBe(-osConstants.errno.EBADF);
    const file = openSync(import.meta.filename, "r");
    expect(calls!.scanDirectory(file, page)).toBe(-osConstants.errno.ENOTDIR);
    closeSync(file);
  });
});
