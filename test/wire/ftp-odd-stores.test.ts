/** Stores that behave otherwise than most: what they have arrives, and what they do wrong stays with them. */
import { describe, expect, it } from "vitest";
import { createMemoryStore, type Store } from "../../src/index.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, putFile, serveFtp } from "./ftp.ts";

/** A memory store, some of whose methods are others. */
function changed(change: (inner: Store) => Partial<Store>): Store {
  const inner = createMemoryStore();
  return new Proxy(inner, {
    get(target, key) {
      const own = change(inner)[key as keyof Store];
      const value: unknown = own ?? Reflect.get(target, key);
      return typeof value === "function" && own === undefined ? value.bind(target) : value;
    },
  });
}

describe("a store", () => {
  it("that tells no size of what it makes as it is read is read to its end", async () => {
    const store = changed((inner) => ({
      async openRead(path, startBytes) {
        const handle = await inner.openRead(path, startBytes);
        return {
          entry: { ...handle.entry, sizeBytes: 0 },
          fileDescriptor: undefined,
          read: (target) => handle.read(target),
          close: () => handle.close(),
        };
      },
    }));
    await putFile(store, "/uptime", "4711.08 815.00\n");
    await putFile(store, "/empty", "");
    await using ftp = await serveFtp({ store });
    using talk = await FtpTalk.login(ftp.port);
    expect((await talk.retrieve("RETR uptime")).toString()).toBe("4711.08 815.00\n");
    expect((await talk.retrieve("RETR empty")).length).toBe(0);
  });

  it("whose late handle cannot even be aborted ends no process", async () => {
    let aborts = 0;
    const store = changed((inner) => ({
      async openWrite(path, options) {
        const handle = await inner.openWrite(path, options);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        return {
          path: handle.path,
          write: (chunks) => handle.write(chunks),
          openUncommitted: () => handle.openUncommitted(),
          commit: () => handle.commit(),
          async abort() {
            aborts++;
            throw new Error("the disk is gone");
          },
        };
      },
    }));
    await using ftp = await serveFtp({ store, storeTimeout: 1 });
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 451);
    await until(() => aborts === 1);
    data.destroy();
    await talk.ask("NOOP", 200);
  });

  it("that gives a unique upload another name at its end is heard, also with a root and a quota", async () => {
    const store = changed((inner) => ({
      async openWrite(path, options) {
        const handle = await inner.openWrite(path, options);
        let moved = "";
        return {
          get path() {
            return `${handle.path}${moved}` as typeof handle.path;
          },
          write: (chunks) => handle.write(chunks),
          openUncommitted: () => handle.openUncommitted(),
          commit() {
            moved = ".1";
            return handle.commit();
          },
          abort: () => handle.abort(),
        };
      },
    }));
    await store.makeDirectory("/home" as Parameters<Store["makeDirectory"]>[0]);
    const rights = new Set(["read", "list", "write"] as const);
    const account = { user: "micro", rights, root: "/home", limits: { quotaBytes: 10_000 } };
    await using ftp = await serveFtp({ store, authenticate: async () => account });
    using talk = await FtpTalk.login(ftp.port);
    await talk.store("STOU log", "content");
    await until(() => ftp.events.some(({ type }) => type === "upload"));
    expect(ftp.events.find(({ type }) => type === "upload")).toMatchObject({ path: expect.stringMatching(/\.1$/) });
  });
});
