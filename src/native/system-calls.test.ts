import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { constants as osConstants } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { accelerator } from "./accelerator.ts";
import { WOULD_BLOCK } from "./system-calls.ts";

const { calls, text } = accelerator();

it("tells what it is", () => {
  expect(text).toMatch(calls === undefined ? /off|none|koffi/ : /^koffi \d+\./);
});

describe.skipIf(calls === undefined)("send", () => {
  it("gives to a socket only", () => {
    const file = openSync(import.meta.filename, "r");
    expect(calls!.sendBeforeEnd(file, new Uint8Array(1))).toBe(-osConstants.errno.ENOTSOCK);
    closeSync(file);
    expect(calls!.sendBeforeEnd(99_999, new Uint8Array(1))).toBe(-osConstants.errno.EBADF);
  });
});

describe.skipIf(calls === undefined)("a socket", () => {
  /** Both ends of a connection, and our descriptor of one. */
  async function pair() {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
    const [ours] = (await once(server, "connection")) as [Socket];
    ours.on("error", () => {});
    server.close();
    onTestFinished(() => {
      ours.destroy();
      client.destroy();
    });
    return { client, ours, descriptor: (ours as unknown as { readonly _handle: { readonly fd: number } })._handle.fd };
  }
  const arrived = () => new Promise((resolve) => setTimeout(resolve, 20));

  it("gives what has come, then its end", async () => {
    const { client, descriptor } = await pair();
    const target = new Uint8Array(8);
    expect(calls!.receive(descriptor, target)).toBe(WOULD_BLOCK);
    expect([calls!.isQuiet(descriptor), calls!.isBroken(descriptor)]).toEqual([true, false]);
    client.end("abc");
    await arrived();
    expect([calls!.isQuiet(descriptor), calls!.isBroken(descriptor)]).toEqual([false, false]);
    expect(calls!.receive(descriptor, target)).toBe(3);
    expect([...target.subarray(0, 4)]).toEqual([97, 98, 99, 0]);
    expect([calls!.isQuiet(descriptor), calls!.isBroken(descriptor)]).toEqual([false, false]);
    expect(calls!.receive(descriptor, target)).toBe(0);
  });

  it("that was reset is broken, also when that was told", async () => {
    const { client, descriptor } = await pair();
    client.resetAndDestroy();
    await arrived();
    expect([calls!.isQuiet(descriptor), calls!.isBroken(descriptor)]).toEqual([false, true]);
    expect(calls!.receive(descriptor, new Uint8Array(8))).toBe(-osConstants.errno.ECONNRESET);
    expect(calls!.receive(descriptor, new Uint8Array(8))).toBe(0);
    expect([calls!.isQuiet(descriptor), calls!.isBroken(descriptor)]).toEqual([false, true]);
  });

  it("that is broken off leaves no peer waiting for room, also when all that came has been read since", async () => {
    const { client, ours, descriptor } = await pair();
    const failure = once(client, "error");
    client.write(new Uint8Array(67_108_864));
    await arrived();
    const own = calls!.duplicate(descriptor);
    ours.destroy();
    await arrived();
    calls!.breakOff(own);
    const target = new Uint8Array(1_048_576);
    while (calls!.receive(own, target) > 0);
    calls!.close(own);
    expect(await failure).toMatchObject([{ syscall: expect.stringMatching(/read|write/) }]);
  }, 10_000);

  it("that there is none of is neither quiet nor whole", () => {
    expect([calls!.isQuiet(99_999), calls!.isBroken(99_999)]).toEqual([false, true]);
    expect(calls!.receive(99_999, new Uint8Array(1))).toBe(-osConstants.errno.EBADF);
  });
});

describe.skipIf(calls === undefined)("isCached", () => {
  it("is true for what was just read and behind the end, asked often while memory is collected", () => {
    const file = openSync(import.meta.filename, "r");
    readFileSync(file);
    if (calls!.residence(file) === "cache") {
      let garbage: Uint8Array[] = [];
      for (let i = 0; i < 20_000; i++) {
        if (i % 100 === 0) garbage = [];
        garbage.push(new Uint8Array(new ArrayBuffer(64)).fill(i));
        if (!calls!.isCached(file, 0) || !calls!.isCached(file, 10 * 2 ** 30)) throw new Error("not cached");
      }
      expect(garbage.every((part) => part.every((octet) => octet === part[0]))).toBe(true);
    }
    closeSync(file);
  });

  it("is false for a descriptor that is no file", () => {
    expect(calls!.isCached(99_999, 0)).toBe(false);
  });
});
