import { describe, expect, it } from "vitest";
import { untilSignal } from "./until-signal.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const listeners = (): number[] => SIGNALS.map((signal) => process.listenerCount(signal));

describe("a signal to end", () => {
  it("is heard once: whichever comes next ends the process", async () => {
    const before = listeners();
    const told = untilSignal();
    expect(listeners()).toEqual(before.map((count) => count + 1));
    process.emit("SIGTERM", "SIGTERM");
    expect(await told).toBe("SIGTERM");
    expect(listeners()).toEqual(before);
  });
});
