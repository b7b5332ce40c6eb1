import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createDirectoryStore } from "../../src/stores/directory.ts";
import { createPlayground, names, openDescriptors, path } from "./host.ts";

describe("a large directory", () => {
  it("is listed whole, in batches between which others have their turn", async () => {
    const { root, remove } = createPlayground("listing");
    for (let index = 0; index < 4_000; index++) writeFileSync(join(root, `file-${index}`), "");
    const store = createDirectoryStore({ root });
    await store.swept;
    let turns = 0;
    let listing = true;
    const turn = () => {
      turns++;
      if (listing) setImmediate(turn);
    };
    turn();
    const seen = new Set<string>();
    let largest = 0;
    for await (const batch of store.list(path("/"))) {
      largest = Math.max(largest, batch.length);
      for (const entry of batch) seen.add(entry.name);
    }
    listing = false;
    expect(seen.size).toBe(4_000);
    expect(largest).toBeLessThanOrEqual(341);
    expect(turns).toBeGreaterThanOrEqual(11);
    await store.close();
    remove();
  });

  it.skipIf(process.platform !== "linux")("is let go when the listing is left, or changes meanwhile", async () => {
    const { root, remove } = createPlayground("listing");
    mkdirSync(join(root, "d"));
    for (let index = 0; index < 1_000; index++) writeFileSync(join(root, "d", `file-${index}`), "");
    const store = createDirectoryStore({ root });
    await store.swept;
    const before = openDescriptors();
    for await (const batch of store.list(path("/d"))) if (batch.length > 0) break;
    expect(openDescriptors()).toBe(before);
    let count = 0;
    for await (const batch of store.list(path("/d"))) {
      count += batch.length;
      for (const entry of batch) await store.remove(path(`/d/${entry.name}`));
    }
    expect(count).toBeGreaterThan(255);
    expect(openDescriptors()).toBe(before);
    expect((await names(store, "/d")).length).toBe(1_000 - count);
    await store.close();
    remove();
  });

  it.skipIf(process.platform !== "linux").each([true, false])(
    "shows no name that is not UTF-8, and one that is U+FFFD once; accelerated: %s",
    async (accelerator) => {
      const { root, remove } = createPlayground("listing");
      const place = (octets: number[]) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(octets)]);
      for (const octets of [[0xff], [0xfe], [0x61, 0xc3]]) writeFileSync(place(octets), "");
      writeFileSync(join(root, "a\nb"), "");
      writeFileSync(join(root, "😀 ü"), "");
      const store = createDirectoryStore({ root, accelerator });
      await store.swept;
      expect(await names(store, "/")).toEqual(["😀 ü"]);
      writeFileSync(join(root, "\uFFFD"), "");
      expect(await names(store, "/")).toEqual(["\uFFFD", "😀 ü"].sort());
      await store.close();
      remove();
    },
  );
});
