/**
 * The server as an object: where it listens, what it tells, how it ends.
 */
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { hashPassword } from "../../src/index.ts";
import { createTelnetServer } from "../../src/servers/telnet/server.ts";
import { createLineRepl } from "./line-repl.ts";
import { connectRaw } from "./raw-client.ts";
import { startTelnet } from "./telnet-fixture.ts";

/** What a connection attempt comes to. */
function tryConnect(port: number, host = "127.0.0.1"): Promise<"connected" | string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.on("connect", () => {
      socket.destroy();
      resolve("connected");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "?"));
  });
}

const outerAddress = Object.values(networkInterfaces())
  .flat()
  .find((address) => address !== undefined && !address.internal && address.family === "IPv4")?.address;

it("state, addresses and events over a life", async () => {
  const telnet = await startTelnet();
  const { server } = telnet;
  const address = `127.0.0.1:${telnet.port}`;
  expect([server.state, server.addresses]).toEqual([2, [address]]);
  const client = await telnet.connect();
  await client.until("Login as: ");
  expect(server.state).toBe(3);
  await client.answer();
  await client.until(">>> ");
  expect([server.state, server.user?.user]).toEqual([4, "micro"]);
  expect(server.pause()).toBe(false);
  expect(await server.close({ force: false })).toBe(false);
  expect(server.state).toBe(4);
  expect(server.pause({ force: true })).toBe(true);
  await client.until("\r\n[Telnet] Server stopped\r\n");
  await client.closed();
  expect([server.state, server.addresses]).toEqual([0, []]);
  expect(await tryConnect(telnet.port)).toBe("ECONNREFUSED");
  expect(await server.resume()).toBe(true);
  expect(await server.resume()).toBe(false);
  expect([server.state, server.addresses]).toEqual([2, [address]]);
  await telnet.enter();
  expect(await server.close()).toBe(true);
  expect([server.state, server.addresses, server.user]).toEqual([-1, [], undefined]);
  expect(telnet.repl.closed).toEqual(["stopped", "stopped"]);
  expect(telnet.told).toEqual([
    "listening",
    "connected",
    "logged-in",
    "left",
    "listening",
    "connected",
    "logged-in",
    "left",
    "closed",
  ]);
});

it("a closed server may listen again, a listening one may not", async () => {
  const telnet = await startTelnet();
  await expect(telnet.server.listen()).rejects.toMatchObject({ code: "PORTHOLE_ERR_STATE" });
  await telnet.server.close();
  await telnet.server.close();
  const { port } = await telnet.server.listen({ port: 0 });
  const client = await connectRaw(port);
  await client.until("Login as: ");
  client.socket.destroy();
});

it("a busy port is told, and nothing is left listening", async () => {
  const telnet = await startTelnet();
  const second = createTelnetServer({ repl: createLineRepl(), port: telnet.port });
  await expect(second.listen()).rejects.toMatchObject({ code: "PORTHOLE_ERR_ADDRESS_IN_USE" });
  expect(second.state).toBe(-1);
  expect(await second.listen({ port: 0 })).toMatchObject({ host: "127.0.0.1" });
  await expect(second.setCredentials({ user: "", password: "x" })).rejects.toThrow(RangeError);
  await second.close();
});

