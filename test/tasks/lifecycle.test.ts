import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createPlainTask, type PlainTask } from "./plain-task.ts";
import { until } from "./until.ts";

const made: PlainTask[] = [];
function plain(config?: Parameters<typeof createPlainTask>[0]): PlainTask {
  const task = createPlainTask(config);
  made.push(task);
  return task;
}
afterEach(async () => {
  for (const { task } of made.splice(0)) {
    task.stop(true);
    await task.stopped;
  }
});

function portOf({ task }: PlainTask): number {
  const address = task.block?.readAddresses()?.addresses[0];
  return Number(address?.split(":")[1]);
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

async function refused(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const outcome = await new Promise<boolean>((resolve) => {
    socket.on("error", () => resolve(true));
    socket.on("connect", () => resolve(false));
  });
  socket.destroy();
  return outcome;
}

/** Runs a module text in a process of its own. */
function run(code: string, args: readonly string[] = []): { status: number | null; stdout: string; stderr: string } {
  const result = spawnSync(process.execPath, [...args, "--input-type=module", "-e", code], {
    encoding: "utf8",
    timeout: 60_000,
    cwd: new URL(".", import.meta.url),
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

const PRELUDE = `
  import { WorkerTask } from "../../dist/tasks/worker-task.js";
  const events = [], failures = [];
  const task = new WorkerTask({ name: "plain", entry: new URL("./fixtures/plain-entry.mjs", "file://" + process.cwd() + "/"),
    notStarted: -1, onEvent: (e) => events.push(e), onFailure: (e) => failures.push(e) });
`;

describe("a task's life", () => {
  it("listens when start() has returned, within a time that is printed", async () => {
    const one = plain();
    const begin = performance.now();
    expect(one.start()).toBe(true);
    const startMs = performance.now() - begin;
    console.log(`start to listening: ${startMs.toFixed(1)} ms`);
    expect(one.task.block?.state).toBe(2);
    (await connected(portOf(one))).destroy();
  });

  it("pauses and resumes on the same port, and the calls return when it is so", async () => {
    const one = plain();
    one.start();
    const port = portOf(one);
    expect(one.task.pause(false)).toBe(true);
    expect(one.task.block?.state).toBe(0);
    expect(one.task.block?.readAddresses()?.addresses).toEqual([]);
    expect(await refused(port)).toBe(true);
    expect(one.task.resume()).toBe(true);
    expect(one.task.block?.state).toBe(2);
    (await connected(port)).destroy();
  });

  it("has closed its port when stop() has returned, and starts again on the same one at once", async () => {
    const one = plain();
    one.start();
    const port = portOf(one);
    expect(one.task.stop(false)).toBe(true);
    expect(one.task.running).toBe(false);
    expect(one.start({ port })).toBe(true);
    expect(portOf(one)).toBe(port);
    expect(one.task.stop(false)).toBe(true);
    await one.task.stopped;
    expect(await refused(port)).toBe(true);
  });

  it("gives false for a busy port, with the reason in lastError, and starts once the port is free", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const port = (blocker.address() as { port: number }).port;
    const one = plain();
    expect(one.start({ port })).toBe(false);
    expect(one.task.lastError).toMatchObject({ code: "PORTHOLE_ERR_ADDRESS_IN_USE" });
    expect(one.failures).toHaveLength(1);
    expect(one.task.running).toBe(false);
    blocker.close();
    await once(blocker, "close");
    expect(one.start({ port })).toBe(true);
    expect(one.task.lastError).toBeUndefined();
  });

  it("refuses pause and stop while a client is in, unless forced", async () => {
    const one = plain();
    one.start();
    const socket = await connected(portOf(one));
    await until(() => one.task.block?.state === 4);
    expect(one.task.pause(false)).toBe(false);
    expect(one.task.lastError).toMatchObject({ code: "PORTHOLE_ERR_STATE" });
    expect(one.task.stop(false)).toBe(false);
    expect(one.task.running).toBe(true);
    const closed = once(socket, "close");
    expect(one.task.stop(true)).toBe(true);
    await closed;
    await one.task.stopped;
    expect(one.events.map((event) => event.type)).toContain("connected");
    expect(one.failures).toEqual([]);
  });

  it.each([
    ["throws", { crash: true }],
    ["rejects", { reject: true }],
    ["exits", { exit: true }],
  ])("tells when its thread %s, lives on, and starts again", async (_, order) => {
    const one = plain();
    one.start();
    one.task.configure(order);
    const [error] = await until(() => one.failures.length > 0 && one.failures);
    expect(error).toMatchObject({ code: "PORTHOLE_ERR_TASK_FAILED" });
    expect(one.task.lastError).toBe(error);
    expect(one.task.running).toBe(false);
    expect(one.task.stack()).toBe(-1);
    await one.task.stopped;
    expect(one.failures).toHaveLength(1);
    expect(one.start()).toBe(true);
  });

  it("outlives a thread that runs out of memory", async () => {
    const { status, stdout } = run(
      `${PRELUDE} task.start({ data: {}, keepAlive: true, heapSizeMb: 32 }); task.configure({ heap: true });
       await task.stopped; console.log(failures.length, task.running, task.start({ data: {} }));`,
    );
    expect(stdout).toBe("1 false true\n");
    expect(status).toBe(0);
  });

  it("shows a crash in its state before the program's event loop has turned", () => {
    const one = plain();
    one.start();
    one.task.configure({ crash: true });
    const deadline = performance.now() + 30_000;
    while (one.task.running && performance.now() < deadline);
    expect(one.task.running).toBe(false);
  });

  it("says why it cannot start, whether its start throws or crashes", () => {
    const one = plain();
    expect(one.start({ throws: true })).toBe(false);
    expect(one.task.lastError?.message).toContain("no good");
    expect(one.start({ crashesAtStart: true })).toBe(false);
    expect(one.task.lastError?.message).toContain("crash at start");
    expect(one.start()).toBe(true);
  });

  it("ends a thread that hangs, and says so", async () => {
    const one = plain({ commandTimeoutMs: 200 });
    one.start();
    expect(one.task.configure({ hang: true })).toBe(false);
    expect(one.task.lastError?.message).toContain("did not answer");
    expect(one.task.running).toBe(false);
    await one.task.stopped;
    expect(one.start()).toBe(true);
  });

  it("keeps no more events than its limit for a program that takes none, and says how many were lost", async () => {
    const one = plain();
    one.start();
    one.task.configure({ events: 5_000 });
    await until(() => one.events.length === 1_024);
    one.task.configure({ events: 1 });
    await until(() => one.dropped.length > 0);
    expect(one.dropped).toEqual([5_000 - 1_024]);
    await until(() => one.events.length === 1_025);
  });

  it("never keeps a program alive, unless asked", () => {
    expect(run(`${PRELUDE} console.log(task.start({ data: {} }));`)).toMatchObject({ status: 0, stdout: "true\n" });
    const kept = run(
      `${PRELUDE} task.start({ data: {}, keepAlive: true }); setTimeout(() => { console.log("alive"); task.stop(true); }, 300).unref();`,
    );
    expect(kept).toMatchObject({ status: 0, stdout: "alive\n" });
  });

  it("lets a program wait for stopped", () => {
    expect(
      run(`${PRELUDE} task.start({ data: {} }); task.stop(false); await task.stopped; console.log("gone");`),
    ).toEqual({
      status: 0,
      stdout: "gone\n",
      stderr: "",
    });
  });

  it("installs no signal handler, and leaves the program's flags to the program", () => {
    const signals = `["SIGINT", "SIGTERM", "SIGHUP", "SIGWINCH", "SIGBREAK"].map((s) => process.listenerCount(s)).join()`;
    const { stdout } = run(`${PRELUDE} task.start({ data: {} }); console.log(${signals}); task.stop(true);`, [
      "--trace-warnings",
      "--conditions=special",
    ]);
    expect(stdout).toBe("0,0,0,0,0\n");
  });

  it.runIf(
    process.allowedNodeEnvironmentFlags.has("--experimental-permission") ||
      process.allowedNodeEnvironmentFlags.has("--permission"),
  )("says what is missing under the permission model, and runs where threads are allowed", () => {
    const flag = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
    const code = `${PRELUDE} console.log(task.start({ data: {} }), task.stack(), task.lastError?.message ?? "none"); task.stop(true);`;
    const denied = run(code, [flag, "--allow-fs-read=*"]);
    expect(denied.stdout).toMatch(/^false -1 cannot start plain: no thread: /);
    const allowed = run(code, [flag, "--allow-fs-read=*", "--allow-worker"]);
    expect(allowed.stdout).toMatch(/^true (null|\d+) none\n$/);
  });

  it("gives its memory back when it is stopped", async () => {
    const one = plain();
    const cycle = async (): Promise<void> => {
      one.start();
      one.task.stop(true);
      await one.task.stopped;
    };
    for (let i = 0; i < 5; i++) await cycle();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 20; i++) await cycle();
    const grownMb = (process.memoryUsage.rss() - before) / 1_048_576;
    console.log(`20 starts and stops: ${grownMb.toFixed(1)} MiB`);
    expect(grownMb).toBeLessThan(40);
  });
});

describe("stack()", () => {
  it.runIf(process.platform === "linux")("is the high-water mark: it rises with recursion and stays", () => {
    const one = plain();
    expect(one.task.stack()).toBe(-1);
    one.start();
    const figures = [one.task.stack()];
    for (const depth of [1_000, 5_000, 10_000, 10]) {
      one.task.configure({ recurse: depth });
      figures.push(one.task.stack());
    }
    console.log(`stack at rest, 1,000, 5,000, 10,000, 10 deep: ${figures.join(", ")} bytes`);
    const [rest, small, middle, large, after] = figures as [number, number, number, number, number];
    expect(rest).toBeGreaterThan(4_096);
    expect(rest).toBeLessThan(512 * 1_024);
    expect(small).toBeGreaterThanOrEqual(rest);
    expect(middle).toBeGreaterThan(small + 100_000);
    expect(large).toBeGreaterThan(middle + 100_000);
    expect(large).toBeLessThan(4 * 1_048_576);
    expect(after).toBe(large);
    one.task.stop(true);
    expect(one.task.stack()).toBe(-1);
  });

  it.runIf(process.platform === "linux")("knows other stack sizes", () => {
    const one = plain();
    one.start({}, { stackSizeMb: 16 });
    one.task.configure({ recurse: 10_000 });
    const figure = one.task.stack() as number;
    expect(figure).toBeGreaterThan(300_000);
    expect(figure).toBeLessThan(4 * 1_048_576);
  });

  it("is null where the platform does not tell", () => {
    const { stdout } = run(
      `Object.defineProperty(process, "platform", { value: "sunos" });
       const { findOwnStack, readHighWaterBytes } = await import("../../dist/tasks/stack.js");
       console.log(findOwnStack(undefined), readHighWaterBytes({ low: 4096 * 1e9, high: 4096 * 1e9 + 8192 }));`,
    );
    expect(stdout).toBe("undefined undefined\n");
  });
});
