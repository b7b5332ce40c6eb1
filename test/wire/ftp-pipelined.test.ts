/** Commands that wait behind a transfer: what they are answered goes out in order, and they hold nobody up. */
import { describe, expect, it } from "vitest";
import { createMemoryStore, type Store } from "../../src/index.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, putFile, readAll, serveFtp } from "./ftp.ts";

/** A memory store whose files cannot be read. */
function brokenStore(): Store {
  const inner = createMemoryStore();
  return {
    name: inner.name,
    features: inner.features,
    stat: (path) => inner.stat(path),
    list: (path) => inner.list(path),
    openRead: async (path, startBytes) => {
      const { entry } = await inner.openRead(path, startBytes);
      return {
        entry,
        fileDescriptor: undefined,
        read() {
          throw new Error("bad sector");
        },
        close: async () => {},
      };
    },
    openWrite: (path, options) => inner.openWrite(path, options),
    remove: (path) => inner.remove(path),
    makeDirectory: (path) => inner.makeDirectory(path),
    removeDirectory: (path) => inner.removeDirectory(path),
    rename: (from, to) => inner.rename(from, to),
    setModified: (path, modifiedMs) => inner.setModified(path, modifiedMs),
    setMode: (path, mode) => inner.setMode(path, mode),
    freeBytes: (path) => inner.freeBytes(path),
    close: () => inner.close(),
  };
}

describe("many commands at once", () => {
  it("are all answered, though the replies wait for the client in between", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const many = 2_000;
    talk.socket.write("STAT\r\n".repeat(many));
    for (let i = 0; i < many; i++) await talk.expect(211);
    await talk.ask("NOOP", 200);
  });
});

describe("commands of two sessions", () => {
  it("that come in parts do not mix", async () => {
    await using ftp = await serveFtp();
    using one = await FtpTalk.login(ftp.port);
    using other = await FtpTalk.login(ftp.port);
    one.socket.write("MKD o");
    await other.ask("NOOP", 200);
    other.socket.write("MKD oth");
    one.socket.write("ne\r\n");
    expect(await one.expect(257)).toContain('"/one"');
    other.socket.write("er\r\n");
    expect(await other.expect(257)).toContain('"/other"');
  });

  it("that wait until the replies are read stay as they came", async () => {
    await using ftp = await serveFtp();
    using one = await FtpTalk.login(ftp.port);
    using other = await FtpTalk.login(ftp.port);
    const many = 8_000;
    one.socket.pause();
    one.socket.write("STAT\r\n".repeat(many));
    for (let i = 0; i < 100; i++) await other.ask("XXXXXXXX ".repeat(50), 500);
    one.socket.resume();
    for (let i = 0; i < many; i++) await one.expect(211);
  });
});

describe("commands behind a small file", () => {
  it("are answered, however many they are, between its 150 and its 226", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/small", "content");
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    const all = readAll(data);
    const many = 1_000;
    talk.socket.write(`RETR small\r\n${"STAT\r\n".repeat(many)}`);
    expect((await all).toString()).toBe("content");
    const codes: number[] = [];
    while (codes.length < many + 2) codes.push((await talk.reply()).code);
    expect(codes[0]).toBe(150);
    expect(codes.filter((code) => code === 226)).toHaveLength(1);
    await talk.ask("NOOP", 200);
  });
});

describe("a small file that cannot be read", () => {
  it("is answered 451, and its data connection is closed", async () => {
    const store = brokenStore();
    await putFile(store, "/small", "content");
    await using ftp = await serveFtp({ store });
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    const all = readAll(data);
    await talk.ask("RETR small", 150);
    await talk.expect(451);
    expect((await all).length).toBe(0);
    await talk.ask("NOOP", 200);
  });
});

describe("transfers behind the one at which the connection broke", () => {
  it("are not begun, and the session leaves once", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/small", "content");
    const talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    talk.socket.write("STOR up\r\nEPSV\r\nRETR small\r\nEPSV\r\nRETR small\r\nMKD last\r\n");
    await talk.expect(150);
    talk.socket.resetAndDestroy();
    await until(() => ftp.events.some((event) => event.type === "change"));
    expect(ftp.events.filter((event) => event.type === "left")).toHaveLength(1);
    expect(ftp.events.filter((event) => event.type === "transfer-start")).toHaveLength(1);
    expect([ftp.server.state, ftp.server.dataState]).toEqual([2, 0]);
    data.destroy();
  });
});
