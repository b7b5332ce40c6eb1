import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { readCertificate } from "../owner-files/certificate.ts";
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
    const server = createServer((socket: Socket) =>
      secureSocket(socket, context, 10_000, () => {}).end("hello"),
    ).listen(0);
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
  const server = createServer((socket: Socket) =>
    secureSocket(socket, identity, 10_000, () => {}).on("error", () => {}),
  ).listen(0);
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

it.each([
  [0o644, true],
  [0o604, true],
  [0o660, true],
  [0o640, false],
  [0o600, false],
])("a key of mode %o is used, and its owner is told when others may have it", async (mode, told) => {
  const directory = await mkdtemp(join(tmpdir(), "porthole-key-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await readCertificate({ selfSignedIn: directory });
  const cert = join(directory, "self-signed.pem");
  const key = join(directory, "key.pem");
  await writeFile(key, await readFile(cert));
  await chmod(key, mode);
  const place = { cert, key };
  const settings = { place, required: false, implicit: false, reloadMs: 0, sessionReuse: "offered" } as const;
  const messages: string[] = [];
  const identity = await TlsIdentity.open(settings, (event) => {
    if (event.type === "error") messages.push(event.message);
  });
  onTestFinished(() => identity.close());
  const shown = mode.toString(8);
  const warning = `the key ${key}: its mode is ${shown}, so others may read it or change it; chmod 600 it`;
  expect(messages).toEqual(told ? [warning] : []);
});
