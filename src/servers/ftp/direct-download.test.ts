import { once } from "node:events";
import { writeSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { constants } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import type { SystemCalls } from "../../native/system-calls.ts";
import { BufferPool } from "./buffers.ts";
import { DataConnection } from "./data-connection.ts";
import { type DirectFile, sendDirectly } from "./direct-download.ts";
import { Patience } from "./patience.ts";

const MIB = 1_048_576;
const { EAGAIN, EINVAL, EIO } = constants.errno;
const bytes = Buffer.alloc(10 * MIB + 3);
for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7) >> 4;

const opened: { destroy(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.destroy();
});

async function pair(): Promise<{ readonly ours: Socket; readonly peer: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection");
  const peer = connect((server.address() as { port: number }).port, "127.0.0.1");
  const [ours] = (await connected) as [Socket];
  server.close();
  opened.push(ours, peer);
  return { ours, peer };
}

/** The kernel's part, played with `bytes`; what a test gives wins. */
function play(part: Partial<SystemCalls>): SystemCalls {
  const copy = (target: Uint8Array, at: number) => bytes.copy(target, 0, at, at + target.length);
  return {
    sendFile(socket, _file, at, count) {
      try {
        return at >= bytes.length ? 0 : writeSync(socket, bytes, at, Math.min(count, bytes.length - at));
      } catch (error) {
        return (error as NodeJS.ErrnoException).errno ?? -EIO;
      }
    },
    send: (socket, part) => writeSync(socket, part),
    sendBeforeEnd: (socket, part) => writeSync(socket, part),
    receive: () => -EIO,
    isQuiet: () => false,
    waitToReceive: () => false,
    write: () => -EIO,
    isBroken: () => false,
    acceptSecure: undefined,
    duplicate: () => -EIO,
    pipe: () => undefined,
    widenPipe: () => -EIO,
    readPipe: () => -EIO,
    splice: () => -EIO,
    sendFileLater: async () => -EIO,
    setBlocking: () => undefined,
    shutDown: () => undefined,
    breakOff: () => undefined,
    close: () => undefined,
    trimMemory: undefined,
    residence: () => "cache",
    isCached: () => true,
    read: (_file, target, at) => copy(target, at),
    readLater: async (_file, target, at) => {
      await new Promise((resolve) => setImmediate(resolve));
      return copy(target, at);
    },
    scanDirectory: () => 0,
    entries: { look: () => -EIO, checkWritable: () => -EIO, rename: () => -EIO },
    ...part,
  };
}

async function send(part: Partial<SystemCalls>, residence: DirectFile["residence"] = "cache", startBytes = 0) {
  const { ours, peer } = await pair();
  const received: Buffer[] = [];
  peer.on("data", (chunk) => received.push(chunk as Buffer));
  const ended = new Promise((resolve) => peer.once("close", resolve));
  const pool = new BufferPool();
  const connection = new DataConnection(ours, 5_000);
  let moved = 0;
  let inUse: Promise<void> | undefined;
  const file: DirectFile = { calls: play(part), descriptor: 99, residence, startBytes, endBytes: bytes.length };
  const sending = sendDirectly(file, connection, {
    pool,
    buffsizeBytes: MIB,
    patience: new Patience(60_000),
    inUse: (until) => {
      inUse = until;
    },
    moved: (count) => {
      moved += count;
    },
  });
  return {
    sending,
    connection,
    inUse: () => inUse,
    async check() {
      expect(await sending).toBe(true);
      await ended;
      expect(Buffer.concat(received).equals(bytes.subarray(startBytes))).toBe(true);
      expect(moved).toBe(bytes.length - startBytes);
      expect(pool.reservedBytes).toBe(0);
    },
    pool,
  };
}

describe("a file sent past Node", () => {
  it("arrives whole from memory, from its start or later", async () => {
    await (await send({})).check();
    await (await send({}, "memory", 5 * MIB + 1)).check();
  });

  it("is read in another thread where it is not in memory", async () => {
    let later = 0;
    const test = await send({
      isCached: (_file, at) => (at >> 20) % 3 !== 1,
      readLater: async (_file, target, at) => {
        later++;
        await new Promise((resolve) => setTimeout(resolve, 2));
        return bytes.copy(target, 0, at, at + target.length);
      },
    });
    await test.check();
    expect(later).toBeGreaterThan(2);
  });

  it("goes the ordinary way where the file system knows no sendfile", async () => {
    await (await send({ sendFile: () => -EINVAL })).check();
    await (await send({ sendFile: () => -EAGAIN }, "memory")).check();
  });

  it("fails with the disk", async () => {
    const { sending, pool } = await send({ isCached: () => false, readLater: async () => -EIO });
    await expect(sending).rejects.toMatchObject({ code: "PORTHOLE_ERR_STORAGE" });
    expect(pool.reservedBytes).toBe(0);
  });

  it("settles at once after an abort, and tells until when buffer and file are in use", async () => {
    let finish: ((count: number) => void) | undefined;
    const { sending, connection, pool, inUse } = await send({
      isCached: () => false,
      readLater: () => new Promise((resolve) => (finish = resolve)),
    });
    connection.fail("aborted");
    expect(await sending).toBe(false);
    expect(pool.reservedBytes).toBeGreaterThan(0);
    finish?.(1);
    await inUse();
    expect(pool.reservedBytes).toBe(0);
  });
});
