import { expect, it } from "vitest";
import { nextPiece, othersWait } from "./turn.ts";

it("serves one caller a turn, in their order", async () => {
  const served: string[] = [];
  const done = Promise.all(["a", "b", "c"].map((name) => nextPiece().then(() => served.push(name))));
  expect(othersWait()).toBe(true);
  for (const many of [1, 2, 3]) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(served.length).toBeLessThanOrEqual(many);
  }
  await done;
  expect(served).toEqual(["a", "b", "c"]);
  expect(othersWait()).toBe(false);
});
