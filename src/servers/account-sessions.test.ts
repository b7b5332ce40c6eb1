import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { createAccountSessions } from "./account-sessions.ts";

const account = { user: "anna", rights: new Set<never>(), limits: { sessions: 1 } };

afterEach(() => {
  vi.useRealTimers();
});

it("forgets the sessions of a thread that says nothing any more, and no sooner", async () => {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
  const sessions = createAccountSessions("silent");
  sessions.open();
  onTestFinished(() => sessions.close());
  const other = new BroadcastChannel("porthole.sessions.silent"); // as a thread that is killed then
  onTestFinished(() => other.close());
  other.postMessage({ type: "all", server: "other", counts: [["anna", 1]] });
  const full = () => {
    const leave = sessions.enter(account);
    leave?.();
    return leave === undefined;
  };
  while (!full()) await wait(1);
  vi.advanceTimersByTime(34_000);
  expect(full()).toBe(true);
  vi.advanceTimersByTime(2_000);
  expect(full()).toBe(false);
});

it("goes on telling of its own while nothing changes", async () => {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
  const sessions = createAccountSessions("steady");
  const told: unknown[] = [];
  const other = new BroadcastChannel("porthole.sessions.steady");
  other.onmessage = ({ data }: { readonly data: unknown }) => told.push(data);
  onTestFinished(() => other.close());
  sessions.open();
  onTestFinished(() => sessions.close());
  sessions.enter(account);
  while (told.length < 2) await wait(1);
  vi.advanceTimersByTime(10_000);
  while (told.length < 3) await wait(1);
  expect(told).toEqual([
    { type: "hello" },
    { type: "one", server: expect.any(String), user: "anna", count: 1 },
    { type: "all", server: expect.any(String), counts: [["anna", 1]] },
  ]);
});
