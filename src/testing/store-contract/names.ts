import type { StoreTest } from "./subject.ts";

/** Names that clients really use. */
const NAMES: readonly string[] = [
  "with space",
  " leading and trailing ",
  "-la",
  "--help",
  ".hidden",
  "...",
  "a\tb",
  'quo"te',
  "it's",
  "back\\slash",
  "per%cent%20",
  "star*?[x]",
  "semi;colon",
  "äöü-Größe",
  "日本語",
  "😀",
  "n".repeat(255),
  `${"é".repeat(127)}x`,
];

export function nameTests(test: StoreTest): void {
  test("names come back as they were given", async (subject) => {
    const { store, expect } = subject;
    await store.makeDirectory(subject.path("d"));
    for (const name of NAMES) await subject.put(`d/${name}`, name);
    expect(await subject.names("d")).toEqual([...NAMES].sort());
    for (const name of NAMES) {
      expect((await store.stat(subject.path(`d/${name}`))).name).toBe(name);
      expect(await subject.text(`d/${name}`)).toBe(name);
      await store.remove(subject.path(`d/${name}`));
    }
    await store.removeDirectory(subject.path("d"));
  });

  test("directories of any name hold files", async (subject) => {
    const { store, expect } = subject;
    for (const name of NAMES) {
      await store.makeDirectory(subject.path(name));
      await subject.put(`${name}/${name}`, "x");
      expect(await subject.names(name)).toEqual([name]);
    }
  });

  test("a unique name fits, however long the given one is", async (subject) => {
    const { store, expect } = subject;
    for (const name of ["n".repeat(255), `${"é".repeat(127)}x`]) {
      await subject.put(name, "old");
      const handle = await store.openWrite(subject.path(name), { mode: "unique" });
      await subject.write(handle, "new");
      const entry = await handle.commit();
      expect(entry.name === name).toBe(false);
      expect(new TextEncoder().encode(entry.name).length <= 255).toBe(true);
      expect(await subject.text(entry.name)).toBe("new");
      expect(await subject.text(name)).toBe("old");
    }
  });

  test("a tree forty directories deep", async (subject) => {
    const { store, expect } = subject;
    let path = "";
    for (let depth = 0; depth < 40; depth++) {
      path += `${depth === 0 ? "" : "/"}d${depth}`;
      await store.makeDirectory(subject.path(path));
    }
    await subject.put(`${path}/f`, "deep");
    expect(await subject.text(`${path}/f`)).toBe("deep");
    expect(await subject.names(path)).toEqual(["f"]);
  });
}
