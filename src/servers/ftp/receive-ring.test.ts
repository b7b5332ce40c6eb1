import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { ReadHandle, VirtualPath, WriteHandle } from "../../contracts/store.ts";
import { BufferPool, LEAST_BUFFER_BYTES } from "./buffers.ts";
import { DataConnection } from "./data-connection.ts";
import { Circle, ReceiveRing } from "./receive-ring.ts";
import { receiveFile } from "./upload.ts";

describe("the circle", () => {
  it("gives no byte away that is still held, and comes out in order", () => {
    const step = fc.record({ fill: fc.nat(40), free: fc.nat(60) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const circle = new Circle(Buffer.alloc(64));
        const held: { readonly bytes: Buffer; readonly value: number }[] = [];
        let value = 0;
        for (const { fill, free } of steps) {
          const area = circle.area();
          if (area === undefined) expect(held.length).toBeGreaterThan(0);
          else if (fill > 0) {
            const bytes = circle.fill(Math.min(fill, area.length));
            bytes.fill(++value % 256);
            held.push({ bytes, value: value % 256 });
          }
          for (let left = free; held[0] !== undefined && held[0].bytes.length <= left; ) {
            const first = held.shift()!;
            expect(first.bytes.every((byte) => byte === first.value)).toBe(true);
            left -= first.bytes.length;
            circle.free(first.bytes.length);
          }
          for (const one of held) expect(one.bytes.every((byte) => byte === one.value)).toBe(true);
        }
      }),
    );
  });
});

const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

async function pair(): Promise<{ readonly ours: Socket; readonly peer: Socket; readonly closed: Promise<unknown> }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection");
  const peer = connect((server.address() as { port: number }).port, "127.0.0.1");
  peer.on("error", () => {});
  const [ours] = (await connected) as [Socket];
  opened.push(ours, peer);
  const closed = new Promise((resolve) => server.close(resolve));
  return { ours, peer, closed };
}

/** Keeps what it is given; its buffers are overwritten as soon as it is done, as they may be. */
class Keeper implements WriteHandle {
  readonly path = "/file" as VirtualPath;
  readonly parts: Buffer[] = [];
  wait: ((write: number) => Promise<void> | undefined) | undefined;
  writes = 0;

  write(chunks: readonly Uint8Array[]): undefined | Promise<void> {
    const done = this.wait?.(this.writes++);
    const take = () => {
      for (const chunk of chunks) {
        this.parts.push(Buffer.from(chunk));
        chunk.fill(0xee);
      }
    };
    if (done === undefined) {
      take();
      return undefined;
    }
    return done.then(take);
  }
  openUncommitted(): Promise<ReadHandle> {
    return Promise.reject(new Error("unused"));
  }
  commit(): Promise<never> {
    return Promise.reject(new Error("unused"));
  }
  async abort(): Promise<void> {}
}

const content = Buffer.alloc(9_000_001);
for (let i = 0; i < content.length; i++) content[i] = (i * 13) >> 5;

async function receive(keeper: Keeper, buffsizeBytes: number, { ascii = false } = {}) {
  const { ours, peer, closed } = await pair();
  const pool = new BufferPool();
  const ring = new ReceiveRing(pool, buffsizeBytes);
  const socket = ring.attach(ours);
  if (socket === undefined) throw new Error("this Node offers no such socket");
  opened.push(socket);
  const connection = new DataConnection(socket, 2_000);
  const receiving = receiveFile(keeper, connection, {
    pool,
    buffsizeBytes,
    ring,
    ascii,
    keepPart: false,
    moved: () => {},
  });
  return { peer, connection, receiving, pool, ring, closed };
}

const turns: readonly (readonly [string, Keeper["wait"]])[] = [
  ["at once", undefined],
  ["in its own time", (write) => new Promise((resolve) => setTimeout(resolve, write % 4))],
  ["now so, now so", (write) => (write % 2 === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, 1)))],
];

describe.each(turns)("an upload through a ring to a store that takes it %s", (_name, wait) => {
  it.each([512, LEAST_BUFFER_BYTES, 1_048_576])("keeps every byte with a buffer of %i", async (buffsizeBytes) => {
    const keeper = new Keeper();
    keeper.wait = wait;
    const { peer, receiving, pool, ring, closed, connection } = await receive(keeper, buffsizeBytes);
    for (let at = 0, size = 1; at < content.length; at += size, size = ((size * 7) % 300_000) + 1) {
      if (!peer.write(content.subarray(at, Math.min(content.length, at + size)))) await once(peer, "drain");
    }
    peer.end();
    expect(await receiving).toBe(true);
    ring.release();
    expect(Buffer.concat(keeper.parts).equals(content)).toBe(true);
    expect(pool.reservedBytes).toBe(0);
    await connection.end();
    await closed; // the listener counts a connection that was moved
  });
});

describe("an upload through a ring", () => {
  it("converts lines", async () => {
    const keeper = new Keeper();
    const { peer, receiving } = await receive(keeper, LEAST_BUFFER_BYTES, { ascii: true });
    peer.end("one\r\ntwo\r\n".repeat(200_000));
    expect(await receiving).toBe(true);
    expect(Buffer.concat(keeper.parts).toString()).toBe("one\ntwo\n".repeat(200_000));
  });

  it("stops reading while the store is slow, and the client is not to blame", async () => {
    const keeper = new Keeper();
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    keeper.wait = () => gate;
    const { peer, receiving, connection } = await receive(keeper, LEAST_BUFFER_BYTES);
    peer.end(content);
    await new Promise((resolve) => setTimeout(resolve, 3_000)); // longer than a client may stall
    expect(connection.failure).toBeUndefined();
    expect(connection.socket.bytesRead).toBeLessThanOrEqual(LEAST_BUFFER_BYTES);
    open?.();
    expect(await receiving).toBe(true);
    expect(Buffer.concat(keeper.parts).equals(content)).toBe(true);
  });

  it("ends with the connection", async () => {
    const keeper = new Keeper();
    const { peer, receiving, connection, pool, ring } = await receive(keeper, LEAST_BUFFER_BYTES);
    peer.write(content);
    while (keeper.parts.length === 0) await new Promise((resolve) => setImmediate(resolve));
    connection.fail("aborted");
    expect(await receiving).toBe(false);
    ring.release();
    expect(pool.reservedBytes).toBe(0);
  });

  it("is not offered to a connection that was made by us or read from", async () => {
    const { ours, peer } = await pair();
    ours.resume();
    peer.write("x");
    await once(ours, "data");
    const pool = new BufferPool();
    expect(new ReceiveRing(pool, 1024).attach(ours)).toBeUndefined();
  });
});
