import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ReadHandle } from "../../contracts/store.ts";
import { accelerator } from "../../native/accelerator.ts";
import { type SystemCalls, WOULD_BLOCK } from "../../native/system-calls.ts";
import { type AcceptedConnection, offerAccepted } from "./accepted-connection.ts";
import { BufferPool } from "./buffers.ts";
import { DataConnection } from "./data-connection.ts";
import { type AcceptedTarget, sendSmallFile } from "./small-download.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
});

/** Both ends of a connection as a passive listener takes it. */
async function pair(): Promise<{ readonly ours: Socket; readonly client: Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [ours] = (await once(server, "connection")) as [Socket];
  ours.on("error", () => {});
  client.on("error", () => {});
  endings.push(
    () => server.close(),
    () => client.destroy(),
    () => ours.destroy(),
  );
  return { ours, client };
}

/** A connection as a passive listener takes it before there is a socket, and its client. */
async function acceptedPair(): Promise<{ readonly accepted: AcceptedConnection; readonly client: Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const taken = new Promise<AcceptedConnection>((resolve) => {
    offerAccepted(server, (accepted) => {
      resolve(accepted);
      return true;
    });
  });
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const accepted = await taken;
  client.on("error", () => {});
  endings.push(
    () => server.close(),
    () => client.destroy(),
    () => accepted.close(),
  );
  return { accepted, client };
}

/** A file whose reads give at most `piece` bytes each, at once or later. */
function file(content: Buffer, { piece = content.length, later = false } = {}): ReadHandle {
  let at = 0;
  return {
    entry: { name: "f", type: "file", sizeBytes: content.length, modifiedMs: undefined, mode: undefined },
    fileDescriptor: undefined,
    read(target) {
      const count = content.copy(target, 0, at, Math.min(at + piece, content.length));
      at += count;
      return later ? new Promise((resolve) => setImmediate(() => resolve(count))) : count;
    },
    close: async () => {},
  };
}

async function received(client: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index % 251));

describe("sendSmallFile", () => {
  it.each([
    [0, {}],
    [1, {}],
    [65_536, {}],
    [65_536, { piece: 1_000 }],
    [10_000, { piece: 4_096, later: true }],
    [0, { later: true }],
  ])("sends %i bytes and FIN, read as %j", async (length, reads) => {
    const { ours, client } = await pair();
    const content = bytes(length);
    let moved = 0;
    let made = 0;
    const sent = sendSmallFile(file(content, reads), ours, {
      totalBytes: length,
      pool: new BufferPool(),
      connect: () => {
        made++;
        return new DataConnection(ours, 5_000);
      },
      moved: (count) => {
        moved += count;
      },
    });
    expect(await received(client)).toEqual(content);
    expect(await sent).toBe(true);
    expect(moved).toBe(length);
    expect(made).toBeLessThanOrEqual(1);
  });

  it("gives all its memory back, and sends no more than was told", async () => {
    const { ours, client } = await pair();
    const pool = new BufferPool();
    const connect = () => new DataConnection(ours, 5_000);
    const sent = await sendSmallFile(file(bytes(5_000)), ours, { totalBytes: 3_000, pool, connect, moved: () => {} });
    expect(sent).toBe(true);
    expect(await received(client)).toEqual(bytes(3_000));
    expect(pool.reservedBytes).toBe(0);
  });

  it("fails when the client is gone", async () => {
    const { ours, client } = await pair();
    client.resetAndDestroy();
    await once(client, "close");
    const pool = new BufferPool();
    const connect = () => new DataConnection(ours, 5_000);
    const options = { totalBytes: 60_000, pool, connect, moved: () => {} };
    expect(await sendSmallFile(file(bytes(60_000)), ours, options)).toBe(false);
    expect(pool.reservedBytes).toBe(0);
  });

  it("rejects when the store does", async () => {
    const { ours } = await pair();
    const pool = new BufferPool();
    const broken: ReadHandle = { ...file(bytes(10)), read: () => Promise.reject(new Error("no disk")) };
    const connect = () => new DataConnection(ours, 5_000);
    await expect(sendSmallFile(broken, ours, { totalBytes: 10, pool, connect, moved: () => {} })).rejects.toThrow(
      "no disk",
    );
    expect(pool.reservedBytes).toBe(0);
  });
});

const { calls } = accelerator();

describe.skipIf(calls === undefined)("sendSmallFile without a socket", () => {
  function target(accepted: AcceptedConnection, send: SystemCalls["sendBeforeEnd"]): AcceptedTarget {
    const { descriptor } = accepted;
    if (calls === undefined || descriptor === undefined) throw new Error("no descriptor");
    return { accepted, descriptor, calls: { ...calls, sendBeforeEnd: send } };
  }
  const send: SystemCalls["sendBeforeEnd"] = (socket, octets) => calls?.sendBeforeEnd(socket, octets) ?? 0;
  const connectTo = (made: DataConnection[]) => (socket: Socket) => {
    const connection = new DataConnection(socket, 5_000);
    made.push(connection);
    endings.push(() => socket.destroy());
    return connection;
  };

  it.each<[string, number, object, SystemCalls["sendBeforeEnd"], number]>([
    ["nothing", 0, {}, send, 0],
    ["what the system takes at once", 4_096, {}, send, 0],
    ["as much as there may be", 65_536, { piece: 1_000 }, send, -1],
    ["the rest of what the system takes a part of", 60_000, {}, (to, from) => send(to, from.subarray(0, 1_000)), 1],
    ["what the system takes nothing of", 60_000, {}, () => WOULD_BLOCK, 1],
    ["what the store has to be waited for", 10_000, { piece: 4_096, later: true }, send, 1],
  ])("sends %s, and FIN", async (_what, length, reads, sends, sockets) => {
    const { accepted, client } = await acceptedPair();
    const content = bytes(length);
    const pool = new BufferPool();
    const made: DataConnection[] = [];
    const options = { totalBytes: length, pool, connect: connectTo(made), moved: () => {} };
    const all = received(client);
    expect(await sendSmallFile(file(content, reads), target(accepted, sends), options)).toBe(true);
    if (made.length === 0) expect(accepted.descriptor).toBeDefined(); // the end is the caller's to send
    accepted.close();
    expect(await all).toEqual(content);
    expect(pool.reservedBytes).toBe(0);
    expect(accepted.descriptor).toBeUndefined();
    if (sockets >= 0) expect(made.length).toBe(sockets);
  });

  it("fails when the client is gone", async () => {
    const { accepted, client } = await acceptedPair();
    client.resetAndDestroy();
    await once(client, "close");
    const pool = new BufferPool();
    const options = { totalBytes: 100, pool, connect: connectTo([]), moved: () => {} };
    expect(await sendSmallFile(file(bytes(100)), target(accepted, send), options)).toBe(false);
    expect(pool.reservedBytes).toBe(0);
    expect(accepted.descriptor).toBeUndefined();
  });
});
