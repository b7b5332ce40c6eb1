import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { LIMITS } from "../../contracts/limits.ts";
import { createTelnetEngine } from "../../protocol/telnet/engine.ts";
import { Output } from "./output.ts";

const FULL_BYTES = LIMITS.telnetOutputBufferBytes.value;
const PIECE_BYTES = 1_000;

it("holds so much for a client that does not read, and then asks to wait; nothing is lost", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as { port: number }).port, "127.0.0.1");
  const [socket] = (await once(server, "connection")) as [Socket];
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  client.pause();
  const output = new Output(socket, createTelnetEngine({ us: [], him: [] }), () => {});
  let written = 0;
  let asked: Promise<void> | undefined;
  while (asked === undefined) {
    output.write(Buffer.alloc(PIECE_BYTES, "x"));
    written += PIECE_BYTES;
    asked = output.room();
    if (written % (PIECE_BYTES * 16) === 0) await new Promise((resolve) => setImmediate(resolve)); // the system takes some
  }
  expect(output.pendingBytes).toBeGreaterThanOrEqual(FULL_BYTES);
  expect(output.pendingBytes).toBeLessThan(FULL_BYTES + 2 * PIECE_BYTES);
  let received = 0;
  client.on("data", (chunk) => {
    received += chunk.length;
  });
  client.pause();
  expect(output.room()).toBe(asked); // still
  client.resume();
  await asked;
  while (received < written) await wait(1);
  expect(received).toBe(written);
  expect(output.pendingBytes).toBe(0);
});
