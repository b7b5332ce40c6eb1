/**
 * PORT and EPRT as somebody uses them who wants this server to connect to others (RFC 2577).
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { until } from "../tasks/until.ts";
import { FtpTalk, putFile, readAll, serveFtp } from "./ftp.ts";

/** Somebody else's service, and who has come to it. */
async function victim(host: string): Promise<{ port: number; came: Socket[] }> {
  const came: Socket[] = [];
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    came.push(socket);
  }).listen(0, host);
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of came) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, came };
}

const portOf = (host: string, port: number) => `PORT ${host.replaceAll(".", ",")},${port >> 8},${port & 255}`;

it("are refused unless they are asked for, of guests too, and nobody is connected to", async () => {
  await using ftp = await serveFtp({ anonymous: true });
  await putFile(ftp.store, "/file", "content");
  const own = await victim("127.0.0.1");
  for (const user of ["micro", "anonymous"]) {
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask(`USER ${user}`, 331);
    await talk.ask("PASS python", 230);
    await talk.ask(portOf("127.0.0.1", own.port), 502);
    await talk.ask(`EPRT |1|127.0.0.1|${own.port}|`, 502);
    await talk.ask("RETR file", 425);
  }
  expect(own.came).toEqual([]);
});

it("reach the client's own address above port 1023 and no other, however it is written", async () => {
  await using ftp = await serveFtp({ active: true });
  await putFile(ftp.store, "/file", "content");
  const other = await victim("127.0.0.2");
  using talk = await FtpTalk.login(ftp.port);
  const { port } = other;
  for (const [line, code] of [
    [portOf("127.0.0.2", port), 504],
    [`EPRT |1|127.0.0.2|${port}|`, 504],
    [`EPRT |2|::ffff:127.0.0.2|${port}|`, 504],
    [`EPRT |2|::1|${port}|`, 504],
    [`EPRT |1|0.0.0.0|${port}|`, 504],
    [`EPRT |1|localhost|${port}|`, 501],
    [`EPRT |1|127.1|${port}|`, 501],
    [`EPRT |1|2130706434|${port}|`, 501],
    [`EPRT |1|0x7f.0.0.2|${port}|`, 501],
    [`EPRT |1|127.0.0.1@127.0.0.2|${port}|`, 501],
    [`EPRT |3|127.0.0.2|${port}|`, 522],
    ["PORT 127,0,0,258,4,1", 501],
    ["PORT 127,0,0,1,260,1", 501],
    ["PORT 127,0,0,1,-1,1", 501],
    ["PORT 127,0,0,1,3,255", 504],
    ["PORT 127,0,0,1,0,22", 504],
    ["EPRT |1|127.0.0.1|25|", 504],
    ["EPRT |1|127.0.0.1|0|", 504],
    ["EPRT |1|127.0.0.1|65561|", 501], // 25, when 16 bits are kept
  ] as const) {
    talk.send(line);
    const { code: answer } = await talk.reply();
    expect([line, answer]).toEqual([line, code]);
    await talk.ask("RETR file", 425);
  }
  expect(other.came).toEqual([]);
  const own = await victim("127.0.0.1");
  await talk.ask(`EPRT |1|127.0.0.1|${own.port}|`, 200);
  talk.send("RETR file");
  const [socket] = await until(() => own.came.length > 0 && own.came);
  expect((await readAll(socket as Socket)).toString()).toBe("content");
  // One announcement is one connection.
  await talk.expect(150);
  await talk.expect(226);
  await talk.ask("RETR file", 425);
});

it("through a proxy reach its client and not the proxy, whose services are not the client's", async () => {
  await using ftp = await serveFtp({ active: true, allowDefaultPassword: true, proxies: ["127.0.0.1"] });
  const proxy = await victim("127.0.0.1");
  using talk = await FtpTalk.open(ftp.port);
  talk.socket.write("PROXY TCP4 203.0.113.9 127.0.0.1 40000 21\r\n");
  await talk.expect(220);
  await talk.ask("USER micro", 331);
  await talk.ask("PASS python", 230);
  await talk.ask(portOf("127.0.0.1", proxy.port), 504);
  await talk.ask(`EPRT |1|127.0.0.1|${proxy.port}|`, 504);
  await talk.ask(`EPRT |2|::ffff:127.0.0.1|${proxy.port}|`, 504);
  expect(proxy.came).toEqual([]);
});
