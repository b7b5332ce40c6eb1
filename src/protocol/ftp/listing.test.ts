import { describe, expect, it } from "vitest";
import type { Account, Right } from "../../contracts/credentials.ts";
import type { Entry, VirtualPath } from "../../contracts/store.ts";
import type { ListingFormat } from "./actions.ts";
import { MLST_FACTS } from "./facts.ts";
import { createListingFormatter, type ListingTransfer } from "./listing.ts";

const NOW_MS = Date.UTC(2024, 6, 1, 12, 0);
const DAY_MS = 86_400_000;

function account(...rights: Right[]): Account {
  return { user: "micro", rights: new Set(rights) };
}

const EVERYTHING = account("read", "write", "delete", "rename", "make-directory", "list");

function entry(name: string, more: Partial<Entry> = {}): Entry {
  return { name, type: "file", sizeBytes: 12, modifiedMs: Date.UTC(2024, 5, 30, 9, 5), mode: undefined, ...more };
}

function lines(
  format: ListingFormat,
  entries: readonly Entry[],
  more: Partial<Pick<ListingTransfer, "pattern" | "all" | "prefix">> = {},
  { who = EVERYTHING, alone = false } = {},
): (string | undefined)[] {
  const listing = { kind: "listing", path: "/" as VirtualPath, pattern: undefined, all: true, prefix: "" } as const;
  const formatter = createListingFormatter({ ...listing, ...more, ...format }, who, NOW_MS, alone);
  return entries.map(formatter);
}

describe("LIST", () => {
  it("looks as on the device", () => {
    expect(
      lines({ format: "list" }, [
        entry("flash", { type: "directory", sizeBytes: 0, modifiedMs: Date.UTC(2020, 0, 1) }),
        entry("a b.txt"),
        entry("huge", { sizeBytes: 123_456_789_012 }),
      ]),
    ).toEqual([
      "drw-rw-rw-   1 root  root         0 Jan 01 2020 flash",
      "-rw-rw-rw-   1 root  root        12 Jun 30 09:05 a b.txt",
      "-rw-rw-rw-   1 root  root 123456789012 Jun 30 09:05 huge",
    ]);
  });

  it("shows the year of what is older than 180 days or yet to come", () => {
    const dates = [-180 * DAY_MS + 60_000, -180 * DAY_MS, DAY_MS, DAY_MS + 60_000];
    const shown = lines(
      { format: "list" },
      dates.map((ms) => entry("x", { modifiedMs: NOW_MS + ms })),
    );
    expect(shown.map((line) => line?.slice(-14, -2))).toEqual([
      "Jan 03 12:01",
      " Jan 03 2024",
      "Jul 02 12:00",
      " Jul 02 2024",
    ]);
  });

  it("tells every entry's own type, mode and time, also behind others", () => {
    const entries = [
      entry("a", { mode: 0o644 }),
      entry("b", { mode: 0o600, sizeBytes: 123_456_789, modifiedMs: Date.UTC(2024, 1, 29, 23, 59, 59, 999) }),
      entry("c", { mode: 0o600, type: "directory", sizeBytes: 0, modifiedMs: Date.UTC(845, 11, 31) }),
      entry("d", { modifiedMs: Date.UTC(12_024, 0, 1) }),
      entry("e", { mode: 0o600, type: "directory", sizeBytes: 0 }),
    ];
    expect(lines({ format: "list" }, entries)).toEqual([
      "-rw-r--r--   1 root  root        12 Jun 30 09:05 a",
      "-rw-------   1 root  root 123456789 Feb 29 23:59 b",
      "drw-------   1 root  root         0 Dec 31 0845 c",
      "-rw-rw-rw-   1 root  root        12 Jan 01 12024 d",
      "drw-------   1 root  root         0 Jun 30 09:05 e",
    ]);
    expect(lines({ format: "mlsd", facts: MLST_FACTS }, entries)).toEqual([
      "type=file;size=12;modify=20240630090500;perm=adfrw;unix.mode=0644; a",
      "type=file;size=123456789;modify=20240229235959;perm=adfrw;unix.mode=0600; b",
      "type=dir;modify=08451231000000;perm=cdeflmp;unix.mode=0600; c",
      "type=file;size=12;perm=adfrw; d",
      "type=dir;modify=20240630090500;perm=cdeflmp;unix.mode=0600; e",
    ]);
  });

  it("shows the modes of a store that has them, and 1970 for a time that is not known", () => {
    expect(lines({ format: "list" }, [entry("x", { mode: 0o754, modifiedMs: undefined })])).toEqual([
      "-rwxr-xr--   1 root  root        12 Jan 01 1970 x",
    ]);
    expect(lines({ format: "list" }, [entry("x", { modifiedMs: Number.NaN })])[0]).toContain("1970");
    expect(lines({ format: "list" }, [entry("x", { modifiedMs: 1e300 })])[0]).toContain("1970");
  });

  it("never sends a name that cannot be told on one line", () => {
    for (const name of ["a\rb", "a\nb", "a\0b", "a/b", "\ud800", "x\udc00y"]) {
      expect(lines({ format: "list" }, [entry(name)])).toEqual([undefined]);
      expect(lines({ format: "nlst" }, [entry(name)])).toEqual([undefined]);
      expect(lines({ format: "mlsd", facts: MLST_FACTS }, [entry(name)])).toEqual([undefined]);
    }
    expect(lines({ format: "nlst" }, [entry(" ü😀 -x")])).toEqual([" ü😀 -x"]);
  });

  it("shows only what matches a pattern, and names with a dot in front when they are meant", () => {
    const entries = [entry("a.py"), entry("b.txt"), entry(".c.py")];
    const names = (pattern: string, all: boolean) =>
      lines({ format: "nlst" }, entries, { pattern, all }).filter((line) => line !== undefined);
    expect(names("*.py", false)).toEqual(["a.py"]);
    expect(names("*.py", true)).toEqual(["a.py", ".c.py"]);
    expect(names(".*", false)).toEqual([".c.py"]);
  });
});

