/**
 * The limits of the socket that `porthole status` asks.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { openStatusSocket } from "../../src/cli/instance/status-socket.ts";
import { LIMITS } from "../../src/contracts/limits.ts";

const runtime = mkdtempSync(join(tmpdir(), "porthole-limits-"));

afterEach(() => {
  vi.useRealTimers();
  rmSync(runtime, { recursive: true, force: true });
});

it("a request that never ends is given up, whatever comes of it meanwhile", async () => {
  const path = join(runtime, "status.sock");
  const state = { pid: 1, version: "0", what: "test", sinceMs: 0, nowMs: 0, servers: [], sessions: [] };
  const server = await openStatusSocket(path, { look: async () => state, kick: async () => false });
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
  server.close();
});
