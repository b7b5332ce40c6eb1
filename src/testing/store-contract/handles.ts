import { patternBytes, type StoreTest, sameBytes } from "./subject.ts";

/** Reading and writing open files. */
export function handleTests(test: StoreTest): void {
  test("what was written is read, in any pieces", async (subject) => {
    const content = patternBytes(300_001, 7);
    const handle = await subject.store.openWrite(subject.path("f"), { mode: "replace" });
    for (let at = 0; at < content.length; ) {
      const size = 1 + (at % 70_001);
      await handle.write([content.subarray(at, at + size)]);
      at += size;
    }
    const entry = await handle.commit();
    subject.expect(entry.sizeBytes).toBe(content.length);
    subject.expect(entry).toEqual(await subject.store.stat(subject.path("f")));
    for (const piece of [1_000, 65_536, 1_000_000]) {
      subject.expect(sameBytes(await subject.bytes("f", 0, piece), content)).toBe(true);
    }
  });

  test("an empty file stays an empty file", async (subject) => {
    const { store, expect } = subject;
    const never = await store.openWrite(subject.path("never"), { mode: "replace" });
    expect((await never.commit()).sizeBytes).toBe(0);
    await subject.put("nothing", "");
    const none = await store.openWrite(subject.path("none"), { mode: "replace" });
    await none.write([]);
    await none.commit();
    for (const name of ["never", "nothing", "none"]) {
      expect((await subject.bytes(name)).length).toBe(0);
      expect((await store.stat(subject.path(name))).sizeBytes).toBe(0);
    }
  });

  test("a list of thousands of chunks, empty ones among them, is written in order", async (subject) => {
    const content = patternBytes(5_000 * 13, 3);
    const chunks = Array.from({ length: 5_000 }, (_, index) => content.subarray(index * 13, index * 13 + 13));
    const handle = await subject.store.openWrite(subject.path("f"), { mode: "replace" });
    await handle.write(chunks.flatMap((chunk, index) => (index % 7 === 0 ? [new Uint8Array(0), chunk] : [chunk])));
    await handle.commit();
    subject.expect(sameBytes(await subject.bytes("f"), content)).toBe(true);
  });

  test("the chunks may be used again when the write is done", async (subject) => {
    const chunk = new Uint8Array(100_000);
    const handle = await subject.store.openWrite(subject.path("f"), { mode: "replace" });
    for (let round = 1; round <= 5; round++) {
      chunk.fill(round);
      await handle.write([chunk]);
    }
    chunk.fill(99);
    await handle.commit();
    const back = await subject.bytes("f");
    subject.expect(back.length).toBe(500_000);
    subject.expect([0, 1, 2, 3, 4].every((round) => back[round * 100_000 + 50_000] === round + 1)).toBe(true);
  });

  test("reading begins at any byte of the file; beyond its end is unsupported", async (subject) => {
    const { store, expect } = subject;
    await subject.put("f", "0123456789");
    if (!store.features.has("restart")) {
      return subject.refuses(() => store.openRead(subject.path("f"), 3), "unsupported");
    }
    expect(await subject.text("f", 3)).toBe("3456789");
    expect(await subject.text("f", 10)).toBe("");
    await subject.refuses(() => store.openRead(subject.path("f"), 11), "unsupported");
    const handle = await store.openRead(subject.path("f"), 4);
    expect(handle.entry).toEqual(await store.stat(subject.path("f")));
    await handle.close();
    await handle.close();
    return subject.refuses(async () => handle.read(new Uint8Array(1)), "gone");
  });

  test("writing goes on at any byte of the file, in place; beyond its end is unsupported", async (subject) => {
    const { store, expect } = subject;
    await subject.put("f", "0123456789");
    const update = (startBytes: number) => store.openWrite(subject.path("f"), { mode: "update", startBytes });
    if (!store.features.has("restart")) return subject.refuses(() => update(3), "unsupported");
    await subject.put("f", "abc", { mode: "update", startBytes: 3 });
    expect(await subject.text("f")).toBe("012abc6789");
    await subject.put("f", "end", { mode: "update", startBytes: 10 });
    expect(await subject.text("f")).toBe("012abc6789end");
    await subject.put("f", "AB", { mode: "update" });
    expect(await subject.text("f")).toBe("AB2abc6789end");
    await subject.refuses(() => update(14), "unsupported");
    await subject.put("new", "new", { mode: "update", startBytes: 0 });
    expect(await subject.text("new")).toBe("new");
    return subject.refuses(
      () => store.openWrite(subject.path("other"), { mode: "update", startBytes: 1 }),
      "unsupported",
    );
  });

  test("appending goes to the end, and makes a file that isn't there", async (subject) => {
    const { store, expect } = subject;
    if (!store.features.has("append")) {
      return subject.refuses(() => store.openWrite(subject.path("f"), { mode: "append" }), "unsupported");
    }
    await subject.put("f", "one", { mode: "append" });
    await subject.put("f", " two", { mode: "append" });
    expect(await subject.text("f")).toBe("one two");
    const first = await store.openWrite(subject.path("f"), { mode: "append" });
    const second = await store.openWrite(subject.path("f"), { mode: "append" });
    await subject.write(first, "[1]");
    await subject.write(second, "[2]");
    await subject.write(first, "[3]");
    await first.commit();
    await second.commit();
    expect(await subject.text("f"), "two writers lose nothing").toBe("one two[1][2][3]");
    return undefined;
  });

  test("a closed write handle refuses, and abort never does", async (subject) => {
    const { store } = subject;
    const handle = await store.openWrite(subject.path("f"), { mode: "replace" });
    await subject.write(handle, "x");
    await handle.commit();
    await subject.refuses(async () => handle.write([new Uint8Array(1)]), "gone");
    await subject.refuses(() => handle.commit(), "gone");
    await handle.abort();
    subject.expect(await subject.text("f"), "an abort after the commit changes nothing").toBe("x");
    const aborted = await store.openWrite(subject.path("g"), { mode: "replace" });
    await aborted.abort();
    await aborted.abort();
    await subject.refuses(() => aborted.commit(), "gone");
  });

  test("a handle may be given up while its write is under way", async (subject) => {
    const { store, expect } = subject;
    const big = patternBytes(4 * 1024 * 1024, 1);
    const handle = await store.openWrite(subject.path("f"), { mode: "replace" });
    const writing = Promise.resolve(handle.write([big])).catch(() => undefined);
    await handle.abort();
    await writing;
    if (subject.uploads === "whole") expect(await subject.names("")).toEqual([]);
    await subject.put("g", big);
    const reading = await store.openRead(subject.path("g"), 0);
    const read = Promise.resolve(reading.read(new Uint8Array(1024 * 1024))).catch(() => 0);
    await reading.close();
    await read;
  });
}
