import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as secureConnect, type TLSSocket } from "node:tls";
import type * as Koffi from "koffi";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { clientIt } from "../../../test/wire/clients.ts";
import { accelerator } from "../../native/accelerator.ts";
import { keepSelfSigned } from "../../owner-files/self-signed.ts";
import { secureContext, type TlsMaterial } from "../tls-material.ts";
import { BufferPool } from "./buffers.ts";
import { type DirectTlsSocket, directTls } from "./direct-tls.ts";

const { calls } = accelerator();
const RING_BYTES = 262_144;
let directory: string;
let material: TlsMaterial;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "porthole-direct-tls-"));
  material = { ...(await keepSelfSigned(directory)), passphrase: undefined, ticketKeys: randomBytes(48) };
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A listener whose next connection is secured; what the server sees of it. */
async function listen(prepare: (plain: Socket) => void = () => {}) {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const pool = new BufferPool();
  const { port } = server.address() as AddressInfo;
  const secured = once(server, "connection").then(([plain]: Socket[]) => {
    prepare(plain!);
    const tls = { current: secureContext(material), material };
    const socket = directTls(plain!, tls, calls, { reuseRequired: false, pool });
    onTestFinished(() => void socket?.destroy());
    return socket!;
  });
  return { port, pool, secured };
}

/** Takes what comes until the end or a failure; each chunk is freed after a while, or at once. */
function take(socket: DirectTlsSocket, freeAfterMs = 0) {
  const ring = socket.openRing(RING_BYTES);
  const chunks: Buffer[] = [];
  let heldBytes = 0;
  let mostHeldBytes = 0;
  const free = (count: number): void => {
    heldBytes -= count;
    ring.free(count);
  };
  ring.onChunk = (chunk) => {
    chunks.push(Buffer.from(chunk));
    heldBytes += chunk.length;
    mostHeldBytes = Math.max(mostHeldBytes, heldBytes);
    setTimeout(() => free(chunk.length), freeAfterMs);
  };
  const over = new Promise<string>((resolve) => {
    socket.once("end", () => resolve("ended"));
    socket.once("error", (error) => resolve(error.message));
    socket.once("close", () => resolve("closed"));
  });
  socket.resume();
  return { over, ring, taken: () => Buffer.concat(chunks), mostHeldBytes: () => mostHeldBytes };
}

async function client(port: number, maxVersion?: "TLSv1.2"): Promise<TLSSocket> {
  const version = maxVersion === undefined ? {} : { maxVersion };
  const socket = secureConnect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...version });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

