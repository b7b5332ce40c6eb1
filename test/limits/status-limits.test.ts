/**
 * The limits of the socket that `porthole status` asks.
 */
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { createInstance } from "../../src/cli/instance/publish.ts";
import { LIMITS } from "../../src/contracts/limits.ts";
import { createNetwork } from "../../src/index.ts";
import { until } from "../tasks/until.ts";

const runtime = mkdtempSync(join(tmpdir(), "porthole-limits-"));

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  rmSync(runtime, { recursive: true, force: true });
});

it("a request that never ends is given up, whatever comes of it meanwhile", async () => {
  vi.stubEnv("XDG_RUNTIME_DIR", runtime);
  const instance = createInstance("test");
  const troubles: string[] = [];
  instance.publish(createNetwork(), (message) => troubles.push(message));
  const path = join(runtime, "porthole", `${process.pid}.sock`);
  await until(() => existsSync(path) || troubles.length > 0);
  expect(troubles).toEqual([]);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const socket = connect(path);
  socket.resume();
  await once(socket, "connect");
  const closed = once(socket, "close");
  const endMs = LIMITS.statusRequestSeconds.value * 1000;
  for (let nowMs = 1_000; nowMs < endMs; nowMs += 1_000) {
    await new Promise<void>((sent) => socket.write(" ", () => sent()));
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(1_000);
    expect(socket.destroyed).toBe(false);
  }
  vi.advanceTimersByTime(1_000);
  await closed;
  // The next one is answered.
  const next = connect(path).setEncoding("utf8");
  next.write('{"do":"status"}\n');
  let answer = "";
  for await (const chunk of next) answer += chunk;
  expect(JSON.parse(answer)).toMatchObject({ what: "test", sessions: [] });
  instance.close();
});
