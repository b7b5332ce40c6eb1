import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { accelerator } from "../../native/accelerator.ts";
import { BROKEN, WOULD_BLOCK } from "../../native/system-calls.ts";
import { DataConnection } from "./data-connection.ts";
import { Patience } from "./patience.ts";
import { ThreadTurns } from "./thread-turns.ts";
import { WaitingSend } from "./waiting-send.ts";

const MIB = 1_048_576;
const BYTES = 48 * MIB;
const { calls } = accelerator();

describe.skipIf(calls === undefined)("a file sent from another thread", () => {
  const bytes = Buffer.alloc(BYTES);
  for (let i = 0; i < BYTES; i += 4) bytes.writeInt32LE(Math.imul(i, 2_654_435_761 | 0), i);
  let root: string;
  let file: number;
  const opened: Socket[] = [];

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "porthole-waiting-"));
    writeFileSync(join(root, "file"), bytes);
    file = openSync(join(root, "file"), "r");
  });
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy();
  });
  afterAll(() => {
    closeSync(file);
    rmSync(root, { recursive: true });
  });

  /** A connection that is sent on, its peer, who reads nothing yet, and the threads. */
  async function start(threads = new ThreadTurns(1)) {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const connected = once(server, "connection");
    const peer = connect((server.address() as { port: number }).port, "127.0.0.1").pause();
    peer.on("error", () => undefined);
    const [ours] = (await connected) as [Socket];
    server.close();
    opened.push(ours, peer);
    const connection = new DataConnection(ours, 5_000);
    ours.resume();
    return {
      ours,
      peer,
      connection,
      threads,
      sender: new WaitingSend(calls!, connection, new Patience(60_000), threads),
    };
  }

  function take(peer: Socket): Buffer[] {
    const received: Buffer[] = [];
    peer.on("data", (chunk) => received.push(chunk as Buffer));
    peer.resume();
    return received;
  }

  /** Sends all of it, again and again where a turn is too short. */
  async function sendAll(sender: WaitingSend): Promise<void> {
    for (let at = 0; at < BYTES; ) {
      const sent = await sender.send(file, at, BYTES - at);
      if (sent === undefined) throw new Error(`no more after ${at} bytes`);
      at += sent.bytes;
    }
  }

  it("arrives whole", async () => {
    const { peer, connection, sender } = await start();
    const received = take(peer);
    await sendAll(sender);
    expect(sender.close()).toBeUndefined();
    const ended = once(peer, "end");
    expect(await connection.end()).toBe(true);
    await ended;
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
  });

  it("arrives whole while the peer says more than anybody reads", async () => {
    const { ours, peer, connection, sender } = await start();
    const received = take(peer);
    peer.write(Buffer.alloc(3 * MIB, "nonsense"));
    await sendAll(sender);
    void sender.close();
    expect(await connection.end()).toBe(true);
    await once(peer, "end");
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
    while (ours.bytesRead < 3 * MIB) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it("waits not for a peer that takes nothing, and leaves the socket as Node needs it", async () => {
    const { ours, peer, connection, sender } = await start();
    const startMs = performance.now();
    let sent = await sender.send(file, 0, BYTES);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(sent?.bytes).toBeLessThan(BYTES);
    while (sent?.bytes !== 0) sent = await sender.send(file, 0, BYTES); // the system may find room for some more
    expect(sent.quick).toBe(false);
    expect(calls!.sendFile(connection.descriptor!, file, 0, MIB)).toBe(WOULD_BLOCK);
    peer.write("something");
    while (ours.bytesRead === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    void sender.close();
  });

  it("is sent for no longer than a turn", async () => {
    const { peer, sender, threads } = await start();
    let taken = 0;
    peer.on("data", (chunk) => {
      taken += chunk.length;
      if (taken >= MIB) peer.pause();
    });
    const taking = setInterval(() => {
      taken = 0;
      peer.resume();
    }, 5);
    const sent = await sender.send(file, 0, BYTES);
    clearInterval(taking);
    expect(sent?.bytes).toBeLessThan(BYTES);
    expect(threads.take()).toBe(true);
    void sender.close();
  });

  it.each(["aborted", "reset"])("ends at once when it is %s, and no descriptor is left", async (how) => {
    const { peer, connection, sender, threads } = await start();
    const before = readdirSync("/proc/self/fd").length;
    const sending = sender.send(file, 0, BYTES);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const startMs = performance.now();
    if (how === "reset") peer.resetAndDestroy();
    else connection.fail("aborted");
    await sending;
    expect(performance.now() - startMs).toBeLessThan(1_000);
    if (connection.failure === undefined) {
      // The call that met the reset has used up its error: who sends next finds the connection closed.
      expect(BROKEN).toContain(calls!.sendFile(connection.descriptor!, file, 0, MIB));
      connection.fail("connection-lost");
    }
    expect(await sender.send(file, 0, BYTES)).toBeUndefined();
    await sender.close();
    expect(threads.take()).toBe(true);
    while (readdirSync("/proc/self/fd").length >= before) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it("gives its turn back that comes after the connection has failed", async () => {
    const threads = new ThreadTurns(1);
    void threads.take();
    const { connection, sender } = await start(threads);
    const sending = sender.send(file, 0, BYTES);
    connection.fail("aborted");
    expect(await sending).toBeUndefined();
    threads.give();
    await new Promise((resolve) => setImmediate(resolve));
    expect(threads.take()).toBe(true);
  });
});
