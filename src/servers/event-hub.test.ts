import { expect, it, vi } from "vitest";
import { createEventHub } from "./event-hub.ts";

type Event = { readonly type: "opened"; readonly port: number } | { readonly type: "closed" };

it("tells each listener what it asked for, until it is taken back", () => {
  const hub = createEventHub<Event>();
  const ports: number[] = [];
  const types: string[] = [];
  const stop = hub.on("opened", (event) => ports.push(event.port));
  hub.on("*", (event) => types.push(event.type));
  hub.emit({ type: "opened", port: 1 });
  hub.emit({ type: "closed" });
  stop();
  hub.emit({ type: "opened", port: 2 });
  expect(ports).toEqual([1]);
  expect(types).toEqual(["opened", "closed", "opened"]);
});

it("a listener that throws disturbs nobody, and is not silent", async () => {
  const hub = createEventHub<Event>();
  const later: (() => void)[] = [];
  vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => void later.push(task));
  const told = vi.fn();
  hub.on("closed", () => {
    throw new Error("mine");
  });
  hub.on("closed", told);
  hub.emit({ type: "closed" });
  vi.restoreAllMocks();
  expect(told).toHaveBeenCalledOnce();
  expect(later[0]).toThrow("mine");
});
