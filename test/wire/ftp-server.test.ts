import { createHash } from "node:crypto";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createFtpServer, createMemoryStore, type FtpServerEvent, LIMITS } from "../../src/index.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, getFile, namesIn, openData, putFile, readAll, serveFtp } from "./ftp.ts";

const big = Buffer.alloc(40 * 1_048_576, "porthole");

describe("the FTP server's life", () => {
  it("listens, pauses, resumes and closes, and says so", async () => {
    const { server, port, events, store } = await serveFtp();
    expect(server.addresses).toEqual([`127.0.0.1:${port}`]);
    expect(server.state).toBe(2);
    await expect(server.listen({ port: 0 })).rejects.toMatchObject({ code: "PORTHOLE_ERR_STATE" });
    using talk = await FtpTalk.login(port);
    await server.pause();
    await server.pause();
    expect(server.addresses).toEqual([]);
    await expect(FtpTalk.open(port)).rejects.toThrow("ECONNREFUSED");
    await talk.store("STOR file", "x"); // who is in stays
    expect(server.state).toBe(7);
    await server.resume();
    using other = await FtpTalk.login(port);
    await other.ask("NOOP", 200);
    const closing = server.close();
    await talk.expect(421);
    await other.expect(421);
    await closing;
    expect(server.state).toBe(-1);
    expect(events.at(-1)).toEqual({ type: "closed" });
    await server.close();
    const again = await server.listen({ port });
    expect(again.port).toBe(port);
    expect(await namesIn(store)).toEqual(["file"]);
    await server.close();
  });

  it("rejects with its own error when the port is taken", async () => {
    await using ftp = await serveFtp();
    const other = createFtpServer({ store: ftp.store });
    await expect(other.listen({ port: ftp.port })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ADDRESS_IN_USE" });
    expect(other.state).toBe(-1);
    await other.listen({ port: 0 });
    await other.close();
  });

  it("ends with `await using` and with an AbortSignal", async () => {
    let port = 0;
    {
      await using server = createFtpServer({ store: createMemoryStore() });
      ({ port } = await server.listen({ port: 0 }));
    }
    await expect(FtpTalk.open(port)).rejects.toThrow("ECONNREFUSED");
    const controller = new AbortController();
    const server = createFtpServer({ store: createMemoryStore() });
    ({ port } = await server.listen({ port: 0, signal: controller.signal }));
    using talk = await FtpTalk.login(port);
    controller.abort();
    await talk.expect(421);
    await until(() => server.state === -1);
  });

  it("does not listen after all when it is closed meanwhile", async () => {
    const server = createFtpServer({ store: createMemoryStore() });
    const listening = server.listen({ port: 0 });
    await server.close();
    await expect(listening).rejects.toMatchObject({ code: "PORTHOLE_ERR_STATE" });
    expect([server.state, server.addresses]).toEqual([-1, []]);
    await server.listen({ port: 0 });
    await server.close();
  });

  it("lets a transfer end before it closes, and tells idle clients at once", async () => {
    const ftp = await serveFtp();
    await putFile(ftp.store, "/big", big);
    using busy = await FtpTalk.login(ftp.port);
    using idle = await FtpTalk.login(ftp.port);
    const data = await busy.data();
    await busy.ask("RETR big", 150);
    await once(data, "readable");
    const closing = ftp.server.close();
    await idle.expect(421);
    expect((await readAll(data)).length).toBe(big.length);
    await busy.expect(226);
    await busy.expect(421);
    await closing;
  });

  it("cuts a transfer that does not end in time", async () => {
    const ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    data.write("half");
    await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 4);
    await ftp.server.close({ graceSeconds: 0.1 });
    expect((await talk.reply()).code).toBeGreaterThanOrEqual(421);
    expect(await namesIn(ftp.store)).toEqual([]);
  });

  it("listens on loopback only with the default password, and says so", async () => {
    await using ftp = await serveFtp();
    await ftp.server.close();
    const { host } = await ftp.server.listen({ host: "0.0.0.0", port: 0 });
    expect(host).toBe("127.0.0.1");
    expect(ftp.events).toContainEqual({ type: "protected", askedHost: "0.0.0.0", host: "127.0.0.1" });
    await using open = await serveFtp({ password: "a better one" });
    await open.server.close();
    expect((await open.server.listen({ host: "0.0.0.0", port: 0 })).host).toBe("0.0.0.0");
  });
});

