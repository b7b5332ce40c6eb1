import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { until } from "../tasks/until.ts";
import { FtpTalk, freePort, openData, putFile, readAll, serveFtp } from "./ftp.ts";

function numbersOf(reply: string): { readonly host: string; readonly port: number } {
  const [a, b, c, d, high, low] = /\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)/.exec(reply)!.slice(1).map(Number);
  return { host: `${a}.${b}.${c}.${d}`, port: high! * 256 + low! };
}

/** Settles when a connection that was made is closed by the other side; gives what came before. */
async function takenFrom(socket: Socket): Promise<string> {
  return (await readAll(socket).catch(() => Buffer.alloc(0))).toString();
}

describe("a passive data connection", () => {
  it("from another address than the client's gets nothing (ProFTPD, libunftp, the device), and the client's own comes through", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/secret", "for the client only");
    using talk = await FtpTalk.login(ftp.port, { localAddress: "127.0.0.1" });
    const port = await talk.passivePort();
    const early = await openData(port, { localAddress: "127.0.0.2" });
    expect(await takenFrom(early)).toBe("");
    await talk.ask("RETR secret", 150);
    const thief = await openData(port, { localAddress: "127.0.0.2" });
    expect(await takenFrom(thief)).toBe("");
    const data = await openData(port);
    expect((await readAll(data)).toString()).toBe("for the client only");
    await talk.expect(226);
  });

  it("from another address can't store anything", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const port = await talk.passivePort();
    await talk.ask("STOR file", 150);
    const thief = await openData(port, { localAddress: "127.0.0.2" });
    thief.end("poison");
    await takenFrom(thief);
    const data = await openData(port);
    data.end("right");
    await talk.expect(226);
    expect((await talk.retrieve("RETR file")).toString()).toBe("right");
  });

  it("may come before the command, with all its bytes", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    data.end("sent before STOR was");
    await once(data, "finish");
    await talk.ask("STOR file", 150);
    await talk.expect(226);
    expect((await talk.retrieve("RETR file")).toString()).toBe("sent before STOR was");
  });

  it("belongs to the last of several PASV in a row", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.login(ftp.port);
    const stale = await talk.data();
    const ports = [await talk.passivePort(), await talk.passivePort()];
    await talk.ask("RETR file", 150);
    expect(await takenFrom(stale)).toBe("");
    await expect(openData(ports[0]!)).rejects.toThrow("ECONNREFUSED");
    expect((await readAll(await openData(ports[1]!))).toString()).toBe("content");
    await talk.expect(226);
  });

  it("is the client's last one when it made several", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.login(ftp.port);
    const port = await talk.passivePort();
    const first = await openData(port);
    const second = await openData(port);
    expect(await takenFrom(first)).toBe("");
    await talk.ask("RETR file", 150);
    expect((await readAll(second)).toString()).toBe("content");
    await talk.expect(226);
  });

  it("that came in time is closed when the session ends, or another port is announced", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const first = await openData(await talk.passivePort());
    const second = await openData(await talk.passivePort());
    expect(await takenFrom(first)).toBe("");
    talk.socket.destroy();
    expect(await takenFrom(second)).toBe("");
  });

  it("finds the listener of the transfer before again, which takes nobody in between", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.login(ftp.port);
    const port = await talk.passivePort();
    const first = await openData(port);
    await talk.ask("RETR file", 150);
    await readAll(first);
    await talk.expect(226);
    const between = await openData(port).catch(() => undefined);
    if (between !== undefined) expect(await takenFrom(between)).toBe("");
    expect(await talk.passivePort()).toBe(port);
    await talk.ask("RETR file", 150);
    expect((await readAll(await openData(port))).toString()).toBe("content");
    await talk.expect(226);
  });

  it("stays announced when the store refused the file", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR missing", 550);
    await talk.ask("RETR file", 150);
    expect((await readAll(data)).toString()).toBe("content");
    await talk.expect(226);
  });

  it("uses only ports of the range, says 425 when all are taken, and gives them back", async () => {
    const from = await freePort();
    await using ftp = await serveFtp({ passivePorts: { from, to: from } });
    await putFile(ftp.store, "/file", "content");
    using one = await FtpTalk.login(ftp.port);
    using two = await FtpTalk.login(ftp.port);
    expect(await one.passivePort()).toBe(from);
    await two.ask("EPSV", 425);
    const data = await openData(from);
    await one.ask("RETR file", 150);
    await readAll(data);
    await one.expect(226);
    expect(await two.passivePort()).toBe(from);
    two.socket.destroy();
    await until(() => ftp.server.sessions().length === 1);
    for (let round = 0; round < 5; round++) expect((await one.retrieve("RETR file")).toString()).toBe("content");
  });

  it("skips a port of the range that somebody else has", async () => {
    const other = createServer();
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const from = address !== null && typeof address === "object" ? address.port : 0;
    await using ftp = await serveFtp({ passivePorts: { from, to: from + 20 } });
    using talk = await FtpTalk.login(ftp.port);
    expect(await talk.passivePort()).toBeGreaterThan(from);
    other.close();
  });

  it("is told with the announced address, by text or by function", async () => {
    await using fixed = await serveFtp({ passiveHost: "192.0.2.7" });
    using talk = await FtpTalk.login(fixed.port);
    expect(numbersOf(await talk.ask("PASV", 227)).host).toBe("192.0.2.7");
    await using chosen = await serveFtp({
      passiveHost: (client) => (client === "127.0.0.1" ? undefined : "192.0.2.7"),
    });
    using near = await FtpTalk.login(chosen.port, { localAddress: "127.0.0.1" });
    using far = await FtpTalk.login(chosen.port, { localAddress: "127.0.0.2" });
    expect(numbersOf(await near.ask("PASV", 227)).host).toBe("127.0.0.1");
    expect(numbersOf(await far.ask("PASV", 227)).host).toBe("192.0.2.7");
  });

  it("tells where the client came to when the program does not answer in time", async () => {
    const errors: string[] = [];
    await using service = await serveFtp({ passiveHost: () => new Promise(() => {}), connectTimeout: 1 });
    service.server.on("error", ({ message }) => errors.push(message));
    using talk = await FtpTalk.login(service.port);
    expect(numbersOf(await talk.ask("PASV", 227)).host).toBe("127.0.0.1");
    expect(numbersOf(await talk.ask("PASV", 227)).host).toBe("127.0.0.1"); // and is not asked again
    expect(errors).toEqual([expect.stringContaining("passiveHost has not answered for 1 s")]);
  });

  it("works over IPv6 by EPSV", async (context) => {
    const { server } = await serveFtp();
    await server.close();
    const where = await server.listen({ host: "::1", port: 0 }).catch(() => undefined);
    if (where === undefined) return context.skip("there is no IPv6 here");
    expect(server.addresses).toEqual([`[::1]:${where.port}`]);
    using talk = await FtpTalk.login(where.port, { host: "::1" });
    await talk.ask("PASV", 425);
    const data = await talk.data({ host: "::1" });
    await talk.ask("STOR file", 150);
    data.end("x");
    await talk.expect(226);
    await server.close({ graceSeconds: 0 });
  });
});

