import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import type { ReadHandle, VirtualPath, WriteHandle } from "../../contracts/store.ts";
import { BufferPool, LEAST_BUFFER_BYTES } from "./buffers.ts";
import { DataConnection } from "./data-connection.ts";
import { sendFile } from "./download.ts";
import { receiveFile } from "./upload.ts";

const MIB = 1_048_576;
const STALL_MS = 10_000;

/** Both ends of a connection; the server's end is paused, as a data connection is when it comes. */
async function pair(): Promise<{ readonly ours: Socket; readonly peer: Socket; close(): void }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const connected = once(server, "connection");
  const peer = connect({ host: "127.0.0.1", port: address !== null && typeof address === "object" ? address.port : 0 });
  peer.on("error", () => {});
  const [ours] = (await connected) as [Socket];
  return {
    ours,
    peer,
    close() {
      ours.destroy();
      peer.destroy();
      server.close();
    },
  };
}

/** A file whose byte n is n modulo 251. */
class CountingFile implements ReadHandle {
  readonly entry = { name: "file", type: "file", sizeBytes: 0, modifiedMs: 0, mode: undefined } as const;
  readonly fileDescriptor = undefined;
  readonly #lengthBytes: number;
  readonly #asynchronous: boolean;
  readonly reads: number[] = [];
  readBytes = 0;

  constructor(lengthBytes: number, asynchronous: boolean) {
    this.#lengthBytes = lengthBytes;
    this.#asynchronous = asynchronous;
  }

  read(target: Uint8Array): number | Promise<number> {
    const count = Math.min(target.length, this.#lengthBytes - this.readBytes);
    for (let i = 0; i < count; i++) target[i] = (this.readBytes + i) % 251;
    this.readBytes += count;
    this.reads.push(target.length);
    return this.#asynchronous ? new Promise((resolve) => setImmediate(resolve, count)) : count;
  }

  async close(): Promise<void> {}
}

describe.each([
  ["at hand", false],
  ["waited for", true],
])("a download whose bytes are %s", (_name, asynchronous) => {
  it("brings every byte in order, from a buffer that grows to the ceiling", async () => {
    const { ours, peer, close } = await pair();
    const file = new CountingFile(30 * MIB, asynchronous);
    const pool = new BufferPool();
    let received = 0;
    let wrong = 0;
    peer.on("data", (chunk: Buffer) => {
      for (const byte of chunk) if (byte !== received++ % 251) wrong++;
    });
    const ended = once(peer, "end");
    let moved = 0;
    const connection = new DataConnection(ours, STALL_MS);
    const options = { pool, buffsizeBytes: MIB, ascii: false, moved: (bytes: number) => (moved += bytes) };
    expect(await sendFile(file, connection, options)).toBe(true);
    await ended;
    expect({ received, wrong, moved }).toEqual({ received: 30 * MIB, wrong: 0, moved: 30 * MIB });
    expect(file.reads[0]).toBe(LEAST_BUFFER_BYTES / 2);
    expect(Math.max(...file.reads)).toBe(MIB / 2);
    expect(pool.reservedBytes).toBe(0);
    close();
  });

  it("holds no more than the ceiling for a client that does not read", async () => {
    const { ours, peer, close } = await pair();
    const file = new CountingFile(500 * MIB, asynchronous);
    const pool = new BufferPool();
    let most = 0;
    const connection = new DataConnection(ours, 300);
    const result = await sendFile(file, connection, {
      pool,
      buffsizeBytes: 256 * 1024,
      ascii: false,
      moved: () => {
        most = Math.max(most, pool.reservedBytes, ours.writableLength);
      },
    });
    expect(result).toBe(false);
    expect(connection.failure).toBe("stalled");
    // While a larger buffer takes over, the one that it grew out of is still on its way.
    expect(most).toBeLessThanOrEqual(256 * 1024 + 64 * 1024);
    await vi.waitFor(() => expect(pool.reservedBytes).toBe(0)); // a read may have been under way
    peer.destroy();
    close();
  });
});

/** A file that can be read in another thread; `settle` is told how each such read ends. */
class AheadFile extends CountingFile {
  aheads = 0;
  readonly #settle: (answer: () => number) => Promise<number>;

  constructor(lengthBytes: number, settle: (answer: () => number) => Promise<number>) {
    super(lengthBytes, false);
    this.#settle = settle;
  }

