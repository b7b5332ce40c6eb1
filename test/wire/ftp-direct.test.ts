/** Downloads past Node's streams: the same bytes, the same ends and the same faults as without. */
import { once } from "node:events";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDirectoryStore, type DirectoryStore } from "../../src/index.ts";
import { accelerator } from "../../src/native/accelerator.ts";
import { keepSelfSigned } from "../../src/owner-files/self-signed.ts";
import { FtpTalk, readAll, reset, serveFtp } from "./ftp.ts";

const MIB = 1_048_576;
const BIG_BYTES = 64 * MIB;

/** Bytes in which no part looks like another. */
function content(bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  for (let i = 0, word = 1; i < words.length; i++) {
    word = Math.imul(word, 1_664_525) + 1_013_904_223;
    words[i] = word;
  }
  return Buffer.from(words.buffer, 0, bytes);
}

let root: string;
let store: DirectoryStore;
const big = content(BIG_BYTES);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "porthole-direct-"));
  store = createDirectoryStore({ root });
  writeFileSync(join(root, "big"), big);
  await store.swept;
});

afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

it("tells whether it is on", async () => {
  await using on = await serveFtp({ store });
  await using off = await serveFtp({ store, accelerator: false });
  expect(on.server.accelerator).toBe(accelerator().text);
  expect(off.server.accelerator).toBe("off by option");
});

/** Takes some bytes and then no more. */
async function takeSome(data: Socket, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let taken = 0;
  while (taken < bytes) {
    const chunk = data.read() as Buffer | null;
    if (chunk === null) await once(data, "readable");
    else {
      chunks.push(chunk);
      taken += chunk.length;
    }
  }
  return Buffer.concat(chunks);
}

describe.each([
  ["with the accelerator", true],
  ["without", false],
])("a download %s", (_name, on) => {
  it.each([0, 1, 262_143, 262_144, 262_145, MIB, 3 * MIB + 7, 20 * MIB])("of %i bytes is whole", async (bytes) => {
    await using ftp = await serveFtp({ store, accelerator: on });
    using talk = await FtpTalk.login(ftp.port);
    writeFileSync(join(root, "file"), big.subarray(0, bytes));
    expect((await talk.retrieve("RETR file")).equals(big.subarray(0, bytes))).toBe(true);
    const start = Math.floor(bytes / 3);
    await talk.ask(`REST ${start}`, 350);
    expect((await talk.retrieve("RETR file")).equals(big.subarray(start, bytes))).toBe(true);
  });

  it("is whole for a client that reads now and then, and for the smallest buffer", async () => {
    await using ftp = await serveFtp({ store, accelerator: on, buffsize: 512 });
    using talk = await FtpTalk.login(ftp.port);
    writeFileSync(join(root, "file"), big.subarray(0, 12 * MIB));
    const data = await talk.data();
    await talk.ask("RETR file", 150);
    const some = await takeSome(data, MIB);
    const rest = await readAll(data);
    expect(Buffer.concat([some, rest]).equals(big.subarray(0, 12 * MIB))).toBe(true);
    await talk.expect(226);
  });

  it("is whole for a client that talks on its data connection", async () => {
    await using ftp = await serveFtp({ store, accelerator: on });
    using talk = await FtpTalk.login(ftp.port);
    using other = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    const received = readAll(data);
    for (let i = 0; i < 40; i++) {
      data.write(Buffer.alloc(65_536, i));
      await other.ask("NOOP", 200);
    }
    expect((await received).equals(big)).toBe(true);
    await talk.expect(226);
  });

  it("in TYPE A is converted", async () => {
    await using ftp = await serveFtp({ store, accelerator: on });
    using talk = await FtpTalk.login(ftp.port);
    writeFileSync(join(root, "text"), "line\n".repeat(100_000));
    await talk.ask("TYPE A", 200);
    expect((await talk.retrieve("RETR text")).toString()).toBe("line\r\n".repeat(100_000));
  });

  it("ends where the file ends that is cut meanwhile", async () => {
    await using ftp = await serveFtp({ store, accelerator: on });
    using talk = await FtpTalk.login(ftp.port);
    writeFileSync(join(root, "cut"), big);
    const data = await talk.data();
    await talk.ask("RETR cut", 150);
    const some = await takeSome(data, MIB);
    truncateSync(join(root, "cut"), 0);
    const received = Buffer.concat([some, await readAll(data)]);
    expect(received.length).toBeLessThan(BIG_BYTES);
    expect(received.equals(big.subarray(0, received.length))).toBe(true);
    await talk.expect(226);
    await talk.ask("NOOP", 200);
  });

  it("is aborted in the middle, and others are served at the same time", async () => {
    await using ftp = await serveFtp({ store, accelerator: on });
    using talk = await FtpTalk.login(ftp.port);
    using other = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    await takeSome(data, 1000);
    expect((await other.retrieve("RETR big")).equals(big)).toBe(true);
    talk.send("ABOR");
    await talk.expect(426);
    await talk.expect(226);
    expect((await talk.retrieve("RETR big")).equals(big)).toBe(true);
  });

  it("is told as lost when the client resets it", async () => {
    await using ftp = await serveFtp({ store, accelerator: on });
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    await takeSome(data, 1000);
    reset(data);
    await talk.expect(426);
    await talk.ask("NOOP", 200);
  });

  it("is cut when the client takes nothing for too long", async () => {
    await using ftp = await serveFtp({ store, accelerator: on, stallTimeout: 1 });
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    data.pause();
    await talk.expect(426);
  });
});

it("a download over TLS is encrypted all the same", async () => {
  const tls = await keepSelfSigned(join(root, "tls"));
  await using ftp = await serveFtp({ store, tls });
  using talk = await FtpTalk.loginSecurely(ftp.port);
  const plain = await talk.data();
  await talk.ask("RETR big", 150);
  const data = connect({ socket: plain, rejectUnauthorized: false });
  expect((await readAll(data)).equals(big)).toBe(true);
  await talk.expect(226);
});
