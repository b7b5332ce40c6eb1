import { describe, expect, it } from "vitest";
import { ConsoleWords } from "./console-words.ts";
import { Interrupter } from "./interrupt.ts";

describe("an interrupt", () => {
  it("waits for one that is under way, and is not lost", async () => {
    const words = new ConsoleWords();
    const another = 99;
    words.tryLock(another);
    const asked: number[] = [];
    const outcome = new Interrupter(words, "not here").interrupt({
      ask(request) {
        asked.push(request);
        words.takeRequest(request);
      },
      setDropping() {},
      forgetKeys() {},
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toEqual([]);
    words.forget(another);
    expect(await outcome).toEqual({ outcome: "handed-over" });
    expect(asked).toHaveLength(1);
  });

  it("waits for a program that is slow to answer, when what is typed runs elsewhere", async () => {
    const words = new ConsoleWords();
    words.runsElsewhere = true;
    const began = performance.now();
    const outcome = await new Interrupter(words, "not here").interrupt({
      ask: (request) => void setTimeout(() => words.takeRequest(request), 300),
      setDropping() {},
      forgetKeys() {},
    });
    expect(outcome).toEqual({ outcome: "handed-over" });
    expect(performance.now() - began).toBeGreaterThan(250);
  });
});
