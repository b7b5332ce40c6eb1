import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type AcceptedConnection, offerAccepted } from "./accepted-connection.ts";
import { BufferPool } from "./buffers.ts";
import { ReceiveRing } from "./receive-ring.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
});

async function listen(): Promise<{ readonly server: Server; call(): Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endings.push(() => server.close());
  return {
    server,
    call() {
      const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
      client.on("error", () => {});
      endings.push(() => client.destroy());
      return client;
    },
  };
}

/** A connection that was accepted, and its client. */
async function accept(): Promise<{ readonly accepted: AcceptedConnection; readonly client: Socket }> {
  const { server, call } = await listen();
  const taken = new Promise<AcceptedConnection>((resolve) => {
    offerAccepted(server, (accepted) => {
      resolve(accepted);
      return true;
    });
  });
  server.on("connection", () => expect.fail("no socket is made of what was taken"));
  const client = call();
  const accepted = await taken;
  endings.push(() => accepted.close());
  return { accepted, client };
}

async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
  });
  socket.resume();
  await once(socket, "end");
  return text;
}

describe("a connection that was accepted", () => {
  it("tells its peer, and closes", async () => {
    const { accepted, client } = await accept();
    expect(accepted.address).toBe("127.0.0.1");
    accepted.close();
    expect(accepted.descriptor).toBeUndefined();
    expect(accepted.address).toBe("");
    expect(await readAll(client)).toBe("");
  });

  it("becomes a socket that is paused and has every byte of both ways", async () => {
    const { accepted, client } = await accept();
    client.end("asked");
    const socket = accepted.toSocket();
    endings.push(() => socket.destroy());
    expect(accepted.descriptor).toBeUndefined();
    await once(client, "finish");
    expect(socket.isPaused()).toBe(true);
    expect(socket.bytesRead).toBe(0);
    expect(await readAll(socket)).toBe("asked");
    socket.end("answered");
    expect(await readAll(client)).toBe("answered");
  });

  it("becomes a closed socket when it was closed", async () => {
    const { accepted } = await accept();
    accepted.close();
    expect(accepted.toSocket().destroyed).toBe(true);
  });

  it("becomes a socket that reads into a ring", async () => {
    const { accepted, client } = await accept();
    const pool = new BufferPool();
    const ring = new ReceiveRing(pool, 65_536);
    let text = "";
    ring.onChunk = (chunk) => {
      text += chunk.toString("latin1");
      ring.free(chunk.length);
    };
    const socket = ring.attach(accepted);
    if (socket === undefined) throw new Error("not attached");
    endings.push(() => socket.destroy());
    client.end("asked");
    socket.resume();
    await once(socket, "end");
    expect(text).toBe("asked");
    ring.release();
    expect(pool.reservedBytes).toBe(0);
  });
});

describe("a listener that offers its connections", () => {
  it("makes sockets of those that are refused", async () => {
    const { server, call } = await listen();
    offerAccepted(server, () => false);
    const client = call();
    const [socket] = (await once(server, "connection")) as [Socket];
    socket.end("as ever");
    expect(await readAll(client)).toBe("as ever");
  });

  it("offers nothing where Node's insides are others", () => {
    const server = createServer(); // it doesn't listen: there is nothing inside
    expect(() => offerAccepted(server, () => true)).not.toThrow();
  });
});
