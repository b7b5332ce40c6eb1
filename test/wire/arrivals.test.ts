/**
 * Who may come and who is taken for whom: strangers, crowds and proxies.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as secureConnect } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, namesIn, openData, putFile, readAll, serveFtp } from "./ftp.ts";
import { connectRaw, type RawClient } from "./raw-client.ts";
import { startTelnet } from "./telnet-fixture.ts";

const STRANGERS: readonly (readonly [string, string])[] = [
  [
    "an HTTP request",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\nUSER micro\r\nPASS python\r\nmicro\r\npython\r\n",
  ],
  ["a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\nmicro\r\npython\r\nUSER micro\r\nPASS python\r\n"],
  ["an SSH banner", "SSH-2.0-OpenSSH_9.6\r\nmicro\r\npython\r\nUSER micro\r\nPASS python\r\n"],
];

/** Clients of one test, gone before its server closes. */
class Clients implements Disposable {
  readonly #clients: RawClient[] = [];

  async open(port: number): Promise<RawClient> {
    const client = await connectRaw(port);
    this.#clients.push(client);
    return client;
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#clients) socket.destroy();
  }
}

describe("another protocol on the port is closed at once", () => {
  it.each(STRANGERS)("%s on the Telnet port", async (_, text) => {
    const telnet = await startTelnet();
    const client = await telnet.connect();
    client.send(text);
    await client.closed();
    expect((await telnet.event("refused")).reason).toMatch(/^spoke (HTTP|TLS|SSH)$/);
    expect(telnet.told).not.toContain("logged-in");
    expect(telnet.told).not.toContain("login-failed");
  });

  it.each(STRANGERS)("%s on the FTP port", async (_, text) => {
    await using ftp = await serveFtp();
    using clients = new Clients();
    const client = await clients.open(ftp.port);
    client.send(text);
    await client.closed();
    await until(() => ftp.server.sessions().length === 0);
    expect(ftp.events.some(({ type }) => type === "logged-in" || type === "login-failed")).toBe(false);
    expect(client.received).not.toMatch(/^(230|331|530)/m);
  });
});

describe("another protocol within TLS is closed at once", () => {
  it.each(STRANGERS)("%s on implicit FTPS and telnets, as a redirected browser would send it", async (_, text) => {
    const directory = await mkdtemp(join(tmpdir(), "porthole-strangers-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const tls = { selfSigned: directory };
    await using ftp = await serveFtp({ tls: { ...tls, implicit: true } });
    const telnet = await startTelnet({ tls });
    for (const { port, events } of [ftp, telnet]) {
      const socket = secureConnect({ port, host: "127.0.0.1", rejectUnauthorized: false });
      socket.on("error", () => {});
      let received = "";
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
      });
      await once(socket, "secureConnect");
      const closed = once(socket, "close");
      socket.write(Buffer.from(text, "latin1"));
      await closed;
      await until(() => events.some(({ type }) => type === "left" || type === "refused"));
      expect(events.some(({ type }) => type === "logged-in" || type === "login-failed")).toBe(false);
      expect(received).not.toMatch(/^(230|331|530)|Password:/m);
    }
  });
});

