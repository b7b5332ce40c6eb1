/**
 * A store that does not answer: a disk that is gone, a program that computes. Who asks it is told so in a while, and what
 * the store may still be using is nobody else's.
 */
import { describe, expect, it } from "vitest";
import { createMemoryStore, LIMITS, type Store } from "../../src/index.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, getFile, namesIn, putFile, readAll, serveFtp } from "./ftp.ts";

type Call = Exclude<keyof Store, "name" | "features" | "list"> | "list" | "read" | "write" | "commit";

/** A memory store of which chosen calls get no answer until `answer()`. */
function silentStore() {
  const inner = createMemoryStore();
  const silent = new Set<Call>();
  const asked: Call[] = [];
  let answers: (() => void)[] = [];
  const when = async (call: Call): Promise<void> => {
    asked.push(call);
    if (silent.has(call)) await new Promise<void>((resolve) => answers.push(resolve));
  };
  const waiting =
    <Args extends unknown[], Value>(call: Call, method: (...args: Args) => Promise<Value>) =>
    async (...args: Args): Promise<Value> => {
      await when(call);
      return method.apply(inner, args);
    };
  const store: Store = {
    name: inner.name,
    features: inner.features,
    stat: waiting("stat", inner.stat),
    async *list(path) {
      await when("list");
      yield* inner.list(path);
    },
    openRead: waiting("openRead", async (path, startBytes) => {
      const handle = await inner.openRead(path, startBytes);
      return {
        entry: handle.entry,
        fileDescriptor: undefined,
        read: (target) => (silent.has("read") ? when("read").then(() => handle.read(target)) : handle.read(target)),
        close: () => handle.close(),
      };
    }),
    openWrite: waiting("openWrite", async (path, options) => {
      const handle = await inner.openWrite(path, options);
      return {
        path: handle.path,
        write: (chunks) =>
          silent.has("write") ? when("write").then(() => handle.write(chunks)) : handle.write(chunks),
        openUncommitted: () => handle.openUncommitted(),
        commit: () => when("commit").then(() => handle.commit()),
        abort: () => handle.abort(),
      };
    }),
    remove: waiting("remove", inner.remove),
    makeDirectory: waiting("makeDirectory", inner.makeDirectory),
    removeDirectory: waiting("removeDirectory", inner.removeDirectory),
    rename: waiting("rename", inner.rename),
    setModified: waiting("setModified", inner.setModified),
    setMode: waiting("setMode", inner.setMode),
    freeBytes: waiting("freeBytes", inner.freeBytes),
    close: waiting("close", inner.close),
  };
  return {
    inner,
    store,
    silent,
    /** All calls so far. */
    asked,
    answer() {
      silent.clear();
      const given = answers;
      answers = [];
      for (const give of given) give();
    },
  };
}