it("await using closes; a signal closes", async () => {
  const repl = createLineRepl();
  let port: number;
  {
    await using server = createTelnetServer({ repl, port: 0 });
    port = (await server.listen()).port;
    expect(await tryConnect(port)).toBe("connected");
  }
  expect(await tryConnect(port)).toBe("ECONNREFUSED");

  const stop = new AbortController();
  const server = createTelnetServer({ repl, port: 0 });
  const closed = new Promise<void>((resolve) => void server.on("closed", () => resolve()));
  await server.listen({ signal: stop.signal });
  stop.abort();
  await closed;
  expect(server.state).toBe(-1);
  await expect(server.listen({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
  expect(server.state).toBe(-1);
});

it("closing does not wait for a client that does not close", async () => {
  const telnet = await startTelnet();
  const client = await telnet.enter(); // it keeps its side open
  client.socket.pause();
  client.send("flood 100000000\r");
  await telnet.event("logged-in");
  await telnet.server.close();
  expect(telnet.server.state).toBe(-1);
});

describe("protected mode", () => {
  it.skipIf(outerAddress === undefined)("with the default password other machines cannot connect", async () => {
    const telnet = await startTelnet({ host: "0.0.0.0" });
    expect(telnet.server.addresses).toEqual([`127.0.0.1:${telnet.port}`]);
    expect(telnet.events[0]).toEqual({ type: "protected", askedHost: "0.0.0.0", host: "127.0.0.1" });
    expect(await tryConnect(telnet.port, outerAddress)).toBe("ECONNREFUSED");

    // An own password opens the same port, at once.
    await telnet.server.setCredentials({ user: "micro", password: "an own one" });
    expect(telnet.server.addresses).toEqual([`0.0.0.0:${telnet.port}`]);
    const client = await connectRaw(telnet.port, outerAddress);
    onTestFinished(() => void client.socket.destroy());
    await client.login("micro", "an own one");
    await client.until(">>> ");

    // And the default one closes it again; who is in stays.
    await telnet.server.setCredentials({ user: "micro", password: "python" });
    expect(await tryConnect(telnet.port, outerAddress)).toBe("ECONNREFUSED");
    client.send("1+1\r");
    await client.until("\r\n2\r\n");
  });

  it("is off when the program says so, or has a check of its own", async () => {
    const allowed = await startTelnet({ host: "0.0.0.0", allowDefaultPassword: true });
    expect(allowed.server.addresses).toEqual([`0.0.0.0:${allowed.port}`]);
    const own = await startTelnet({ host: "0.0.0.0", authenticate: async () => undefined });
    expect(own.server.addresses).toEqual([`0.0.0.0:${own.port}`]);
    expect(own.told).toEqual(["listening"]);
  });
});

it("new credentials count from the next login on", async () => {
  const telnet = await startTelnet();
  const first = await telnet.enter();
  await telnet.server.setCredentials({ user: "ada", password: "lovelace" });
  first.send("1+1\r");
  await first.until("\r\n2\r\n>>> ");
  first.send("exit\r");
  await first.closed();
  const second = await telnet.connect();
  await second.login("micro", "python");
  await second.until("Invalid");
  await second.login("ada", "lovelace");
  await second.until(">>> ");
});

it("a check of the program's own; one that fails lets nobody in and is told without the password", async () => {
  const telnet = await startTelnet({
    async authenticate(user, password, peer) {
      if (user === "broken") throw new Error("the directory is down");
      const right = password.reveal() === `${user}!` && peer.service === "telnet" && peer.address === "127.0.0.1";
      return right ? { user, rights: new Set(["prompt"] as const) } : undefined;
    },
  });
  const client = await telnet.connect();
  await client.login("broken", "x");
  await client.until("Invalid");
  expect(await telnet.event("error")).toEqual({ type: "error", message: "the directory is down" });
  await client.login("ada", "ada!");
  await client.until(">>> ");
  expect(telnet.server.user?.user).toBe("ada");
});

it("UTF-8 credentials, typed with corrections", async () => {
  const telnet = await startTelnet({ user: "grüße世界", password: "pässwörd🙂" });
  const client = await telnet.connect();
  await client.login("grüße世x\x7f界", "pässwörx\x7fd🙂");
  await client.until(">>> ");
});

it("a login message of one's own", async () => {
  const telnet = await startTelnet({ loginMessage: "Welcome aboard\nMind the gap" });
  const client = await telnet.connect();
  await client.login();
  await client.until("\r\nWelcome aboard\r\nMind the gap\r\n>>> ");
});

it('limits: "device": while somebody is connected, the next one is refused', async () => {
  const telnet = await startTelnet({ limits: "device" });
  const first = await telnet.connect();
  await first.until("Login as: ");
  expect(await tryConnect(telnet.port)).toBe("ECONNREFUSED");
  expect(telnet.server.addresses).toEqual([`127.0.0.1:${telnet.port}`]);
  first.socket.end();
  await telnet.event("left");
  await expect.poll(() => tryConnect(telnet.port)).toBe("connected");
});

it("a REPL that breaks ends its session and is told; the server goes on", async () => {
  const line = createLineRepl();
  let broken = true;
  const repl = {
    name: "Broken",
    version: "1",
    open: (terminal: Parameters<typeof line.open>[0]) => {
      if (!broken) return line.open(terminal);
      return {
        input() {
          throw new Error("broken input");
        },
        resize: () => undefined,
        interrupt: () => undefined,
        close: () => undefined,
      };
    },
  };
  await using server = createTelnetServer({ repl, port: 0 });
  const errors: string[] = [];
  server.on("error", (event) => errors.push(event.message));
  const { port } = await server.listen();
  const first = await connectRaw(port);
  await first.login();
  await first.until("more information.\r\n");
  first.send("x");
  await first.closed();
  expect(errors).toEqual(["broken input"]);
  broken = false;
  const second = await connectRaw(port);
  await second.login();
  await second.until(">>> ");
  first.socket.destroy();
  second.socket.destroy();
});

it("the prompt is for those only who have the right to it, and the others learn nothing", async () => {
  const hash = await hashPassword("secret");
  const users = [
    { name: "anna", hash, rights: ["read", "prompt"] },
    { name: "bert", hash },
    { name: "carl", hash, rights: "read-only" },
  ] as const;
  const telnet = await startTelnet({ users });
  for (const [name, right] of [
    ["anna", true],
    ["bert", true],
    ["carl", false],
    ["dora", false],
  ] as const) {
    const client = await telnet.connect();
    await client.login(name, "secret");
    await client.until(right ? ">>> " : "Invalid credentials, try again.");
    client.socket.destroy();
    await telnet.event("left", telnet.events.filter(({ type }) => type === "connected").length);
  }
  const failed = telnet.events.flatMap((event) => (event.type === "login-failed" ? [event.user] : []));
  expect(failed).toEqual(["carl", "***"]);
  await expect(startTelnet({ users, password: "x" })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
});