describe("NLST", () => {
  it("puts the path that was given before each name", () => {
    expect(lines({ format: "nlst" }, [entry("x")], { prefix: "a/b/" })).toEqual(["a/b/x"]);
    expect(lines({ format: "nlst" }, [entry("x")], { prefix: "a/x/" }, { alone: true })).toEqual(["a/x"]);
    expect(lines({ format: "nlst" }, [entry("x")], { prefix: "x/" }, { alone: true })).toEqual(["x"]);
  });
});

describe("MLSD", () => {
  it("tells the facts that are asked for, and leaves out what is not known", () => {
    const entries = [
      entry("d", { type: "directory", sizeBytes: 0, mode: 0o7 }),
      entry("f", { mode: 0o644 }),
      entry("g", { modifiedMs: undefined }),
    ];
    expect(lines({ format: "mlsd", facts: MLST_FACTS }, entries)).toEqual([
      "type=dir;modify=20240630090500;perm=cdeflmp;unix.mode=0007; d",
      "type=file;size=12;modify=20240630090500;perm=adfrw;unix.mode=0644; f",
      "type=file;size=12;perm=adfrw; g",
    ]);
    expect(lines({ format: "mlsd", facts: ["size"] }, entries)).toEqual([" d", "size=12; f", "size=12; g"]);
  });

  it("tells permissions that are true for the account", () => {
    const both = [entry("f"), entry("d", { type: "directory" })];
    const told = (...rights: Right[]) =>
      lines({ format: "mlsd", facts: ["perm"] }, both, {}, { who: account(...rights) });
    expect(told()).toEqual(["perm=; f", "perm=e; d"]);
    expect(told("read", "list")).toEqual(["perm=r; f", "perm=el; d"]);
    expect(told("write")).toEqual(["perm=aw; f", "perm=ce; d"]);
    expect(told("rename", "make-directory", "delete")).toEqual(["perm=df; f", "perm=defmp; d"]);
  });
});