describe("a server on every address, of IPv6 and IPv4", () => {
  it("tells IPv4 clients an IPv4 address, and connects to the client of either kind", async (context) => {
    await using ftp = await serveFtp({ active: true, allowDefaultPassword: true });
    await ftp.server.close();
    const where = await ftp.server.listen({ host: "::", port: 0 }).catch(() => undefined);
    if (where === undefined) return context.skip("there is no IPv6 here");
    await putFile(ftp.store, "/file", "content");
    for (const host of ["127.0.0.1", "::1"]) {
      using talk = await FtpTalk.login(where.port, { host });
      const data = await talk.data({ host });
      await talk.ask("RETR file", 150);
      expect((await readAll(data)).toString()).toBe("content");
      await talk.expect(226);
      if (host === "::1") await talk.ask("PASV", 425);
      else {
        const announced = numbersOf(await talk.ask("PASV", 227));
        expect(announced.host).toBe("127.0.0.1");
        const plain = await openData(announced.port);
        await talk.ask("RETR file", 150);
        expect((await readAll(plain)).toString()).toBe("content");
        await talk.expect(226);
      }
      const listener = createServer().listen(0, host);
      await once(listener, "listening");
      const { port } = listener.address() as { port: number };
      const connected = once(listener, "connection");
      await talk.ask(`EPRT |${host === "::1" ? 2 : 1}|${host}|${port}|`, 200);
      await talk.ask("RETR file", 150);
      const [socket] = (await connected) as [Socket];
      expect((await readAll(socket)).toString()).toBe("content");
      await talk.expect(226);
      listener.close();
    }
  });
});

describe("an active data connection", () => {
  it("is made when it is allowed, and refused when it is not", async () => {
    await using closed = await serveFtp();
    using refused = await FtpTalk.login(closed.port);
    await refused.ask("PORT 127,0,0,1,200,0", 502);
    await using ftp = await serveFtp({ active: true });
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.login(ftp.port);
    const listener = createServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const address = listener.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    await talk.ask(`EPRT |1|127.0.0.1|${port}|`, 200);
    const connected = once(listener, "connection");
    await talk.ask("RETR file", 150);
    const [socket] = (await connected) as [Socket];
    expect((await readAll(socket)).toString()).toBe("content");
    await talk.expect(226);
    listener.close();
    await talk.ask(`PORT 127,0,0,1,${port >> 8},${port & 255}`, 200);
    await talk.ask("RETR file", 150);
    await talk.expect(425);
    await talk.ask("PORT 127,0,0,2,200,0", 504);
  });
});
