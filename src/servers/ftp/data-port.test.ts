import { expect, it } from "vitest";
import { Arrivals } from "../arrivals.ts";
import { BufferPool } from "./buffers.ts";
import { CipherThreads } from "./cipher/cipher-threads.ts";
import { DataPort } from "./data-port.ts";

function dataPort(localAddress: string): DataPort {
  return new DataPort({
    localAddress,
    peerAddress: "127.0.0.1",
    arrivals: new Arrivals([]),
    ports: undefined,
    reuse: true,
    connectMs: 1_000,
    announcedHost: async () => undefined,
    reuseRequired: false,
    ciphers: new CipherThreads({
      mostThreads: 0,
      pool: new BufferPool(),
      buffsizeBytes: 65_536,
      calls: () => undefined,
      troubled: () => {},
    }),
  });
}

it("listens where the client came to", async () => {
  const port = dataPort("127.0.0.1");
  expect(await port.listen(true)).toMatchObject({ host: "127.0.0.1" });
  expect(port.state).toBe(1);
  port.reset();
});

it.each([true, false])("does not listen everywhere for a client that is gone (extended: %s)", async (extended) => {
  const port = dataPort("");
  expect(await port.listen(extended)).toBeUndefined();
  expect(port.state).toBe(0);
});