describe("the FTP server's clients", () => {
  it("are as many as allowed; the next is told 421 and why", async () => {
    await using ftp = await serveFtp({ maxClients: 2 });
    using one = await FtpTalk.login(ftp.port);
    using two = await FtpTalk.login(ftp.port);
    using three = await FtpTalk.open(ftp.port);
    expect(await three.expect(421)).toContain("2 clients");
    expect(ftp.events.at(-1)).toMatchObject({ type: "refused" });
    await one.ask("QUIT", 221);
    await until(() => ftp.server.sessions().length === 1);
    using four = await FtpTalk.login(ftp.port);
    await Promise.all([two.ask("NOOP", 200), four.ask("NOOP", 200)]);
  });

  it("are one with the device's limits, which has PASV on its port only", async () => {
    const probe = await serveFtp();
    const passive = probe.port;
    await probe.server.close();
    await using ftp = await serveFtp({ limits: "device", passivePorts: { from: passive, to: passive } });
    await putFile(ftp.store, "/file", "content");
    using one = await FtpTalk.login(ftp.port);
    using two = await FtpTalk.open(ftp.port);
    await two.expect(421);
    await one.ask("EPSV", 502);
    for (let round = 0; round < 3; round++) {
      expect(await one.ask("PASV", 227)).toContain(`,${passive >> 8},${passive & 255})`);
      expect(ftp.server.dataState).toBe(1);
      const data = await openData(passive);
      await one.ask("RETR file", 150);
      expect((await readAll(data)).toString()).toBe("content");
      await one.expect(226);
    }
  });

  it("are sent away when they say nothing, and when nobody logs in", async () => {
    await using patient = await serveFtp({ timeout: 1 });
    using idle = await FtpTalk.login(patient.port);
    await using strict = await serveFtp({ loginTimeout: 1 });
    using stranger = await FtpTalk.open(strict.port);
    await stranger.expect(220);
    await idle.expect(421);
    await stranger.expect(421);
    await until(() => [patient, strict].every(({ server }) => server.sessions().length === 0));
    expect(patient.events).toContainEqual(expect.objectContaining({ type: "left", reason: "idle timeout" }));
    expect(strict.events).toContainEqual(expect.objectContaining({ type: "left", reason: "login timeout" }));
  });

  it("can be listed and sent away", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/big", big);
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    await once(data, "readable");
    const [session] = ftp.server.sessions();
    expect(session).toMatchObject({
      user: "micro",
      address: "127.0.0.1",
      transfer: { kind: "retrieve", path: "/big", totalBytes: big.length },
    });
    expect([ftp.server.state, ftp.server.dataState]).toEqual([5, 2]);
    expect(ftp.server.kick(999)).toBe(false);
    expect(ftp.server.kick(session!.sessionId)).toBe(true);
    await talk.expect(421);
    await until(() => ftp.server.sessions().length === 0);
    data.destroy();
  });

  it("log in with the new password after it was changed; who is in stays", async () => {
    await using ftp = await serveFtp();
    using old = await FtpTalk.login(ftp.port);
    ftp.server.setCredentials("anna", "secret");
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("USER micro", 331);
    await talk.ask("PASS python", 530);
    await talk.ask("USER anna", 331);
    await talk.ask("PASS secret", 230);
    await old.ask("NOOP", 200);
    expect(ftp.events).toContainEqual(expect.objectContaining({ type: "login-failed", user: "***", attempt: 1 }));
    expect(JSON.stringify(ftp.events)).not.toContain("python");
  });

  it("are checked by the program, each with its own files and rights", async () => {
    const stores = { anna: createMemoryStore(), bert: createMemoryStore() };
    await putFile(stores.anna, "/annas", "a");
    await using ftp = await serveFtp({
      authenticate: async (user, password) =>
        password.reveal() === "pw" ? { user, rights: new Set(["read", "list"] as const) } : undefined,
      store: (account) => stores[account.user as "anna" | "bert"],
    });
    for (const [user, names] of [
      ["anna", "annas\r\n"],
      ["bert", ""],
    ] as const) {
      using talk = await FtpTalk.open(ftp.port);
      await talk.expect(220);
      await talk.ask(`USER ${user}`, 331);
      await talk.ask("PASS pw", 230);
      expect((await talk.retrieve("NLST")).toString()).toBe(names);
      await talk.ask("MKD x", 550);
    }
    expect(() => ftp.server.setCredentials("a", "b")).toThrow(expect.objectContaining({ code: "PORTHOLE_ERR_STATE" }));
  });

  it("may only read when the server is read-only", async () => {
    await using ftp = await serveFtp({ readOnly: true });
    await putFile(ftp.store, "/file", "x");
    using talk = await FtpTalk.login(ftp.port);
    await talk.passivePort();
    for (const command of ["STOR new", "DELE file", "MKD new", "RNFR file", "MFMT 20200101000000 file", "APPE file"]) {
      await talk.ask(command, 550);
    }
    expect((await talk.retrieve("RETR file")).toString()).toBe("x");
  });
});

