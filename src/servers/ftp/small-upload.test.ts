import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { StorageError } from "../../contracts/errors.ts";
import type { VirtualPath, WriteHandle } from "../../contracts/store.ts";
import { accelerator } from "../../native/accelerator.ts";
import { type AcceptedConnection, offerAccepted } from "./accepted-connection.ts";
import { BufferPool, LEAST_BUFFER_BYTES } from "./buffers.ts";
import { attachRing } from "./receive-ring.ts";
import { type SmallUpload, smallUpload } from "./small-upload.ts";

const { calls } = accelerator();
const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
});

/** A connection as a passive listener takes it before there is a socket, and its client. */
async function pair(): Promise<{ readonly accepted: AcceptedConnection; readonly client: Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const taken = new Promise<AcceptedConnection>((resolve) => {
    offerAccepted(server, (accepted) => {
      resolve(accepted);
      return true;
    });
  });
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", noDelay: true });
  client.on("error", () => {});
  const accepted = await taken;
  endings.push(
    () => server.close(),
    () => client.destroy(),
    () => accepted.close(),
  );
  return { accepted, client };
}

/** A store's handle that writes at once, later, or not. */
function file(how: "at once" | "later" | "never" = "at once"): { readonly handle: WriteHandle; content(): string } {
  const parts: Buffer[] = [];
  const write = (chunks: readonly Uint8Array[]): undefined | Promise<void> => {
    if (how === "never") throw new StorageError("no-space", "full");
    if (how === "later") return sleep(20).then(() => void parts.push(...chunks.map((chunk) => Buffer.from(chunk))));
    parts.push(...chunks.map((chunk) => Buffer.from(chunk)));
    return undefined;
  };
  const refuse = () => Promise.reject(new Error("not here"));
  const path = "/f" as VirtualPath;
  const handle: WriteHandle = { path, write, openUncommitted: refuse, commit: refuse, abort: refuse };
  return { handle, content: () => Buffer.concat(parts).toString("latin1") };
}

interface Run {
  readonly upload: SmallUpload;
  readonly done: Promise<boolean | "more">;
  readonly pool: BufferPool;
  moved(): number;
}

function receive(accepted: AcceptedConnection, handle: WriteHandle, options: object = {}): Run {
  const upload = smallUpload(accepted, calls);
  if (upload === undefined) throw new Error("there is no way to do without a socket");
  const pool = new BufferPool();
  let bytes = 0;
  const moved = (count: number): void => {
    bytes += count;
  };
  const done = upload.receive(handle, { pool, mostBytes: undefined, keepPart: false, moved, ...options });
  return { upload, done, pool, moved: () => bytes };
}

/** Reads on as an upload does that is not small. */
async function readOn(accepted: AcceptedConnection): Promise<string> {
  const pool = new BufferPool();
  const attached = attachRing(accepted, pool, 262_144);
  if (attached === undefined) throw new Error("not attached");
  const { ring, socket } = attached;
  endings.push(() => socket.destroy());
  let text = "";
  ring.onChunk = (chunk) => {
    text += chunk.toString("latin1");
    ring.free(chunk.length);
  };
  socket.resume();
  await once(socket, "end");
  return text;
}

describe.skipIf(calls === undefined)("a small upload", () => {
  it.each(["at once", "later"] as const)("is received with its end, and written %s", async (how) => {
    for (const length of [0, 1, 4_096, LEAST_BUFFER_BYTES - 1]) {
      const { accepted, client } = await pair();
      const { handle, content } = file(how);
      const { done, pool, moved } = receive(accepted, handle);
      client.end("x".repeat(length));
      expect(await done).toBe(true);
      expect(content()).toBe("x".repeat(length));
      expect([moved(), pool.reservedBytes]).toEqual([length, 0]);
      client.resume();
      accepted.close();
      await once(client, "close");
    }
  });

  it("may come in pieces, before it is asked for and after", async () => {
    const { accepted, client } = await pair();
    client.write("be");
    await sleep(5);
    const { handle, content } = file();
    const { done } = receive(accepted, handle);
    for (const part of ["fore", " and", " after"]) {
      await sleep(5);
      client.write(part);
    }
    client.end();
    expect(await done).toBe(true);
    expect(content()).toBe("before and after");
  });

  it("is not small when it fills the buffer: the rest comes through a socket", async () => {
    for (const length of [LEAST_BUFFER_BYTES, LEAST_BUFFER_BYTES + 1, 3_000_000]) {
      const { accepted, client } = await pair();
      const { handle, content } = file("later");
      const sent = Buffer.alloc(length, "no power of two bytes");
      const { done, pool, moved } = receive(accepted, handle);
      client.end(sent);
      expect(await done).toBe("more");
      expect([moved(), pool.reservedBytes]).toEqual([LEAST_BUFFER_BYTES, 0]);
      expect(content() + (await readOn(accepted)) === sent.toString("latin1")).toBe(true);
    }
  });

  it("is waited for in the ordinary way when it comes slowly, or not at all", async () => {
    for (const first of ["", "a part"]) {
      const { accepted, client } = await pair();
      const { handle, content } = file();
      const { done } = receive(accepted, handle);
      if (first !== "") client.write(first);
      expect(await done).toBe("more");
      expect(content()).toBe(first);
      const reading = readOn(accepted);
      client.write(" and");
      await sleep(20);
      client.end(" more");
      expect(await reading).toBe(" and more");
    }
  });

  it("that is larger than it may be is not written", async () => {
    for (const [length, complete] of [
      [100, true],
      [101, "more"],
      [70_000, "more"],
    ] as const) {
      const { accepted, client } = await pair();
      const { handle, content } = file();
      const { done, moved } = receive(accepted, handle, { mostBytes: 100 });
      client.end("x".repeat(length));
      expect(await done).toBe(complete);
      expect(content()).toBe(complete === true ? "x".repeat(100) : "");
      expect(moved()).toBe(Math.min(length, LEAST_BUFFER_BYTES));
    }
  });

  it.each([false, true])("whose connection is reset has failed; is a part kept: %s", async (keepPart) => {
    for (const delayMs of [0, 10]) {
      const { accepted, client } = await pair();
      const { handle, content } = file();
      const { done, pool } = receive(accepted, handle, { keepPart });
      client.write("a part");
      await sleep(delayMs);
      client.resetAndDestroy();
      expect(await done).toBe(false);
      if (!keepPart) expect(content()).toBe("");
      else if (delayMs > 0) expect(content()).toBe("a part");
      expect(pool.reservedBytes).toBe(0);
    }
  });

  it("that is stopped has failed at once, and reads no more", async () => {
    const { accepted, client } = await pair();
    const { handle, content } = file();
    const { upload, done, pool } = receive(accepted, handle);
    client.write("a part");
    await sleep(10);
    upload.stop();
    expect(await done).toBe(false);
    client.end(" that nobody wants");
    upload.stop();
    await sleep(10);
    expect([content(), pool.reservedBytes]).toEqual(["", 0]);
  });

  it("that the store refuses says why", async () => {
    const { accepted, client } = await pair();
    const { done, pool } = receive(accepted, file("never").handle);
    client.end("too much");
    await expect(done).rejects.toThrow("full");
    expect(pool.reservedBytes).toBe(0);
  });
});

it("there is none without the calls for it, or of a connection that is closed", async () => {
  const { accepted } = await pair();
  expect(smallUpload(accepted, undefined)).toBeUndefined();
  accepted.close();
  expect(smallUpload(accepted, calls)).toBeUndefined();
});
