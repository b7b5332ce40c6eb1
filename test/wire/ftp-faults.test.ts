import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createMemoryStore, type ReadHandle, StorageError, type Store } from "../../src/index.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, getFile, namesIn, openData, putFile, readAll, reset, serveFtp } from "./ftp.ts";

const MIB = 1_048_576;
const big = Buffer.alloc(40 * MIB, "porthole");

describe("an upload that breaks", () => {
  it("leaves the old file as it was when the data connection is reset", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "old");
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    data.write(Buffer.alloc(3 * MIB));
    await until(() => (ftp.server.sessions()[0]?.transfer?.bytes ?? 0) > 0);
    reset(data);
    await talk.expect(426);
    expect((await getFile(ftp.store, "/file"))?.toString()).toBe("old");
    expect(await namesIn(ftp.store)).toEqual(["file"]);
    await talk.ask("NOOP", 200);
  });

  it("leaves nothing when the client is killed: control closes without QUIT, then data", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "old");
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    data.write("half of the ne");
    await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 14);
    talk.socket.end();
    data.end();
    await until(() => ftp.server.sessions().length === 0);
    expect((await getFile(ftp.store, "/file"))?.toString()).toBe("old");
    expect(ftp.events.at(-2)).toMatchObject({ type: "transfer-end", result: "failed" });
  });

  it("leaves nothing when the client is killed at once, as often as that is tried", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "old");
    for (let round = 0; round < 20; round++) {
      using talk = await FtpTalk.login(ftp.port);
      const data = await talk.data();
      await talk.ask(round % 2 === 0 ? "STOR file" : "STOU", 150);
      data.write("half of the ne");
      talk.socket.end();
      data.end();
      await until(() => ftp.server.sessions().length === 0);
    }
    expect((await getFile(ftp.store, "/file"))?.toString()).toBe("old");
    expect(await namesIn(ftp.store)).toEqual(["file"]);
    expect(ftp.events.filter(({ type }) => type === "upload")).toEqual([]);
  });

  it("adds what has come of a small file that goes on in place, and no more", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "old");
    using talk = await FtpTalk.login(ftp.port);
    await talk.store("APPE file", " and new");
    const data = await talk.data();
    await talk.ask("APPE file", 150);
    data.write(" and more");
    await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 9);
    reset(data);
    await talk.expect(426);
    expect((await getFile(ftp.store, "/file"))?.toString()).toBe("old and new and more");
  });

  it("is none when the client said QUIT before it closed", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    talk.send("QUIT");
    talk.socket.end();
    data.end("all of it");
    await talk.expect(226);
    await talk.expect(221);
    expect((await getFile(ftp.store, "/file"))?.toString()).toBe("all of it");
  });

  it("is none either when the QUIT came in parts", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    for (const part of ["QU", "IT\r", "\n"]) {
      talk.socket.write(part);
      await sleep(20);
    }
    talk.socket.end();
    await sleep(20);
    data.end("all of it");
    await talk.expect(226);
    await talk.expect(221);
    expect((await getFile(ftp.store, "/file"))?.toString()).toBe("all of it");
  });

  it("leaves nothing when the client is killed, though the file's name ends with quit", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR how to quit", 150);
    data.write("half of the ne");
    talk.socket.end();
    data.end();
    await until(() => ftp.server.sessions().length === 0);
    expect(await namesIn(ftp.store)).toEqual([]);
  });

  it("is no reset for a client who still sends when the store has no space for the first bytes", async () => {
    const store = createMemoryStore({ capBytes: 60_000 });
    await using ftp = await serveFtp({ store });
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    const errors: Error[] = [];
    data.on("error", (error) => errors.push(error));
    await talk.ask("STOR file", 150);
    data.write(Buffer.alloc(8 * MIB));
    await talk.expect(452);
    await sleep(200);
    expect([errors, data.destroyed]).toEqual([[], false]);
    await until(() => data.destroyed);
    await talk.ask("NOOP", 200);
    expect(await namesIn(ftp.store)).toEqual([]);
  });

  it("leaves nothing when the control connection is reset", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    data.write("half");
    await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 4);
    reset(talk.socket);
    await until(() => ftp.server.sessions().length === 0);
    expect(await namesIn(ftp.store)).toEqual([]);
  });

  it("leaves nothing when the control connection is reset, and the data connection ends at once", async () => {
    await using ftp = await serveFtp();
    for (let round = 0; round < 20; round++) {
      using talk = await FtpTalk.login(ftp.port);
      const data = await talk.data();
      await talk.ask("STOR file", 150);
      data.write(Buffer.alloc(70_000));
      await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 70_000);
      reset(talk.socket);
      data.destroy();
      await until(() => ftp.server.sessions().length === 0);
      expect(await namesIn(ftp.store)).toEqual([]);
    }
  });

  it("keeps the part of a file that goes on in place, so that it can be resumed", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("APPE log", 150);
    data.write("first part, ");
    await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 12);
    reset(data);
    await talk.expect(426);
    expect((await getFile(ftp.store, "/log"))?.toString()).toBe("first part, ");
    await talk.ask("REST 12", 350);
    await talk.store("STOR log", "and the rest");
    expect((await getFile(ftp.store, "/log"))?.toString()).toBe("first part, and the rest");
  });

  it("is cut when no byte comes for too long", async () => {
    await using ftp = await serveFtp({ stallTimeout: 1 });
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    data.write("half");
    expect(await talk.expect(426)).toContain("too long");
    expect(await namesIn(ftp.store)).toEqual([]);
    await talk.store("STOR file", "whole");
  });

  it("is answered 452 when the store is full, and leaves nothing", async () => {
    await using ftp = await serveFtp({ store: createMemoryStore({ capBytes: MIB }) });
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    data.end(Buffer.alloc(4 * MIB));
    await talk.expect(452);
    expect(await namesIn(ftp.store)).toEqual([]);
    await talk.store("STOR small", "fits");
  });
});