describe("a store that never answers", () => {
  it("is answered 451, whatever it was asked, and the session goes on", async () => {
    const { inner, store, silent, answer } = silentStore();
    await putFile(inner, "/file", "content");
    await using ftp = await serveFtp({ store, storeTimeout: 1, stallTimeout: 20 });
    using talk = await FtpTalk.login(ftp.port);
    const cases: readonly (readonly [Call, string])[] = [
      ["stat", "SIZE file"],
      ["remove", "DELE file"],
      ["makeDirectory", "MKD d"],
      ["removeDirectory", "RMD d"],
      ["setModified", "MFMT 20200101000000 file"],
      ["openRead", "HASH file"],
      ["read", "HASH file"],
      ["list", "STAT /"],
      ["list", "LIST"],
      ["list", "MLSD"],
      ["openRead", "RETR file"],
      ["read", "RETR file"],
      ["openWrite", "STOR new"],
      ["write", "STOR new"],
      ["commit", "STOR new"],
      ["write", "APPE file"],
    ];
    for (const [call, command] of cases) {
      await putFile(inner, "/file", "content"); // what was given up is done late all the same
      silent.add(call);
      const transfers = /^(LIST|MLSD|RETR|STOR|APPE)/.test(command);
      const data = transfers ? await talk.data() : undefined;
      talk.send(command);
      if (/^(STOR|APPE)/.test(command)) data?.end("new");
      let reply = await talk.reply();
      if (reply.code === 150) reply = await talk.reply();
      expect(`${command} (${call}): ${reply.text}`).toContain("451");
      data?.destroy();
      await talk.ask("NOOP", 200);
      answer();
    }
    expect(
      ftp.events.filter((event) => event.type === "error" && /has not answered for 1 s/.test(event.message)).length,
    ).toBeGreaterThanOrEqual(cases.length);
    expect((await talk.retrieve("RETR file")).toString()).toContain("content");
    await talk.ask("QUIT", 221);
    await until(() => ftp.server.sessions().length === 0);
  });

  it("keeps nobody from ABOR, from leaving or from closing the server", async () => {
    const { inner, store, silent } = silentStore();
    await putFile(inner, "/file", Buffer.alloc(3_000_000));
    await using ftp = await serveFtp({ store, storeTimeout: 2 });
    using talk = await FtpTalk.login(ftp.port);
    silent.add("read");
    const data = await talk.data();
    await talk.ask("RETR file", 150);
    await talk.ask("ABOR", 426);
    await talk.expect(226);
    data.destroy();
    await talk.ask("NOOP", 200);
    const again = await talk.data();
    await talk.ask("RETR file", 150);
    talk.socket.destroy();
    await until(() => ftp.server.sessions().length === 0);
    again.destroy();
  });

  it("that answers late gets no other transfer's bytes, and gives it none", async () => {
    const { inner, store, silent, answer } = silentStore();
    const secret = Buffer.alloc(200_000, "secret");
    const other = Buffer.alloc(200_000, "other!");
    await putFile(inner, "/secret", secret);
    await putFile(inner, "/other", other);
    await putFile(inner, "/log", "");
    await using ftp = await serveFtp({ store, storeTimeout: 1 });
    using talk = await FtpTalk.login(ftp.port);
    silent.add("read");
    let data = await talk.data();
    await talk.ask("RETR secret", 150);
    await talk.expect(451);
    data.destroy();
    silent.clear();
    // The store reads `secret` into the old buffer while another file is on its way.
    data = await talk.data();
    const all = readAll(data);
    await talk.ask("RETR other", 150);
    answer();
    expect((await all).equals(other)).toBe(true);
    await talk.expect(226);
    // The same for writing: what was given up is written late, with its own bytes.
    silent.add("write");
    data = await talk.data();
    await talk.ask("APPE log", 150);
    data.end(secret);
    await talk.expect(451);
    silent.clear();
    await talk.store("STOR new", other.toString());
    answer();
    await until(async () => ((await getFile(inner, "/log"))?.length ?? 0) > 0);
    expect((await getFile(inner, "/log"))?.includes("other!")).toBe(false);
    expect((await getFile(inner, "/new"))?.equals(other)).toBe(true);
  });

  it("that answers late gets no other small file's bytes either", async () => {
    const { inner, store, silent, answer } = silentStore();
    const secret = Buffer.alloc(30_000, "secret");
    const other = Buffer.alloc(30_000, "other!");
    await putFile(inner, "/secret", secret);
    await putFile(inner, "/other", other);
    await using ftp = await serveFtp({ store, storeTimeout: 1, buffsize: 65_536 });
    using talk = await FtpTalk.login(ftp.port);
    for (const ends of ["timeout", "ABOR"]) {
      silent.add("read");
      let data = await talk.data();
      await talk.ask("RETR secret", 150);
      if (ends === "ABOR") {
        await talk.ask("ABOR", 426);
        await talk.expect(226);
      } else await talk.expect(451);
      data.destroy();
      silent.clear();
      // An upload has the buffer while the store reads into the one that was given up.
      data = await talk.data();
      await talk.ask("STOR copy", 150);
      data.write(other.subarray(0, 20_000));
      await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 20_000);
      answer();
      data.end(other.subarray(20_000));
      await talk.expect(226);
      expect((await getFile(inner, "/copy"))?.equals(other), ends).toBe(true);
    }
  });

  it("leaves no part of an upload when it answers after all", async () => {
    const { inner, store, silent, answer } = silentStore();
    await putFile(inner, "/file", "old");
    await using ftp = await serveFtp({ store, storeTimeout: 1 });
    using talk = await FtpTalk.login(ftp.port);
    for (const call of ["openWrite", "write"] as const) {
      silent.add(call);
      const data = await talk.data();
      talk.send("STOR file");
      data.end("new");
      let reply = await talk.reply();
      if (reply.code === 150) reply = await talk.reply();
      expect(reply.code).toBe(451);
      answer();
    }
    await talk.ask("NOOP", 200);
    expect((await getFile(inner, "/file"))?.toString()).toBe("old");
    expect(await namesIn(inner)).toEqual(["file"]);
  });

  it("is asked no more than so often", async () => {
    const { store, silent, answer, asked } = silentStore();
    await using ftp = await serveFtp({ store, storeTimeout: 1, maxClients: 100, maxClientsPerAddress: 100 });
    const most = LIMITS.ftpSilentStoreCalls.value;
    const talks = await Promise.all(Array.from({ length: most + 1 }, () => FtpTalk.login(ftp.port)));
    silent.add("stat");
    await Promise.all(talks.slice(1).map((talk) => talk.ask("SIZE file", 451)));
    await talks[0]?.ask("MKD d", 451);
    expect(asked).not.toContain("makeDirectory");
    answer();
    await until(async () => {
      talks[0]?.send("MKD d");
      return (await talks[0]?.reply())?.code === 257;
    });
    for (const talk of talks) talk.socket.destroy();
  });
});
