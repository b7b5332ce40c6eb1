import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { offerAccepted } from "./accepted-connection.ts";
import { controlSocket } from "./control-socket.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
});

/** Connections whose sockets read into the one buffer, and their clients. */
async function pairs(count: number): Promise<{ readonly ours: Socket; readonly client: Socket }[]> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endings.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const made: { readonly ours: Socket; readonly client: Socket }[] = [];
  for (let i = 0; i < count; i++) {
    const accepted = new Promise<Socket>((resolve) => {
      offerAccepted(server, (connection) => {
        const socket = controlSocket(connection);
        if (socket !== undefined) resolve(socket);
        return socket !== undefined;
      });
    });
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const ours = await accepted;
    endings.push(
      () => client.destroy(),
      () => ours.destroy(),
    );
    made.push({ ours, client });
  }
  return made;
}

/** What comes, as text; the next wait goes on behind it. */
function reader(socket: Socket) {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  return async (wanted: string) => {
    while (text.length < wanted.length) await once(socket, "data");
    expect(text).toBe(wanted);
    text = "";
  };
}

describe("sockets that read into one buffer", () => {
  it("tell each what is its own, and the end", async () => {
    const [one, other] = await pairs(2);
    if (one === undefined || other === undefined) throw new Error("no pairs");
    const [read, readOther] = [reader(one.ours), reader(other.ours)];
    one.client.write("first");
    other.client.write("second");
    await Promise.all([read("first"), readOther("second")]);
    one.client.end("x".repeat(200_000));
    await read("x".repeat(200_000));
    await once(one.ours, "end");
    expect(one.ours.bytesRead).toBe(200_005);
    one.ours.end("good-bye");
    let said = "";
    for await (const chunk of one.client) said += chunk;
    expect(said).toBe("good-bye");
  });

  it("read nothing while they are paused", async () => {
    const [pair] = await pairs(1);
    if (pair === undefined) throw new Error("no pair");
    const read = reader(pair.ours);
    pair.client.write("before");
    await read("before");
    pair.ours.pause();
    const told: string[] = [];
    const tell = (chunk: Buffer) => void told.push(chunk.toString());
    pair.ours.on("data", tell);
    pair.client.write("behind");
    await new Promise((resolve) => pair.client.write("", resolve));
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    pair.ours.resume();
    await read("behind");
  });

  it("read on where nobody listens, up to the end", async () => {
    const [pair] = await pairs(1);
    if (pair === undefined) throw new Error("no pair");
    pair.ours.resume();
    for (const part of ["one", "another"]) {
      pair.client.write(part);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(pair.ours.bytesRead).toBe(10);
    pair.client.end();
    await once(pair.ours, "end", { signal: AbortSignal.timeout(1_000) });
  });

  it("tell a reset", async () => {
    const [pair] = await pairs(1);
    pair?.client.resetAndDestroy();
    const [error] = (await once(pair?.ours as Socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });
});
