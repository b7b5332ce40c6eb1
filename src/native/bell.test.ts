import { readdirSync } from "node:fs";
import { describe, it } from "vitest";
import { accelerator } from "./accelerator.ts";
import { Bell, hearBell } from "./bell.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 10_000; !condition(); await turn()) {
    if (performance.now() > deadline) throw new Error("waited in vain");
  }
}

describe.skipIf(accelerator().calls === undefined)("a bell", () => {
  it("is heard as often as somebody has waited for it, and any number of strokes does not block", async () => {
    const bell = Bell.hang() as Bell;
    let heard = 0;
    const hearNoMore = hearBell(bell.end, () => {
      heard += 1;
    });
    for (let stroke = 1; stroke <= 20; stroke++) {
      bell.ring();
      await until(() => heard === stroke);
    }
    for (let stroke = 0; stroke < 100_000; stroke++) bell.ring();
    await until(() => heard > 20);
    hearNoMore();
    bell.close();
  });

  it("leaves no descriptor open, whoever closes first or never heard it", async () => {
    const before = readdirSync("/proc/self/fd").length;
    for (let time = 0; time < 20; time++) {
      const bell = Bell.hang() as Bell;
      const hearNoMore = hearBell(bell.end, () => undefined);
      if (time % 2 === 0) hearNoMore();
      bell.ring(); // to nobody
      bell.close();
      bell.ring();
      hearNoMore();
      const unheard = Bell.hang() as Bell;
      const { end } = unheard;
      unheard.close();
      hearBell(end, () => undefined)(); // arrives too late
    }
    await until(() => readdirSync("/proc/self/fd").length <= before);
  });
});
