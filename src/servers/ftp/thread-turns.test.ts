import { expect, it } from "vitest";
import { ThreadTurns } from "./thread-turns.ts";

it("gives turns in the order in which they were asked for", async () => {
  const threads = new ThreadTurns(1);
  expect(threads.take()).toBe(true);
  const order: string[] = [];
  const later = ["one", "two"].map(async (name) => {
    expect(await threads.take()).toBe(true);
    order.push(name);
    threads.give();
  });
  threads.give();
  await Promise.all(later);
  expect(order).toEqual(["one", "two"]);
  expect(threads.take()).toBe(true);
});

it("lets nobody wait for long", async () => {
  const threads = new ThreadTurns(1);
  expect(threads.take()).toBe(true);
  const startMs = performance.now();
  expect(await threads.take()).toBe(false);
  expect(performance.now() - startMs).toBeGreaterThan(200);
  threads.give();
  expect(threads.take()).toBe(true);
});

it("lets only the first ones wait while no turn ends", async () => {
  const threads = new ThreadTurns(1);
  expect(threads.take()).toBe(true);
  expect(await threads.take()).toBe(false);
  const startMs = performance.now();
  for (let i = 0; i < 5; i++) expect(await threads.take()).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(200);
  threads.give();
  expect(threads.take()).toBe(true);
  const next = threads.take();
  threads.give();
  expect(await next).toBe(true);
});