describe("onUpload", () => {
  it("sees the finished file before anybody else, and may refuse it in its own words", async () => {
    const seen: unknown[] = [];
    await using ftp = await serveFtp({
      onUpload: async (file) => {
        let text = "";
        for await (const chunk of file.chunks()) text += Buffer.from(chunk).toString();
        seen.push([file.path, file.user, file.sizeBytes, await file.sha256(), text, await namesIn(ftp.store)]);
        return text.startsWith("MZ") ? "No programs, please." : undefined;
      },
    });
    using talk = await FtpTalk.login(ftp.port);
    await talk.store("STOR good.txt", "good");
    expect(await talk.store("STOR bad.exe", "MZ bad", 550)).toBe("550 No programs, please.");
    expect(await namesIn(ftp.store)).toEqual(["good.txt"]);
    const uploads = ftp.events.filter((event) => event.type === "upload");
    expect(uploads).toEqual([expect.objectContaining({ user: "micro", path: "/good.txt", bytes: 4 })]);
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(seen).toEqual([
      ["/good.txt", "micro", 4, hash("good"), "good", []],
      ["/bad.exe", "micro", 6, hash("MZ bad"), "MZ bad", ["good.txt"]],
    ]);
    expect(ftp.events.at(-1)).toMatchObject({ type: "transfer-end", result: "refused" });
  });

  it("refuses when it throws, and the owner is told why", async () => {
    await using ftp = await serveFtp({
      onUpload: () => {
        throw new Error("scanner is down");
      },
    });
    using talk = await FtpTalk.login(ftp.port);
    expect(await talk.store("STOR file", "x", 550)).not.toContain("scanner");
    expect(await namesIn(ftp.store)).toEqual([]);
    expect(ftp.events).toContainEqual({ type: "error", message: expect.stringContaining("scanner is down") });
  });
});