describe("a download that breaks", () => {
  it("is never answered 226 when the client closes early, as curl does for a range", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/big", big);
    using talk = await FtpTalk.login(ftp.port);
    for (let round = 0; round < 3; round++) {
      const data = await talk.data();
      await talk.ask("RETR big", 150);
      await once(data, "data");
      data.destroy();
      await talk.expect(426);
    }
    expect((await talk.retrieve("RETR big")).equals(big)).toBe(true);
  });

  it("is cut when the client stops reading, but not when it is slow", async () => {
    await using ftp = await serveFtp({ stallTimeout: 1 });
    await putFile(ftp.store, "/big", big);
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    // Slow: something is read every 300 ms, for longer than a stall may be.
    for (let round = 0; round < 8; round++) {
      await until(() => (data.read(MIB) as Buffer | null) ?? (data.read() as Buffer | null));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(ftp.server.sessions()[0]?.transfer).toBeDefined();
    expect(await talk.expect(426)).toContain("too long");
    data.destroy();
    await talk.ask("NOOP", 200);
  });

  it("tells the store's error and goes on", async () => {
    const inner = createMemoryStore();
    await putFile(inner, "/file", "content");
    const store: Store = Object.assign(Object.create(inner) as Store, {
      openRead: async (): Promise<ReadHandle> => ({
        entry: { name: "file", type: "file", sizeBytes: 7, modifiedMs: 0, mode: undefined },
        fileDescriptor: undefined,
        read: () => Promise.reject(new Error("the disk /dev/secret is gone")),
        close: async () => {},
      }),
      stat: (path: never) => inner.stat(path),
    });
    await using ftp = await serveFtp({ store });
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR file", 150);
    expect(await talk.expect(451)).not.toContain("secret");
    data.destroy();
    expect(ftp.events).toContainEqual({ type: "error", message: expect.stringContaining("/dev/secret") });
    await talk.ask("NOOP", 200);
  });
});

describe("a store", () => {
  it("that throws what is no error of a store is answered 451, and the session goes on", async () => {
    const store = createMemoryStore();
    store.makeDirectory = () => {
      throw new TypeError("oops");
    };
    store.stat = () => Promise.reject(new StorageError("denied", "no"));
    await using ftp = await serveFtp({ store });
    using talk = await FtpTalk.login(ftp.port);
    await talk.ask("MKD x", 451);
    await talk.ask("SIZE x", 550);
    expect(ftp.events.filter((event) => event.type === "error")).toHaveLength(1);
  });

  it("that is slow is no stall of the client, and holds nobody else up", async () => {
    const inner = createMemoryStore();
    await putFile(inner, "/file", "content");
    let answer: ((count: number) => void) | undefined;
    const openRead = inner.openRead.bind(inner);
    inner.openRead = async (path, startBytes) => {
      const handle = await openRead(path, startBytes);
      let first = true;
      return {
        entry: handle.entry,
        fileDescriptor: undefined,
        read: (target) => {
          if (!first) return handle.read(target);
          first = false;
          return new Promise<void>((resolve) => {
            answer = resolve as () => void;
          }).then(() => handle.read(target));
        },
        close: () => handle.close(),
      };
    };
    await using ftp = await serveFtp({ store: inner, stallTimeout: 1 });
    using slow = await FtpTalk.login(ftp.port);
    using other = await FtpTalk.login(ftp.port);
    const data = await slow.data();
    await slow.ask("RETR file", 150);
    const began = performance.now();
    await until(() => answer !== undefined && performance.now() - began > 1_500);
    await other.ask("NOOP", 200);
    answer?.(0);
    expect((await readAll(data)).toString()).toBe("content");
    await slow.expect(226);
  });
});

