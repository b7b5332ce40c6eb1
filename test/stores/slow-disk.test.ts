import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createDirectoryStore } from "../../src/stores/directory.ts";
import { canMount, createPlayground, get, path, put } from "./host.ts";

const SIZE_BYTES = 120_000;
const DELAY_MS = 900;

/** Counts what else the thread gets to do. */
function watchThread(): { readonly turns: number; stop: () => void } {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 5);
  return {
    get turns() {
      return turns;
    },
    stop: () => clearInterval(timer),
  };
}

describe("a slow disk", () => {
  it.skipIf(!canMount() || !existsSync("/dev/fuse"))("is read without holding the thread up", async () => {
    const { root, remove } = createPlayground("slow");
    mkdirSync(join(root, "slow"));
    const script = fileURLToPath(new URL("slow-file-system.mjs", import.meta.url));
    const disk = spawn(process.execPath, [script, join(root, "slow"), String(SIZE_BYTES), String(DELAY_MS)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(disk, "close");
    await once(disk.stdout, "data");
    const store = createDirectoryStore({ root });
    try {
      // The rest of the tree is quick, and read synchronously by now.
      await put(store, "/warm", "warm");
      for (let round = 0; round < 5; round++) expect(await get(store, "/warm")).toBe("warm");
      const target = new Uint8Array(65_536);
      const thread = watchThread();
      const turns: number[] = [];
      const handle = await store.openRead(path("/slow/f"), 0);
      let at = 0;
      let wrong = 0;
      for (;;) {
        const before = thread.turns;
        const count = await handle.read(target);
        if (count === 0) break;
        turns.push(thread.turns - before);
        for (let i = 0; i < count; i++) if (target[i] !== (at + i) % 251) wrong++;
        at += count;
      }
      thread.stop();
      expect([at, wrong]).toEqual([SIZE_BYTES, 0]);
      expect(turns).toHaveLength(2);
      for (const count of turns) expect(count).toBeGreaterThan(1);
      await handle.close();
    } finally {
      await store.close();
      execFileSync("umount", ["-l", join(root, "slow")]);
      disk.kill();
      await ended;
      remove();
    }
  });
});
