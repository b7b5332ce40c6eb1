import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { secureSocket, type TlsContext, TlsIdentity } from "./tls.ts";

const HOUR = 3_600_000;

it.each(["TLSv1.2", "TLSv1.3"] as const)(
  "keys of tickets are renewed after twelve hours, for new control connections (%s)",
  async (version) => {
    const directory = await mkdtemp(join(tmpdir(), "porthole-tickets-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const place = { selfSignedIn: directory };
    const settings = { place, required: false, implicit: false, reloadMs: 0, sessionReuse: "offered" } as const;
    let nowMs = 0;
    const identity = await TlsIdentity.open(
      settings,
      () => {},
      () => nowMs,
    );
    let context: TlsContext = identity;
    const server = createServer((socket: Socket) => secureSocket(socket, context, 10_000).end("hello")).listen(0);
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const visit = async (session?: Buffer): Promise<{ reused: boolean; ticket: Buffer }> => {
      const socket = connect({
        port,
        host: "127.0.0.1",
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        ...(session === undefined ? {} : { session }),
      });
      let ticket = Buffer.alloc(0);
      socket.on("session", (given) => {
        ticket = given;
      });
      const ended = once(socket, "end");
      await once(socket, "secureConnect");
      const reused = socket.isSessionReused();
      socket.resume();
      await ended;
      socket.destroy();
      return { reused, ticket };
    };
    const controlConnection = identity.forSession();
    const { ticket } = await visit();
    expect((await visit(ticket)).reused).toBe(true);
    nowMs = 12 * HOUR;
    expect((await visit(ticket)).reused).toBe(false);
    const { ticket: next } = await visit();
    nowMs = 24 * HOUR - 1;
    expect((await visit(next)).reused).toBe(true);
    // Who was in before that may go on with its session.
    context = controlConnection;
    expect((await visit(ticket)).reused).toBe(true);
    identity.close();
  },
);

it("renegotiation is refused", async () => {
  const directory = await mkdtemp(join(tmpdir(), "porthole-renegotiation-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const place = { selfSignedIn: directory };
  const settings = { place, required: false, implicit: false, reloadMs: 0, sessionReuse: "offered" } as const;
  const identity = await TlsIdentity.open(settings, () => {});
  const server = createServer((socket: Socket) => secureSocket(socket, identity, 10_000).on("error", () => {})).listen(
    0,
  );
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" });
  await once(socket, "secureConnect");
  const failed = new Promise<Error>((resolve) => socket.once("error", resolve));
  socket.renegotiate({ rejectUnauthorized: false }, () => {});
  expect((await failed).message).toMatch(/no.renegotiation/i);
  socket.destroy();
  identity.close();
});