  readonly readAhead = (target: Uint8Array): Promise<number> => {
    this.aheads++;
    return this.#settle(() => this.read(target) as number);
  };
}

describe("downloads that are read ahead", () => {
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

  async function sendSeveral(files: readonly CountingFile[]) {
    const pool = new BufferPool();
    let most = 0;
    const moved = () => {
      most = Math.max(most, pool.reservedBytes);
    };
    const sent = files.map(async (file) => {
      const { ours, peer, close } = await pair();
      let received = 0;
      let wrong = 0;
      peer.on("data", (chunk: Buffer) => {
        for (const byte of chunk) if (byte !== received++ % 251) wrong++;
      });
      const ended = once(peer, "close");
      const connection = new DataConnection(ours, STALL_MS);
      const sending = sendFile(file, connection, { pool, buffsizeBytes: MIB, ascii: false, moved });
      const result = await sending.catch((error: Error) => error.message);
      if (result !== true) connection.fail("aborted");
      peer.end();
      await ended;
      close();
      return { result, received, wrong };
    });
    return { results: await Promise.all(sent), pool, most };
  }

  it("bring every byte in order and hold no more than the ceiling", async () => {
    const files = [0, 1, 2].map(() => new AheadFile(30 * MIB, async (read) => nextTurn().then(read)));
    const { results, pool, most } = await sendSeveral(files);
    for (const result of results) expect(result).toEqual({ result: true, received: 30 * MIB, wrong: 0 });
    expect(Math.max(...files.map((file) => file.aheads))).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3 * MIB);
    expect(pool.reservedBytes).toBe(0);
  });

  it("are not, where there is one alone", async () => {
    const file = new AheadFile(10 * MIB, async (read) => read());
    await sendSeveral([file]);
    expect(file.aheads).toBe(0);
  });

  it("fail when such a read does", async () => {
    const files = [0, 1].map(() => new AheadFile(30 * MIB, () => Promise.reject(new Error("unreadable"))));
    const { results, pool } = await sendSeveral(files);
    expect(results.map(({ result }) => result)).toContain("unreadable");
    await vi.waitFor(() => expect(pool.reservedBytes).toBe(0));
  });

  it("keep their memory from others until a read that nobody waits for any more is over", async () => {
    const ends: (() => void)[] = [];
    const pool = new BufferPool();
    const pairs = await Promise.all([pair(), pair()]);
    const connections = pairs.map(({ ours }) => new DataConnection(ours, STALL_MS));
    const sent = connections.map((connection) => {
      const file = new AheadFile(100 * MIB, () => new Promise((resolve) => ends.push(() => resolve(0))));
      return sendFile(file, connection, { pool, buffsizeBytes: MIB, ascii: false, moved: () => {} });
    });
    for (const { peer } of pairs) peer.resume();
    await vi.waitFor(() => expect(ends.length).toBeGreaterThan(0));
    for (const connection of connections) connection.fail("aborted");
    expect(await Promise.all(sent)).toEqual([false, false]);
    await vi.waitFor(() => expect(pool.reservedBytes).toBe((ends.length * MIB) / 2));
    for (const end of ends) end();
    await vi.waitFor(() => expect(pool.reservedBytes).toBe(0));
    for (const { close } of pairs) close();
  });
});

/** A socket that takes bytes at once, or holds them until it is told. */
class Taking extends Duplex {
  bytesRead = 0;
  bytesWritten = 0;
  readonly taken: Buffer[] = [];
  #hold: boolean;
  #held: (() => void) | undefined;

  constructor(hold: boolean) {
    super();
    this.#hold = hold;
  }

  setTimeout(): void {}

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const take = (): void => {
      this.taken.push(Buffer.from(chunk)); // as it is now
      done();
    };
    if (this.#hold) this.#held = take;
    else take();
  }

  /** Takes what is held, and all from now on. */
  letGo(): void {
    this.#hold = false;
    this.#held?.();
  }
}

describe("the buffer of a download", () => {
  it("is the next reader's as soon as the system has its bytes", async () => {
    const pool = new BufferPool();
    const most: number[] = [];
    const sockets = [new Taking(false), new Taking(false), new Taking(false)];
    const options = { pool, buffsizeBytes: MIB, ascii: false, moved: () => most.push(pool.reservedBytes) };
    const send = (socket: Taking) => sendFile(new CountingFile(4 * MIB, false), new DataConnection(socket, 0), options);
    expect(await Promise.all(sockets.map(send))).toEqual([true, true, true]);
    expect(Math.max(...most)).toBe(MIB / 2); // one piece, of three downloads
    expect(pool.reservedBytes).toBe(0);
    for (const { taken } of sockets) {
      expect(Buffer.concat(taken).every((byte, index) => byte === index % 251)).toBe(true);
    }
  });

  it("is nobody else's while the system has them not", async () => {
    const pool = new BufferPool();
    const slow = new Taking(true);
    const options = { pool, buffsizeBytes: MIB, ascii: false, moved: () => {} };
    const sending = sendFile(new CountingFile(MIB, false), new DataConnection(slow, 0), options);
    const other = new Taking(false);
    expect(await sendFile(new CountingFile(MIB, false), new DataConnection(other, 0), options)).toBe(true);
    expect(pool.reservedBytes).toBe(LEAST_BUFFER_BYTES); // a piece that is held, and the next one
    slow.letGo();
    expect(await sending).toBe(true);
    expect(pool.reservedBytes).toBe(0);
    for (const { taken } of [slow, other]) {
      expect(Buffer.concat(taken).every((byte, index) => byte === index % 251)).toBe(true);
    }
  });
});

