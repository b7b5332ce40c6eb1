import type { ReadHandle } from "../../contracts/store.ts";
import { patternBytes, type StoreTest, type Subject, sameBytes } from "./subject.ts";

/** When an upload is seen, and what is left of one that was given up. */
export function uploadTests(test: StoreTest): void {
  test("a new file is seen when it is whole", async (subject) => {
    const { store, expect } = subject;
    const handle = await store.openWrite(subject.path("f"), { mode: "replace" });
    await subject.write(handle, "half");
    if (subject.uploads === "whole") {
      expect(await subject.names("")).toEqual([]);
      await subject.refuses(() => store.stat(subject.path("f")), "not-found");
    } else {
      expect(await subject.text("f")).toBe("half");
    }
    await subject.write(handle, " and half");
    await handle.commit();
    expect(await subject.text("f")).toBe("half and half");
    expect(await subject.names("")).toEqual(["f"]);
  });

  test("an old file stays until the new one is whole", async (subject) => {
    const { store, expect } = subject;
    await subject.put("f", "the old one, long");
    const handle = await store.openWrite(subject.path("f"), { mode: "replace" });
    await subject.write(handle, "new");
    if (subject.uploads === "whole") expect(await subject.text("f")).toBe("the old one, long");
    await handle.commit();
    expect(await subject.text("f")).toBe("new");
    expect(await subject.names("")).toEqual(["f"]);
  });

  test("an upload can be looked at before its commit", async (subject) => {
    const { store, expect } = subject;
    await subject.put("f", "the old one");
    const content = patternBytes(150_000, 5);
    for (const end of ["commit", "abort"] as const) {
      const handle = await store.openWrite(subject.path("f"), { mode: "replace" });
      await handle.write([content]);
      let look: ReadHandle;
      try {
        look = await handle.openUncommitted();
      } catch {
        await subject.refuses(() => handle.openUncommitted(), "unsupported");
        return handle.abort();
      }
      const target = new Uint8Array(200_000);
      let at = 0;
      for (let count = -1; count !== 0; at += count) count = await look.read(target.subarray(at));
      expect(sameBytes(target.subarray(0, at), content)).toBe(true);
      expect(look.entry.sizeBytes).toBe(content.length);
      await look.close();
      await handle[end]();
      await subject.refuses(() => handle.openUncommitted(), "gone");
    }
    expect(sameBytes(await subject.bytes("f"), content)).toBe(true);
    return undefined;
  });

  test("of an upload given up nothing is left", async (subject) => {
    const { store, expect } = subject;
    await subject.put("old", "old");
    for (const name of ["new", "old"]) {
      const handle = await store.openWrite(subject.path(name), { mode: "replace" });
      await subject.write(handle, "half");
      await handle.abort();
    }
    if (subject.uploads === "whole") {
      expect(await subject.names("")).toEqual(["old"]);
      expect(await subject.text("old")).toBe("old");
    } else {
      expect(await subject.text("new")).toBe("half");
      expect(await subject.text("old")).toBe("half");
    }
  });

  test("who reads the old file reads it to its end", async (subject) => {
    const { store, expect } = subject;
    if (subject.uploads !== "whole") return;
    const old = patternBytes(200_000, 1);
    await subject.put("f", old);
    const reading = await store.openRead(subject.path("f"), 0);
    const target = new Uint8Array(100_000);
    const first = await reading.read(target);
    await subject.put("f", patternBytes(200_000, 2));
    let at = first;
    let same = sameBytes(target.subarray(0, first), old.subarray(0, first));
    for (;;) {
      const count = await reading.read(target);
      if (count === 0) break;
      same = same && sameBytes(target.subarray(0, count), old.subarray(at, at + count));
      at += count;
    }
    await reading.close();
    expect(same && at === old.length).toBe(true);
  });

  test("of uploads to one path at once the last to end is there, never a mixture", async (subject) => {
    const { store, expect } = subject;
    if (subject.uploads !== "whole") return;
    const open = async (seed: number) => ({
      content: patternBytes(150_000 + seed, seed),
      handle: await store.openWrite(subject.path("f"), { mode: "replace" }),
    });
    const uploads = await Promise.all([1, 2, 3, 4].map(open));
    for (let at = 0; at < 150_004; at += 10_000) {
      await Promise.all(uploads.map(({ content, handle }) => handle.write([content.subarray(at, at + 10_000)])));
    }
    for (const { content, handle } of uploads.reverse()) {
      await handle.commit();
      expect(sameBytes(await subject.bytes("f"), content)).toBe(true);
    }
    expect(await subject.names("")).toEqual(["f"]);
  });

  test("unique names are free ones, also for uploads at the same time", async (subject) => {
    const { store, expect } = subject;
    await subject.put("pic.jpg", "old");
    const first = await store.openWrite(subject.path("pic.jpg"), { mode: "unique" });
    const second = await store.openWrite(subject.path("pic.jpg"), { mode: "unique" });
    const third = await store.openWrite(subject.path("fresh"), { mode: "unique" });
    expect(third.path).toBe(subject.path("fresh"));
    expect(new Set([first.path, second.path, subject.path("pic.jpg")]).size).toBe(3);
    await subject.write(first, "1");
    await subject.write(second, "2");
    const entry = await first.commit();
    await second.commit();
    await third.abort();
    expect(await read(subject, first.path)).toBe("1");
    expect(await read(subject, second.path)).toBe("2");
    expect(first.path.endsWith(`/${entry.name}`)).toBe(true);
    expect(await subject.text("pic.jpg")).toBe("old");
    if (subject.uploads === "whole") expect((await subject.names("")).length).toBe(3);
  });

  test("a unique upload replaces nothing that took its name meanwhile", async (subject) => {
    const { store, expect } = subject;
    if (subject.uploads !== "whole") return;
    await store.makeDirectory(subject.path("d"));
    const contents: string[] = [];
    for (const [name, take] of [
      ["file", () => subject.put("d/file", "taken")],
      ["directory", () => store.makeDirectory(subject.path("d/directory"))],
    ] as const) {
      const handle = await store.openWrite(subject.path(`d/${name}`), { mode: "unique" });
      await subject.write(handle, "mine");
      await take();
      const entry = await handle.commit();
      expect(handle.path.endsWith(`/d/${entry.name}`)).toBe(true);
      contents.push(await subject.text(`d/${entry.name}`));
    }
    expect(contents).toEqual(["mine", "mine"]);
    expect(await subject.text("d/file")).toBe("taken");
    expect((await subject.names("d")).length).toBe(4);
  });

  test("a directory with an unfinished upload in it stays", async (subject) => {
    const { store, expect } = subject;
    await store.makeDirectory(subject.path("d"));
    const handle = await store.openWrite(subject.path("d/f"), { mode: "replace" });
    await subject.write(handle, "x");
    await subject.refuses(() => store.removeDirectory(subject.path("d")), "busy", "not-empty");
    await handle.commit();
    expect(await subject.text("d/f")).toBe("x");
  });

  test("a directory that took the name meanwhile stays", async (subject) => {
    const { store, expect } = subject;
    if (subject.uploads !== "whole") return;
    const handle = await store.openWrite(subject.path("f"), { mode: "replace" });
    await store.makeDirectory(subject.path("f"));
    await subject.refuses(() => handle.commit(), "is-directory", "exists");
    expect(await subject.names("")).toEqual(["f"]);
    expect(await subject.names("f")).toEqual([]);
  });

  test("more than there is room for is refused early when it is foretold", async (subject) => {
    const { store, expect } = subject;
    if (!store.features.has("free-space")) return;
    const expectedBytes = (await store.freeBytes(subject.base)) + 1_000_000_000;
    await subject.refuses(
      () => store.openWrite(subject.path("f"), { mode: "replace", expectedBytes }),
      "no-space",
      "over-quota",
      "too-large",
    );
    expect(await subject.names("")).toEqual([]);
  });
}

async function read(subject: Subject, path: string): Promise<string> {
  return subject.text(path.slice(subject.base === "/" ? 1 : subject.base.length + 1));
}
