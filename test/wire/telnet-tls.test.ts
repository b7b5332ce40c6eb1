/**
 * Telnet over TLS: the whole port, from the first byte.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepSelfSigned } from "../../src/owner-files/self-signed.ts";
import { until } from "../tasks/until.ts";
import { clientIt } from "./clients.ts";
import { startTelnet, startTelnetStill } from "./telnet-fixture.ts";
import { spawnTerminal } from "./terminal.ts";

let directory: string;
let tls: { cert: string; key: string };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "porthole-telnets-"));
  tls = await keepSelfSigned(directory);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Connects and keeps what comes. */
async function connectSecurely(port: number, maxVersion?: "TLSv1.2") {
  const socket = connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...(maxVersion === undefined ? {} : { maxVersion }),
  });
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  const see = (text: string) => until(() => received.includes(text));
  return { socket, see };
}

describe("telnets", () => {
  it.each([undefined, "TLSv1.2"] as const)("carries a login and a session (%s)", async (maxVersion) => {
    const telnet = await startTelnet({ tls });
    const { socket, see } = await connectSecurely(telnet.port, maxVersion);
    await see("Login as: ");
    socket.write("micro\r\n");
    await see("Password: ");
    socket.write("python\r\n");
    await see(">>> ");
    socket.write("20 + 22\r\n");
    await see("42");
    expect(socket.getPeerCertificate().fingerprint256).toBe((await telnet.event("certificate")).fingerprint);
    expect((await telnet.event("logged-in")).address).toBe("127.0.0.1");
    const ended = once(socket, "end"); // close_notify, not only FIN
    await telnet.server.close();
    await ended;
  });

  it("closes a connection that is not TLS, without a prompt", async () => {
    const telnet = await startTelnet({ tls });
    const client = await telnet.connect();
    client.type("micro\r\npython\r\n");
    await client.closed();
    expect(client.received).not.toContain("Login");
    await telnet.event("left");
    expect(telnet.told).not.toContain("logged-in");
  });

  // On a clock that stands still it's the handshake that is waited for too long, on the other one either of the two.
  it.each([
    ["handshake", startTelnetStill],
    ["login", startTelnet],
  ] as const)("takes one who never says hello for one who does not log in (%s)", async (_, start) => {
    const telnet = await start({ tls, loginTimeout: 1 });
    const client = await telnet.connect();
    await client.closed();
    expect((await telnet.event("left")).reason).toBe("timeout");
  });

  it("shows a new certificate without a restart", async () => {
    const files = { cert: join(directory, "cert.pem"), key: join(directory, "key.pem") };
    await Promise.all([writeFile(files.cert, tls.cert), writeFile(files.key, tls.key)]);
    const telnet = await startTelnet({ tls: { ...files, reloadSeconds: 1 } });
    const other = await keepSelfSigned(join(directory, "other"));
    await Promise.all([writeFile(files.cert, other.cert), writeFile(files.key, other.key)]);
    const { fingerprint } = await telnet.event("certificate", 2);
    const { socket } = await connectSecurely(telnet.port);
    expect(socket.getPeerCertificate().fingerprint256).toBe(fingerprint);
    socket.destroy();
  });

  it("does not listen with a certificate that cannot be read", async () => {
    await expect(startTelnet({ tls: { cert: join(directory, "nowhere"), key: tls.key } })).rejects.toMatchObject({
      code: "PORTHOLE_ERR_CERTIFICATE",
    });
  });
});

describe("real clients over TLS", () => {
  clientIt("telnet-ssl -z ssl", "telnet-ssl", async (client) => {
    const telnet = await startTelnet({ tls });
    const terminal = spawnTerminal(client, ["-z", "ssl", "-z", "verify=0", "127.0.0.1", String(telnet.port)]);
    await terminal.waitForScreen("Login as: ");
    await terminal.waitForMode("keys");
    await terminal.typeSlowly("micro\r");
    await terminal.waitForScreen("Password: ");
    await terminal.typeSlowly("python\r");
    await terminal.waitForScreen(">>> ");
    await terminal.typeSlowly("20 + 22\r");
    await terminal.waitForScreen("42");
    await terminal.kill();
  });

  clientIt("openssl s_client", "openssl", async (openssl) => {
    const telnet = await startTelnet({ tls });
    const child = spawn(openssl, ["s_client", "-quiet", "-connect", `127.0.0.1:${telnet.port}`]);
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk.toString("latin1");
    });
    await until(() => output.includes("Login as: "));
    child.stdin.write("micro\n");
    await until(() => output.includes("Password: "));
    child.stdin.write("python\n");
    await until(() => output.includes(">>> "));
    child.kill();
    await telnet.event("left");
  });
});