describe("an upgrade", () => {
  it("carries nothing over: a plain login before AUTH TLS, and plain bytes sent with the hello, count for nothing", async () => {
    const directory = await mkdtemp(join(tmpdir(), "porthole-strangers-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await using ftp = await serveFtp({ tls: { selfSigned: directory } });
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.login(ftp.port);
    await talk.ask("RNFR file", 350);
    await talk.ask("REST 3", 350);
    const early = await talk.data();
    talk.socket.write("AUTH TLS\r\nRNTO stolen\r\nDELE file\r\n");
    await talk.expect(234);
    expect((await readAll(early).catch(() => Buffer.alloc(0))).length).toBe(0);
    await talk.secure();
    await talk.ask("USER micro", 331);
    await talk.ask("PASS python", 230);
    await talk.ask("RNTO stolen", 503);
    await talk.ask("RETR file", 425); // the plain data connection is forgotten too
    expect(await namesIn(ftp.store)).toEqual(["file"]);
  });
});

describe("connections from one address", () => {
  it("are bounded over FTP: the next is told 421", async () => {
    await using ftp = await serveFtp({
      maxClients: 4,
      maxClientsPerAddress: 2,
      allowDefaultPassword: true,
      proxies: ["127.0.0.1"],
    });
    using clients = new Clients();
    const from = async (address: string) => {
      const client = await clients.open(ftp.port);
      client.send(`PROXY TCP4 ${address} 127.0.0.1 5000 21\r\n`);
      return client;
    };
    for (let count = 0; count < 2; count++) await (await from("192.0.2.1")).until("220 ");
    expect(await (await from("192.0.2.1")).until("\r\n")).toMatch(/^421 .*2 clients from this address/);
    await (await from("192.0.2.2")).until("220 ");
  });

  it("that have not logged in make room over FTP for who has fewer, the oldest first", async () => {
    await using ftp = await serveFtp({
      maxClients: 4,
      maxClientsPerAddress: 3,
      allowDefaultPassword: true,
      proxies: ["127.0.0.1"],
    });
    using clients = new Clients();
    const from = async (address: string, answer = "220 ") => {
      const client = await clients.open(ftp.port);
      client.send(`PROXY TCP4 ${address} 127.0.0.1 5000 21\r\n`);
      await client.until(answer);
      return client;
    };
    const enter = async (client: RawClient) => {
      client.type("USER micro\r\nPASS python\r\n");
      await client.until("230 ");
    };
    const user = await from("203.0.113.66"); // of the same address, and logged in
    await enter(user);
    const crowd = [await from("203.0.113.66"), await from("203.0.113.66")] as const;
    const other = await from("203.0.113.67");
    const honest = await from("192.0.2.1");
    await crowd[0].closed();
    await enter(honest);
    // Now nobody has two that have not logged in: the next one is told so.
    await from("192.0.2.2", "421 ");
    await from("203.0.113.66", "421 ");
    for (const client of [user, honest]) {
      client.type("NOOP\r\n");
      await client.until("200 ");
    }
    for (const client of [crowd[1], other]) await enter(client);
    await until(() => ftp.server.sessions().length === 4);
  });

  it("are bounded over FTP when nothing is said", async () => {
    await using ftp = await serveFtp();
    using clients = new Clients();
    for (let count = 0; count < LIMITS.ftpConnectionsPerAddress.value; count++) {
      await (await clients.open(ftp.port)).until("220 ");
    }
    await (await clients.open(ftp.port)).until("421 ");
  });

  it("are bounded over Telnet", async () => {
    const telnet = await startTelnet({ maxClientsPerAddress: 2 });
    const first = await telnet.connect();
    await first.until("Login as: ");
    await (await telnet.connect()).until("Login as: ");
    const third = await telnet.connect();
    await third.until("Too many connections");
    await third.closed();
    first.socket.destroy();
    await telnet.event("left");
    await (await telnet.connect()).until("Login as: ");
  });

  it("push out only their own when too many have not logged in", async () => {
    const telnet = await startTelnet({ allowDefaultPassword: true, proxies: ["127.0.0.0/8"] });
    const from = async (address: string) => {
      const client = await telnet.connect();
      client.send(`PROXY TCP4 ${address} 127.0.0.1 5000 23\r\n`);
      await client.until("Login as: ");
      return client;
    };
    const honest = await from("192.0.2.1");
    for (let count = 0; count < LIMITS.telnetHalfOpenConnections.value + 3; count++) await from("192.0.2.66");
    expect((await telnet.event("refused", 4)).address).toBe("192.0.2.66");
    honest.type("micro\r\n");
    await honest.until("Password: ");
    honest.type("python\r\n");
    await honest.until(">>> ");
  });
});

const V2 = "\r\n\r\n\0\r\nQUIT\n";

describe("the PROXY header of a named proxy", () => {
  it.each([
    ["version 1", "PROXY TCP4 203.0.113.9 127.0.0.1 40000 21\r\n", "203.0.113.9"],
    ["version 1 over IPv6", "PROXY TCP6 2001:db8::9 ::1 40000 21\r\n", "2001:db8::9"],
    ["version 2", `${V2}\x21\x11\x00\x0c\xcb\x00\x71\x09\x7f\x00\x00\x01\x9c\x40\x00\x15`, "203.0.113.9"],
    ["a health check", `${V2}\x20\x00\x00\x00`, "127.0.0.1"],
  ])("%s says who comes, before the greeting, in one packet or many", async (_, header, address) => {
    await using ftp = await serveFtp({ allowDefaultPassword: true, proxies: ["127.0.0.1"] });
    using clients = new Clients();
    const telnet = await startTelnet({ allowDefaultPassword: true, proxies: ["127.0.0.1"] });
    for (const port of [ftp.port, telnet.port]) {
      const whole = await clients.open(port);
      whole.send(header);
      await whole.until(/220 |Login as: /);
      expect(whole.received).toMatch(port === ftp.port ? /^220 / : /^\xff/);
      const cut = await clients.open(port);
      for (const octet of header) {
        cut.send(octet);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await cut.until(/220 |Login as: /);
    }
    const came = [...ftp.events, ...telnet.events].flatMap((event) =>
      event.type === "connected" ? [event.address] : [],
    );
    expect(came).toEqual([address, address, address, address]);
  });

  it("may be followed by the client's first bytes at once", async () => {
    await using ftp = await serveFtp({ allowDefaultPassword: true, proxies: ["127.0.0.1"] });
    using clients = new Clients();
    const client = await clients.open(ftp.port);
    client.send("PROXY TCP4 203.0.113.9 127.0.0.1 40000 21\r\nUSER micro\r\nPASS python\r\n");
    await client.until("230 ");
    expect(ftp.server.sessions()[0]?.address).toBe("203.0.113.9");
  });

  it("comes before TLS", async () => {
    const { keepSelfSigned } = await import("../../src/owner-files/self-signed.ts");
    const tls = await keepSelfSigned(await mkdtemp("/tmp/porthole-proxy-"));
    await using ftp = await serveFtp({
      allowDefaultPassword: true,
      proxies: ["127.0.0.1"],
      tls: { ...tls, implicit: true },
    });
    using talk = await FtpTalk.open(ftp.port);
    talk.socket.write("PROXY TCP4 203.0.113.9 127.0.0.1 40000 21\r\n");
    await talk.secure();
    await talk.expect(220);
    expect(ftp.server.sessions()[0]?.address).toBe("203.0.113.9");
  });

  it("is awaited for a while only, and a wrong one closes", async () => {
    await using ftp = await serveFtp({ allowDefaultPassword: true, proxies: ["127.0.0.1"] });
    using clients = new Clients();
    const silent = await clients.open(ftp.port);
    for (const wrong of ["USER micro\r\n", "PROXY TCP4 999.0.0.1 1.1.1.1 1 1\r\n", `${V2}\x31\x11\x00\x0c`]) {
      const client = await clients.open(ftp.port);
      client.send(wrong);
      await client.closed();
      expect(client.received).toBe("");
    }
    await silent.closed();
    expect(ftp.events.filter(({ type }) => type === "connected")).toEqual([]);
  });

  it("is awaited of so many connections and no more", async () => {
    await using ftp = await serveFtp({ allowDefaultPassword: true, proxies: ["127.0.0.1"] });
    const open: ReturnType<typeof connect>[] = [];
    let closed = 0;
    for (let count = 0; count < LIMITS.proxyHeadersAwaited.value + 20; count++) {
      const socket = connect(ftp.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.on("close", () => closed++);
      open.push(socket);
    }
    await until(() => closed >= 20);
    for (const socket of open) socket.destroy();
  });

  it("is no more than wrong bytes from anybody else", async () => {
    await using ftp = await serveFtp({ proxies: ["192.0.2.0/24"] });
    using clients = new Clients();
    const client = await clients.open(ftp.port);
    client.send("PROXY TCP4 203.0.113.9 127.0.0.1 40000 21\r\n");
    await client.until("500 ");
    expect(ftp.server.sessions()[0]?.address).toBe("127.0.0.1");
  });

  it("is read on passive connections too, and only the same client's are taken", async () => {
    await using ftp = await serveFtp({ allowDefaultPassword: true, proxies: ["127.0.0.1"] });
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.open(ftp.port);
    talk.socket.write("PROXY TCP4 203.0.113.9 127.0.0.1 40000 21\r\n");
    await talk.expect(220);
    await talk.ask("USER micro", 331);
    await talk.ask("PASS python", 230);
    const port = await talk.passivePort();
    const thief = await openData(port);
    thief.write("PROXY TCP4 203.0.113.66 127.0.0.1 40000 21\r\n");
    const own = await openData(port);
    own.write("PROXY TCP4 203.0.113.9 127.0.0.1 40001 21\r\n");
    await talk.ask("RETR file", 150);
    expect((await readAll(own)).toString()).toBe("content");
    expect((await readAll(thief).catch(() => Buffer.alloc(0))).length).toBe(0);
    await talk.expect(226);
  });

  it("does not open protected mode: the default password stays for this machine", async () => {
    await using ftp = await serveFtp({ proxies: ["127.0.0.1"] });
    using clients = new Clients();
    const telnet = await startTelnet({ proxies: ["127.0.0.1"] });
    for (const port of [ftp.port, telnet.port]) {
      const client = await clients.open(port);
      client.send("PROXY TCP4 203.0.113.9 127.0.0.1 40000 21\r\n");
      await client.closed();
      expect(client.received).not.toContain("220 ");
    }
    expect((await telnet.event("refused")).reason).toContain("protected mode");
  });

  it.each([
    ["UNKNOWN", "PROXY UNKNOWN\r\n"],
    ["no family", "\r\n\r\n\0\r\nQUIT\n\x21\0\0\0"],
    ["a Unix socket", "\r\n\r\n\0\r\nQUIT\n\x21\x31\0\0"],
  ])("that can't say where the client is (%s) does not make it one of this machine", async (_, header) => {
    await using ftp = await serveFtp({ proxies: ["127.0.0.1"] });
    using clients = new Clients();
    const telnet = await startTelnet({ proxies: ["127.0.0.1"] });
    for (const port of [ftp.port, telnet.port]) {
      const client = await clients.open(port);
      client.send(header);
      await client.closed();
      expect(client.received).not.toContain("220 ");
    }
    expect((await telnet.event("refused")).reason).toContain("protected mode");
  });

  it("of the proxy's own check (LOCAL) leaves it where it is", async () => {
    await using ftp = await serveFtp({ proxies: ["127.0.0.1"] });
    using clients = new Clients();
    const client = await clients.open(ftp.port);
    client.send("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
    await client.until("220 ");
  });

  it("comes from addresses and networks only", async () => {
    for (const proxies of [["proxy.example"], ["10.0.0.0/33"], ["10.0.0.0/8/1"], ["::/129"], [""]]) {
      await expect(serveFtp({ proxies })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
    }
  });
});
