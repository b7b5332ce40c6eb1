import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { RemoteTerminal, ReplHost } from "../../contracts/repl.ts";
import { openRawServer, type RawServer } from "./server.ts";

const endings: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Sends every byte back, one seat. */
function echo(): ReplHost & { readonly closed: string[]; readonly seated: () => RemoteTerminal | undefined } {
  let seat: RemoteTerminal | undefined;
  const closed: string[] = [];
  return {
    name: "echo",
    version: "1",
    closed,
    seated: () => seat,
    open(terminal) {
      if (seat !== undefined) throw new Error("somebody is at the prompt");
      seat = terminal;
      return {
        input: (bytes) => terminal.write(bytes),
        resize() {},
        interrupt() {},
        close(reason) {
          seat = undefined;
          closed.push(reason);
        },
      };
    },
  };
}

async function client(server: RawServer): Promise<{ socket: Socket; read: () => string; gone: Promise<void> }> {
  const socket = connect(server.port, server.host);
  endings.push(() => void socket.destroy());
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
  });
  const gone = new Promise<void>((closed) => socket.once("close", () => closed()));
  await new Promise((connected) => socket.once("connect", connected));
  return { socket, read: () => text, gone };
}

async function start(repl: ReplHost): Promise<RawServer> {
  const server = await openRawServer({ repl, port: 0 });
  endings.push(() => server.close());
  return server;
}

describe("the raw port", () => {
  it("carries every byte as it is, both ways", async () => {
    const { socket, read } = await client(await start(echo()));
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    socket.write(all);
    await expect.poll(read).toBe(all.toString("latin1"));
  });

  it("seats one at a time, and the next one when the first has gone", async () => {
    const repl = echo();
    const server = await start(repl);
    const first = await client(server);
    await expect.poll(repl.seated).toBeDefined();
    const second = await client(server);
    await second.gone;
    expect(second.read()).toBe("somebody is at the prompt\r\n");
    first.socket.destroy();
    await expect.poll(() => repl.closed).toEqual(["left"]);
    const third = await client(server);
    third.socket.write("x");
    await expect.poll(third.read).toBe("x");
  });

  it("holds no more than the sockets do for a client that does not read", async () => {
    const repl = echo();
    const { socket } = await client(await start(repl));
    await expect.poll(repl.seated).toBeDefined();
    socket.pause();
    let waited = false;
    for (let i = 0; i < 10_000 && !waited; i++) {
      const room = repl.seated()?.write(new Uint8Array(65_536));
      if (room !== undefined) {
        waited = true;
        void room;
      }
    }
    expect(waited).toBe(true);
  });

  it.each(["0.0.0.0", "::", "192.0.2.1", "example.org"])("does not listen on %s", async (host) => {
    await expect(openRawServer({ repl: echo(), host, port: 0 })).rejects.toMatchObject({
      code: "PORTHOLE_ERR_ARGUMENT",
    });
  });
});
