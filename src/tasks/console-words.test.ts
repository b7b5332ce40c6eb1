import { describe, expect, it } from "vitest";
import { ConsoleWords } from "./console-words.ts";

const turn = (): Promise<"a turn later"> => new Promise((resolve) => setImmediate(resolve, "a turn later"));

describe("the remote user's going", () => {
  it("is not waited for when they have left by themselves just now", async () => {
    const words = new ConsoleWords();
    words.remoteOwns = true;
    words.remoteOwns = false;
    expect(await Promise.race([words.remoteGone(), turn()])).toBeUndefined();
  });

  it("is waited for, also when another one comes at once", async () => {
    const words = new ConsoleWords();
    words.remoteOwns = true;
    const gone = words.remoteGone();
    expect(await Promise.race([gone, turn()])).toBe("a turn later");
    words.remoteOwns = false;
    words.remoteOwns = true;
    await gone;
  });
});