describe.skipIf(calls?.acceptSecure === undefined)("an upload past Node's streams", () => {
  const big = randomBytes(3_000_001);

  it.each([undefined, "TLSv1.2"] as const)(
    "gives every byte, and no more at once than its ring holds (%s)",
    async (version) => {
      const { port, pool, secured } = await listen();
      const sender = await client(port, version);
      const socket = await secured;
      expect(await socket.handshake).toBeUndefined();
      const { over, ring, taken, mostHeldBytes } = take(socket, 5);
      sender.end(big);
      expect(await over).toBe("ended");
      expect(taken().equals(big)).toBe(true);
      expect(mostHeldBytes()).toBeLessThanOrEqual(RING_BYTES);
      const closed = once(sender, "close");
      socket.end();
      await closed; // close_notify and FIN have come back
      expect(sender.errored).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 20));
      ring.release();
      expect(pool.reservedBytes).toBe(0);
      expect(socket.destroyed).toBe(true);
    },
  );

  it("is cut short by a FIN without close_notify, and by a reset", async () => {
    for (const cut of ["end", "resetAndDestroy"] as const) {
      const { port, secured } = await listen();
      const plain = connect(port, "127.0.0.1");
      const sender = secureConnect({ socket: plain, rejectUnauthorized: false });
      sender.on("error", () => {});
      await once(sender, "secureConnect");
      const { over, taken } = take(await secured);
      await new Promise((sent) => sender.write("abc", sent));
      await expect.poll(() => String(taken())).toBe("abc");
      plain[cut]();
      expect(await over).toMatch(cut === "end" ? "without close_notify" : "ECONNRESET");
    }
  });

  it("is over at the first byte that was changed on its way", async () => {
    const { port, secured } = await listen();
    let passed = 0;
    const changing = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect(port, "127.0.0.1");
      for (const end of [near, far]) end.on("error", () => {});
      far.pipe(near);
      near.on("data", (bytes) => {
        if (passed < 200_000 && passed + bytes.length > 200_000) bytes[200_000 - passed]! ^= 1;
        passed += bytes.length;
        far.write(bytes);
      });
    });
    changing.listen(0, "127.0.0.1");
    onTestFinished(() => void changing.close());
    await once(changing, "listening");
    const sender = await client((changing.address() as AddressInfo).port);
    const { over, taken } = take(await secured);
    sender.write(big);
    expect(await over).toBe("what came is not what was sent");
    expect(taken().length).toBeLessThan(200_000);
    expect(big.subarray(0, taken().length).equals(taken())).toBe(true);
  });

  it.each(["GET / HTTP/1.0\r\n\r\n", "\u0016\u0003\u0001\u0002\u0000\u0001", "\u0000"])(
    "is none when %j comes in place of a handshake",
    async (words) => {
      const { port, secured } = await listen();
      const stranger = connect(port, "127.0.0.1");
      stranger.on("error", () => {});
      stranger.end(words, "latin1");
      expect(await (await secured).handshake).toBe("no-data-connection");
    },
  );

  it("can be dropped at any time, and nothing is called after it", async () => {
    const { port, pool, secured } = await listen();
    const sender = await client(port);
    const socket = await secured;
    const { ring, taken } = take(socket, 50);
    sender.write(big);
    await expect.poll(() => taken().length).toBeGreaterThan(0);
    socket.destroy();
    expect(socket.received(Buffer.from("late"))).toBe(false);
    const before = taken().length;
    await new Promise((resolve) => setTimeout(resolve, 100)); // chunks are freed behind the end
    expect(taken().length).toBe(before);
    ring.release();
    expect(pool.reservedBytes).toBe(0);
  });

  it("sends nothing", async () => {
    const { port, secured } = await listen();
    await client(port);
    const socket = await secured;
    await socket.handshake;
    const { over } = take(socket);
    socket.write("x");
    expect(await over).toContain("bug");
  });

  clientIt("goes on when openssl s_client changes its keys and has us change ours", "openssl", async (openssl) => {
    const { port, secured } = await listen();
    const child = spawn(openssl, ["s_client", "-connect", `127.0.0.1:${port}`], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    onTestFinished(() => void child.kill());
    const { over, taken } = take(await secured);
    const lines = ["one\n", "k\n", "two\n", "K\n", "three\n"];
    for (const line of lines) {
      child.stdin.write(line);
      await new Promise((resolve) => setTimeout(resolve, 50)); // s_client looks at the start of what it reads
    }
    await expect.poll(() => String(taken())).toBe("one\ntwo\nthree\n");
    child.stdin.end("Q\n");
    expect(await over).toBe("ended");
  });

  it("holds little for a client that wants answers and takes none", async () => {
    const { port, secured } = await listen((plain) => shrink(plain, 7)); // SO_SNDBUF
    const flood = await keyUpdates(port);
    const socket = await secured;
    const { over } = take(socket);
    const sending = setInterval(() => flood.send(20_000), 1);
    onTestFinished(() => clearInterval(sending));
    expect(await over).toBe("the peer takes none of the answers");
  });
});

/** Has the system hold little for a socket, so that it is soon full. */
function shrink(socket: Socket, option: number): void {
  const koffi: typeof Koffi = createRequire(import.meta.url)("koffi");
  const set = koffi
    .load(null)
    .func("int setsockopt(int socket, int level, int name, uint8_t *value, unsigned int bytes)");
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
  expect(set(fd, 1, option, new Uint8Array(new Int32Array([4096]).buffer), 4)).toBe(0); // SOL_SOCKET
}

/** A client of OpenSSL's that asks for new keys (RFC 8446 §4.6.3) as often as it is told to, and reads no answer. */
async function keyUpdates(port: number) {
  const koffi: typeof Koffi = createRequire(import.meta.url)("koffi");
  const library = koffi.load(null);
  const link = library.func("void *SSL_new(void *context)")(
    library.func("void *SSL_CTX_new(void *method)")(library.func("void *TLS_client_method()")()),
  );
  const bio = () => library.func("void *BIO_new(void *kind)")(library.func("void *BIO_s_mem()")());
  const [from, to] = [bio(), bio()];
  library.func("void SSL_set_bio(void *link, void *from, void *to)")(link, from, to);
  library.func("void SSL_set_connect_state(void *link)")(link);
  const handshake = library.func("int SSL_do_handshake(void *link)");
  const update = library.func("int SSL_key_update(void *link, int type)");
  const read = library.func("int BIO_read(void *bio, uint8_t *to, int count)");
  const write = library.func("int BIO_write(void *bio, uint8_t *from, int count)");
  const output = Buffer.alloc(4_000_000);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  const flush = (): void => {
    const count = read(to, output, output.length);
    if (count > 0) socket.write(Buffer.from(output.subarray(0, count)));
  };
  await once(socket, "connect");
  shrink(socket, 8); // SO_RCVBUF
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      const done = handshake(link) === 1;
      flush();
      if (done) resolve();
    };
    socket.on("data", (bytes) => {
      write(from, bytes, bytes.length);
      goOn();
    });
    goOn();
  });
  socket.removeAllListeners("data").pause();
  return {
    send(count: number) {
      if (socket.writableLength > 8_000_000) return;
      for (let i = 0; i < count; i++) {
        update(link, 1);
        handshake(link);
      }
      flush();
    },
  };
}
