import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type * as Koffi from "koffi";
import { afterAll, afterEach, describe, expect, it, onTestFinished } from "vitest";
import { accelerator } from "../../../native/accelerator.ts";
import type { SystemCalls } from "../../../native/system-calls.ts";
import { PIPE_BYTES, type ReceiveTiding } from "./messages.ts";
import { receiveTurn } from "./receive-turn.ts";

const { calls } = accelerator();
const { EINVAL, ENOSPC, ENOSYS } = constants.errno;
const MSG_OOB = 1;
const BYTES = 300_000;
const sent = Buffer.alloc(BYTES);
for (let i = 0; i < BYTES; i += 4) sent.writeInt32LE(Math.imul(i, 2_654_435_761 | 0), i);

/** The descriptor of a socket of Node's. */
const fd = (socket: Socket) => (socket as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;

describe.skipIf(calls === undefined)("a turn", () => {
  const root = mkdtempSync(join(tmpdir(), "porthole-turn-"));
  const path = join(root, "file");
  const buffer = Buffer.alloc(65_536);
  const pipes: number[] = [];
  let buffers = 0;

  afterEach(() => {
    for (const end of pipes.splice(0)) calls!.close(end);
    rmSync(path, { force: true });
    buffers = 0;
  });

  afterAll(() => rmSync(root, { recursive: true }));

  /** A connection on which `bytes` have arrived. */
  async function connection(bytes = sent) {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [ours] = (await once(server, "connection")) as [Socket];
    server.close();
    for (const socket of [peer, ours]) socket.on("error", () => undefined);
    onTestFinished(() => {
      peer.destroy();
      ours.destroy();
    });
    await new Promise((done) => peer.write(bytes, done));
    return { peer, socket: fd(ours) };
  }

  function widePipe(): readonly [number, number] {
    const pipe = calls!.pipe();
    if (pipe === undefined || calls!.widenPipe(pipe[1], PIPE_BYTES) < PIPE_BYTES) throw new Error("no wide pipe");
    pipes.push(...pipe);
    return pipe;
  }

  interface Wanted {
    /** What a test gives wins. */
    readonly play?: Partial<SystemCalls>;
    readonly most?: number;
    readonly atBytes?: number;
    readonly flags?: string;
    readonly byPipe?: boolean;
  }

  /** One turn into the file. */
  function take(socket: number, { play, most = 2 * BYTES, atBytes, flags = "w", byPipe = true }: Wanted = {}) {
    const file = openSync(path, flags);
    const pipe = byPipe ? widePipe() : undefined;
    const order = { socket, file, atBytes, mostBytes: most, pipe };
    const takeBuffer = () => {
      buffers++;
      return buffer;
    };
    try {
      return receiveTurn({ ...calls!, ...play }, takeBuffer, order);
    } finally {
      closeSync(file);
      if (pipe !== undefined) expect(calls!.readPipe(pipe[0], new Uint8Array(1))).toBe(-constants.errno.EAGAIN);
    }
  }

  const all = (tiding: Partial<ReceiveTiding>) => ({ bytes: BYTES, rest: undefined, broken: false, ...tiding });

  it("takes what has come by its pipe, without a buffer, and leaves its end to who comes next", async () => {
    const { peer, socket } = await connection();
    expect(take(socket)).toEqual(all({ spliced: true }));
    expect(readFileSync(path).equals(sent)).toBe(true);
    peer.end();
    await new Promise((arrived) => setTimeout(arrived, 20));
    expect(take(socket, { flags: "a" })).toEqual(all({ bytes: 0, spliced: true }));
    expect(buffers).toBe(0);
  });

  it("begins at a position, and takes no octet more than it may", async () => {
    const { socket } = await connection();
    writeFileSync(path, "before ... behind");
    expect(take(socket, { most: 3, atBytes: 7, flags: "r+" })).toEqual(all({ bytes: 3, spliced: true }));
    expect(
      readFileSync(path).equals(Buffer.concat([Buffer.from("before "), sent.subarray(0, 3), Buffer.from(" behind")])),
    ).toBe(true);
    expect(take(socket, { most: 70_000, atBytes: 3 })).toEqual(all({ bytes: 70_000, spliced: true }));
    expect(readFileSync(path).subarray(3).equals(sent.subarray(3, 70_003))).toBe(true);
    expect(take(socket, { most: 70_000, byPipe: false })).toEqual(all({ bytes: 70_000, spliced: false }));
    expect(readFileSync(path).equals(sent.subarray(70_003, 140_003))).toBe(true);
  });

  it("takes by a buffer what a file refuses from a pipe", async () => {
    const { socket } = await connection();
    writeFileSync(path, "before ");
    expect(take(socket, { flags: "a" })).toEqual(all({ spliced: false }));
    expect(readFileSync(path).equals(Buffer.concat([Buffer.from("before "), sent]))).toBe(true);
  });

  it.each([ENOSYS, EINVAL])("takes by a buffer what a system refuses to splice: error %i", async (error) => {
    const { socket } = await connection();
    expect(take(socket, { play: { splice: () => -error } })).toEqual(all({ spliced: false }));
    expect(readFileSync(path).equals(sent)).toBe(true);
  });

  it("loses nothing when a file has taken a part from the pipe", async () => {
    const { socket } = await connection();
    let calledFor = 0;
    const splice: SystemCalls["splice"] = (from, to, at, count) => {
      if (from === socket) return calls!.splice(from, to, at, count);
      return ++calledFor < 3 ? calls!.splice(from, to, at, Math.min(count, 1001)) : -EINVAL;
    };
    expect(take(socket, { play: { splice }, atBytes: 5 })).toEqual(all({ spliced: false }));
    expect(readFileSync(path).subarray(5).equals(sent)).toBe(true);
  });

  it("gives back what a full disk does not take", async () => {
    const { socket } = await connection();
    let left = 70_001;
    const splice: SystemCalls["splice"] = (from, to, at, count) => {
      if (from === socket) return calls!.splice(from, to, at, count);
      const taken = left === 0 ? -ENOSPC : calls!.splice(from, to, at, Math.min(count, left));
      left -= Math.max(0, taken);
      return taken;
    };
    const { bytes, rest, broken } = take(socket, { play: { splice, write: () => -ENOSPC } });
    expect([readFileSync(path).length, broken]).toEqual([70_001, false]);
    expect(Buffer.concat([readFileSync(path), rest ?? sent]).equals(sent.subarray(0, bytes))).toBe(true);
  });

  it("fails when it cannot tell what is in its pipe", async () => {
    const { socket } = await connection();
    const splice: SystemCalls["splice"] = (from, to, at, count) =>
      from === socket ? calls!.splice(from, to, at, count) : -EINVAL;
    const order = { socket, file: -1, atBytes: undefined, mostBytes: BYTES, pipe: widePipe() };
    expect(() => receiveTurn({ ...calls!, splice, readPipe: () => 0 }, () => buffer, order)).toThrow("pipe");
  });

  it.each([true, false])("tells a connection that was reset; by a pipe: %s", async (byPipe) => {
    const { peer, socket } = await connection(Buffer.alloc(0));
    peer.resetAndDestroy();
    await new Promise((arrived) => setTimeout(arrived, 20));
    expect(take(socket, { byPipe })).toEqual({ bytes: 0, rest: undefined, broken: true, spliced: byPipe });
  });

  it("gets over urgent octets, and does not ask for ever what comes of them", async () => {
    const { peer, socket } = await connection();
    const koffi: typeof Koffi = createRequire(import.meta.url)("koffi");
    const send = koffi.load(null).func("intptr_t send(int socket, uint8_t *from, size_t count, int flags)");
    expect(send(fd(peer), Uint8Array.of(7), 1, MSG_OOB)).toBe(1);
    await new Promise((done) => peer.write(sent, done));
    let asked = 0;
    const splice: SystemCalls["splice"] = (...given) => {
      asked++;
      return calls!.splice(...given);
    };
    expect(take(socket, { play: { splice } })).toEqual(all({ bytes: 2 * BYTES, spliced: false }));
    expect(readFileSync(path).equals(Buffer.concat([sent, sent]))).toBe(true);
    expect(asked).toBeLessThan(50);
  });
});