describe("a data connection that the client never closes", () => {
  it("is closed with the session", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.login(ftp.port);
    const data = connect({ port: await talk.passivePort(), host: "127.0.0.1", allowHalfOpen: true });
    data.on("error", () => {});
    await talk.ask("RETR file", 150);
    await once(data.resume(), "end");
    await talk.expect(226);
    await talk.ask("QUIT", 221);
    await until(() => ftp.server.sessions().length === 0);
    // Nobody is there any more who would take a byte.
    await until(() => {
      data.write("x");
      return data.destroyed;
    });
    data.destroy();
  });
});

describe("a transfer under way", () => {
  it("ends with 426 and 226 at ABOR, in both directions", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/big", big);
    using talk = await FtpTalk.login(ftp.port);
    const down = await talk.data();
    await talk.ask("RETR big", 150);
    await once(down, "data");
    await talk.ask("ABOR", 426);
    await talk.expect(226);
    down.destroy();
    const up = await talk.data();
    await talk.ask("STOR new", 150);
    up.write("half");
    await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 4);
    // As Python's ftplib does: urgent, so that Node sees it without its LF.
    talk.socket.write("ABOR\r");
    await talk.expect(426);
    await talk.expect(226);
    expect(await namesIn(ftp.store)).toEqual(["big"]);
    expect((await talk.retrieve("RETR big")).length).toBe(big.length);
  });

  it("ends at ABOR while it waits for its data connection", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "x");
    using talk = await FtpTalk.login(ftp.port);
    await talk.passivePort();
    await talk.ask("RETR file", 150);
    await talk.ask("ABOR", 426);
    await talk.expect(226);
    expect((await talk.retrieve("RETR file")).toString()).toBe("x");
  });

  it("does not hold NOOP up, and other commands wait for it", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/big", big);
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    await talk.ask("NOOP", 200);
    talk.send("PWD");
    expect((await readAll(data)).length).toBe(big.length);
    await talk.expect(226);
    await talk.expect(257);
  });

  it("is given up after a while without a data connection", async () => {
    await using ftp = await serveFtp({ connectTimeout: 1 });
    await putFile(ftp.store, "/file", "x");
    using talk = await FtpTalk.login(ftp.port);
    await talk.passivePort();
    await talk.ask("RETR file", 150);
    await talk.expect(425);
    await talk.ask("RETR file", 425);
    expect((await talk.retrieve("RETR file")).toString()).toBe("x");
  });
});

describe("a storm", () => {
  it("of 1,000 connections leaves the server serving", async () => {
    await using ftp = await serveFtp({ maxClients: 32 });
    const codes = new Map<number, number>();
    const talks = await Promise.all(Array.from({ length: 1_000 }, () => FtpTalk.open(ftp.port)));
    await Promise.all(
      talks.map(async (talk) => {
        const code = await talk.reply().then(
          (reply) => reply.code,
          () => 0, // closed without a word: there were too many to be told
        );
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }),
    );
    expect(codes.get(220)).toBe(32);
    expect(codes.get(421)).toBeGreaterThan(200);
    for (const talk of talks) talk.socket.destroy();
    await until(() => ftp.server.sessions().length === 0);
    using talk = await FtpTalk.login(ftp.port);
    await talk.store("STOR file", "x");
  });

  it("of pipelined commands is answered in order, however late they are read", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    talk.socket.pause();
    let text = "";
    for (let i = 0; i < 20_000; i++) text += `MDTM ${i}\r\nNOOP\r\n`;
    talk.socket.write(text);
    await until(() => talk.socket.writableLength === 0 || performance.now() > 0);
    talk.socket.resume();
    for (let i = 0; i < 20_000; i++) {
      await talk.expect(550);
      await talk.expect(200);
    }
  });

  it("of transfers, good and broken, leaves no descriptor behind", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/big", big);
    using idle = await FtpTalk.login(ftp.port);
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const before = descriptors();
    for (let round = 0; round < 30; round++) {
      using talk = await FtpTalk.login(ftp.port);
      await talk.store("STOR file", "x");
      await talk.retrieve("MLSD");
      const down = await talk.data();
      await talk.ask("RETR big", 150);
      reset(down);
      await talk.expect(426);
      const up = await talk.data();
      await talk.ask("STOR file", 150);
      up.write("x");
      if (round % 3 === 0) talk.send("ABOR");
      else if (round % 3 === 1) up.destroy();
      else talk.socket.destroy();
      const unused = await talk.data().catch(() => undefined);
      if (round % 2 === 0) unused?.destroy();
      up.destroy();
      const stranger = unused === undefined ? undefined : await openData(ftp.port);
      stranger?.destroy();
      unused?.destroy();
      down.destroy();
    }
    await until(() => ftp.server.sessions().length === 1);
    await until(() => descriptors() <= before);
    await idle.ask("NOOP", 200);
  });
});