describe("transfers", () => {
  it("tell how they go: start, progress now and then, end", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/big", big);
    const events: FtpServerEvent[] = [];
    ftp.server.on("*", (event) => events.push(event));
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    await once(data, "readable");
    await until(() => {
      data.read(65_536);
      return events.some((event) => event.type === "transfer-progress");
    });
    data.resume();
    await talk.expect(226);
    const transfer = events.filter((event) => event.type.startsWith("transfer"));
    expect(transfer[0]).toMatchObject({ type: "transfer-start", kind: "retrieve", path: "/big", bytes: 0 });
    expect(transfer.at(-1)).toMatchObject({ type: "transfer-end", result: "complete", bytes: big.length });
    expect(transfer.length).toBeLessThan(60);
    expect(events).toContainEqual(expect.objectContaining({ type: "logged-in", user: "micro" }));
  });

  it("convert line ends with TYPE A, both ways", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/unix", "one\ntwo\n\nthree");
    using talk = await FtpTalk.login(ftp.port);
    await talk.ask("TYPE A", 200);
    expect((await talk.retrieve("RETR unix")).toString()).toBe("one\r\ntwo\r\n\r\nthree");
    await talk.store("STOR text", "a\r\nb\r\n\rc\r");
    expect((await getFile(ftp.store, "/text"))?.toString()).toBe("a\nb\n\rc\r");
    const long = "line\n".repeat(200_000);
    await putFile(ftp.store, "/long", long);
    expect((await talk.retrieve("RETR long")).toString()).toBe(long.replaceAll("\n", "\r\n"));
    await talk.store("STOR long2", long.replaceAll("\n", "\r\n"));
    expect((await getFile(ftp.store, "/long2"))?.toString()).toBe(long);
  });

  it("are right with the smallest buffer", async () => {
    await using ftp = await serveFtp({ buffsize: 512 });
    const content = Buffer.from("0123456789\n".repeat(10_000));
    using talk = await FtpTalk.login(ftp.port);
    await talk.store("STOR file", content);
    expect((await talk.retrieve("RETR file")).equals(content)).toBe(true);
    await talk.ask("TYPE A", 200);
    expect((await talk.retrieve("RETR file")).length).toBe(content.length + 10_000);
  });

  it("tell what is deleted, renamed and made (pyftpdlib #231, #379, #573)", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    await talk.ask("MKD dir", 257);
    await talk.store("STOR dir/a", "x");
    await talk.ask("RNFR dir/a", 350);
    await talk.ask("RNTO b", 250);
    await talk.ask("MFMT 20200102030405 b", 213);
    await talk.ask("DELE b", 250);
    await talk.ask("RMD dir", 250);
    const changes = ftp.events.flatMap((event) => (event.type === "change" ? [[event.change, event.path]] : []));
    expect(changes).toEqual([
      ["make-directory", "/dir"],
      ["rename", "/dir/a"],
      ["set-modified", "/b"],
      ["delete", "/b"],
      ["remove-directory", "/dir"],
    ]);
  });

  it("list sorted names, a file alone, and STAT inline", async () => {
    await using ftp = await serveFtp();
    for (const name of ["c", "a", "b"]) await putFile(ftp.store, `/${name}`, name);
    using talk = await FtpTalk.login(ftp.port);
    expect((await talk.retrieve("NLST")).toString()).toBe("a\r\nb\r\nc\r\n");
    expect((await talk.retrieve("LIST b")).toString()).toMatch(/^-.* b\r\n$/);
    expect((await talk.retrieve("MLSD")).toString().split("\r\n")).toHaveLength(4);
    await talk.data();
    await talk.ask("MLSD b", 501);
    await talk.ask("LIST missing", 550);
    expect((await talk.ask("STAT b", 213)).split("\n")).toHaveLength(3);
  });

  it("list more entries than are sorted, but not over the control connection", async () => {
    const store = createMemoryStore();
    const names = Array.from({ length: LIMITS.ftpListedEntries.value + 5_000 }, (_, index) => `entry ${index}`);
    store.list = async function* () {
      for (let i = 0; i < names.length; i += 1_000) {
        yield names.slice(i, i + 1_000).map((name) => ({
          name,
          type: "file",
          sizeBytes: 0,
          modifiedMs: 0,
          mode: undefined,
        }));
      }
    };
    await using ftp = await serveFtp({ store });
    using talk = await FtpTalk.login(ftp.port);
    const listed = (await talk.retrieve("NLST")).toString().trimEnd().split("\r\n");
    const sorted = names.slice(0, LIMITS.ftpListedEntries.value).sort();
    expect(listed).toEqual([...sorted, ...names.slice(LIMITS.ftpListedEntries.value)]);
    expect(await talk.ask("STAT .", 552)).toContain("LIST");
  });

  it("name the file that STOU made", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    await talk.store("STOU", "one");
    await talk.store("STOU", "two");
    const paths = ftp.events.flatMap((event) => (event.type === "upload" ? [event.path] : []));
    expect(paths).toEqual((await namesIn(ftp.store)).map((name) => `/${name}`));
    expect(new Set(paths).size).toBe(2);
  });

  it("hash a file on request", async () => {
    await using ftp = await serveFtp();
    await putFile(ftp.store, "/file", "123456789");
    using talk = await FtpTalk.login(ftp.port);
    expect(await talk.ask("HASH file", 213)).toContain(createHash("sha256").update("123456789").digest("hex"));
    await talk.ask("OPTS HASH CRC32", 200);
    expect((await talk.ask("HASH file", 213)).toLowerCase()).toContain("cbf43926");
  });
});