describe("a slow client", () => {
  it("gets the whole file when it takes some of it in the time that it may stall", async () => {
    const { ours, peer, close } = await pair();
    const file = new CountingFile(5 * MIB, false);
    peer.pause();
    let received = 0;
    let wrong = 0;
    const take = (): void => {
      for (const byte of (peer.read() as Buffer | null) ?? []) if (byte !== received++ % 251) wrong++;
    };
    // So slowly that the system, which wants a third of what it holds to be gone first, tells Node of it too late.
    const timer = setInterval(take, 150);
    const connection = new DataConnection(ours, 1_200);
    const options = { pool: new BufferPool(), buffsizeBytes: MIB, ascii: false, moved: () => {} };
    const sent = await sendFile(file, connection, options);
    expect([sent, connection.failure]).toEqual([true, undefined]);
    // All is in the hands of the system, which gives up a connection that we leave alone with a slow peer.
    const closed = once(ours, "close");
    clearInterval(timer);
    const slower = setInterval(take, 400);
    const startMs = performance.now();
    while (performance.now() - startMs < 3_600) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ours.destroyed).toBe(false);
    clearInterval(slower);
    peer.on("readable", take);
    await once(peer, "end");
    expect([received, wrong]).toEqual([5 * MIB, 0]);
    peer.end();
    await closed;
    close();
  });

  it("is left alone when it takes no more", async () => {
    const { ours, peer, close } = await pair();
    peer.pause();
    const connection = new DataConnection(ours, 400);
    const options = { pool: new BufferPool(), buffsizeBytes: MIB, ascii: false, moved: () => {} };
    expect(await sendFile(new CountingFile(200_000, false), connection, options)).toBe(true);
    if (!ours.destroyed) await once(ours, "close");
    close();
  });
});

class Sink implements WriteHandle {
  readonly path = "/file" as VirtualPath;
  readonly batches: number[] = [];
  writtenBytes = 0;
  wrong = 0;
  gate: Promise<void> | undefined;

  write(chunks: readonly Uint8Array[]): undefined | Promise<void> {
    this.batches.push(chunks.length);
    for (const chunk of chunks) for (const byte of chunk) if (byte !== this.writtenBytes++ % 251) this.wrong++;
    return this.gate;
  }

  openUncommitted(): Promise<ReadHandle> {
    return Promise.reject(new Error("unused"));
  }
  commit(): Promise<never> {
    return Promise.reject(new Error("unused"));
  }
  async abort(): Promise<void> {}
}

describe("an upload", () => {
  const content = Buffer.from(Array.from({ length: 8 * MIB }, (_, index) => index % 251));

  it("gives the store every byte in order, in batches", async () => {
    const { ours, peer, close } = await pair();
    const sink = new Sink();
    const pool = new BufferPool();
    peer.end(content);
    const options = { pool, buffsizeBytes: MIB, ascii: false, keepPart: false, moved: () => {} };
    expect(await receiveFile(sink, new DataConnection(ours, STALL_MS), options)).toBe(true);
    expect({ written: sink.writtenBytes, wrong: sink.wrong }).toEqual({ written: content.length, wrong: 0 });
    expect(sink.batches.length).toBeLessThan(40);
    expect(pool.reservedBytes).toBe(0);
    close();
  });

  it("stops reading while the store is slow, and does not blame the client", async () => {
    const { ours, peer, close } = await pair();
    const sink = new Sink();
    let open: (() => void) | undefined;
    sink.gate = new Promise((resolve) => {
      open = resolve;
    });
    let moved = 0;
    peer.end(content);
    const connection = new DataConnection(ours, 200);
    const receiving = receiveFile(sink, connection, {
      pool: new BufferPool(),
      buffsizeBytes: 256 * 1024,
      ascii: false,
      keepPart: false,
      moved: (bytes) => {
        moved += bytes;
      },
    });
    await once(ours, "pause");
    await new Promise((resolve) => setTimeout(resolve, 600)); // three times what a client may stall
    expect(connection.failure).toBeUndefined();
    expect(moved).toBeLessThanOrEqual(256 * 1024 + 64 * 1024);
    sink.gate = undefined;
    open?.();
    expect(await receiving).toBe(true);
    expect(sink.writtenBytes).toBe(content.length);
    close();
  });
});

describe("several transfers", () => {
  it("go on together: a fast one does not starve the others", async () => {
    const pairs = await Promise.all(Array.from({ length: 4 }, () => pair()));
    const pool = new BufferPool();
    const order: number[] = [];
    const transfers = pairs.map(async ({ ours, peer }, index) => {
      peer.resume();
      const file = new CountingFile(8 * MIB, false);
      await sendFile(file, new DataConnection(ours, STALL_MS), {
        pool,
        buffsizeBytes: MIB,
        ascii: false,
        moved: () => order.push(index),
      });
    });
    await Promise.all(transfers);
    // Before any of them has moved its last piece, all of them have moved some.
    const firstEnd = Math.min(...[0, 1, 2, 3].map((index) => order.lastIndexOf(index)));
    expect(new Set(order.slice(0, firstEnd)).size).toBe(4);
    for (const { close } of pairs) close();
  });
});
