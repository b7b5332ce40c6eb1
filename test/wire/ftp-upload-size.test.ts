/**
 * The bound on the size of an uploaded file, at its very edge.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Client } from "basic-ftp";
import { expect, it, onTestFinished } from "vitest";
import { createDirectoryStore, hashPassword, type Store } from "../../src/index.ts";
import { FtpTalk, getFile, namesIn, putFile, serveFtp } from "./ftp.ts";

const MOST = 1_000;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "porthole-size-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const sizeIn = async (store: Store, path: string) => (await getFile(store, path))?.length;

it("STOR: the limit passes, one byte more is 552; the old file stays, and nothing else does", async () => {
  const root = folder();
  await using ftp = await serveFtp({ store: createDirectoryStore({ root }), maxUploadBytes: MOST });
  using talk = await FtpTalk.login(ftp.port);
  await talk.store("STOR a", Buffer.alloc(MOST, "a"));
  expect(await talk.store("STOR a", Buffer.alloc(MOST + 1, "b"), 552)).toContain("at most 1000 bytes");
  await talk.store("STOR b", Buffer.alloc(MOST + 1), 552);
  expect(readdirSync(root)).toEqual(["a"]);
  expect(readFileSync(join(root, "a"))).toEqual(Buffer.alloc(MOST, "a"));
  expect(ftp.events.filter(({ type }) => type === "upload")).toHaveLength(1);
  expect(ftp.events.filter(({ type }) => type === "error")).toEqual([]);
});

it("refuses while bytes come: the client need not end", async () => {
  await using ftp = await serveFtp({ maxUploadBytes: 3_000_000 });
  using talk = await FtpTalk.login(ftp.port);
  for (const bytes of [3_000_001, 20_000_000]) {
    const data = await talk.data();
    await talk.ask("STOR a", 150);
    data.write(Buffer.alloc(bytes));
    await talk.expect(552);
  }
  expect(await namesIn(ftp.store)).toEqual([]);
  await talk.store("STOR a", Buffer.alloc(3_000_000));
  expect(await sizeIn(ftp.store, "/a")).toBe(3_000_000);
});

it("a client that is still sending reads why, and goes on", async () => {
  await using ftp = await serveFtp({ maxUploadBytes: 3_000_000 });
  const client = new Client(10_000);
  onTestFinished(() => client.close());
  await client.access({ host: "127.0.0.1", port: ftp.port, user: "micro", password: "python" });
  for (let round = 0; round < 3; round++) {
    const large = Readable.from([Buffer.alloc(60_000_000)]);
    await expect(client.uploadFrom(large, "large")).rejects.toThrow("552 A file may have at most 3000000 bytes.");
  }
  await client.uploadFrom(Readable.from([Buffer.alloc(3_000_000)]), "fits");
  expect(await namesIn(ftp.store)).toEqual(["fits"]);
});

it("STOU: nothing is left under the name that was told", async () => {
  await using ftp = await serveFtp({ maxUploadBytes: MOST });
  using talk = await FtpTalk.login(ftp.port);
  await talk.store("STOU", Buffer.alloc(MOST + 1), 552);
  expect(await namesIn(ftp.store)).toEqual([]);
  await talk.store("STOU", Buffer.alloc(MOST));
  expect(await namesIn(ftp.store)).toHaveLength(1);
});

it("APPE and REST: the older part counts", async () => {
  const root = folder();
  await using ftp = await serveFtp({
    store: createDirectoryStore({ root, uploads: "in-place" }),
    maxUploadBytes: MOST,
  });
  using talk = await FtpTalk.login(ftp.port);
  writeFileSync(join(root, "a"), Buffer.alloc(900));
  await talk.store("APPE a", Buffer.alloc(101), 552);
  expect(await sizeIn(ftp.store, "/a")).toBe(900);
  await talk.store("APPE a", Buffer.alloc(100));
  await talk.store("APPE a", "x", 552);
  await talk.store("APPE a", "");
  await talk.store("APPE b", Buffer.alloc(MOST));
  await talk.ask("REST 900", 350);
  await talk.store("STOR a", Buffer.alloc(101), 552);
  await talk.ask("REST 900", 350);
  await talk.store("STOR a", Buffer.alloc(100, "z"));
  expect(readFileSync(join(root, "a"))).toEqual(Buffer.concat([Buffer.alloc(900), Buffer.alloc(100, "z")]));
  // A file that was too large before the limit came cannot grow.
  writeFileSync(join(root, "old"), Buffer.alloc(MOST + 1));
  await talk.ask("EPSV", 229);
  await talk.ask("APPE old", 552);
  await talk.ask("REST 1001", 350);
  await talk.ask("EPSV", 229);
  await talk.ask("STOR old", 552);
  expect(await sizeIn(ftp.store, "/old")).toBe(MOST + 1);
});

it("in ASCII the bytes count that the file has, not those that come", async () => {
  await using ftp = await serveFtp({ maxUploadBytes: MOST });
  using talk = await FtpTalk.login(ftp.port);
  await talk.ask("TYPE A", 200);
  await talk.store("STOR a", "\r\n".repeat(MOST));
  expect(await sizeIn(ftp.store, "/a")).toBe(MOST);
  await talk.store("STOR a", "\r\n".repeat(MOST + 1), 552);
  await talk.store("STOR a", `${"\r\n".repeat(MOST)}\r`, 552); // told only by the end
  expect(await sizeIn(ftp.store, "/a")).toBe(MOST);
});

it("what ALLO says is refused before it comes", async () => {
  await using ftp = await serveFtp({ maxUploadBytes: MOST });
  using talk = await FtpTalk.login(ftp.port);
  await talk.ask(`ALLO ${MOST + 1}`, 200);
  await talk.ask("EPSV", 229);
  await talk.ask("STOR a", 552);
  await talk.ask(`ALLO ${MOST}`, 200);
  await talk.store("STOR a", Buffer.alloc(MOST));
  await putFile(ftp.store, "/b", Buffer.alloc(10));
  await talk.ask(`ALLO ${MOST - 9}`, 200);
  await talk.ask("EPSV", 229);
  await talk.ask("APPE b", 552);
});

it("of the server's limit and the account's the smaller counts, also where uploads are slow", async () => {
  const hash = await hashPassword("secret");
  const users = [
    { name: "small", hash, limits: { maxUploadBytes: 10, uploadBytesPerSecond: 1_000_000 } },
    { name: "large", hash, limits: { maxUploadBytes: 5_000 } },
  ];
  await using ftp = await serveFtp({ users, maxUploadBytes: MOST });
  for (const [user, most] of [
    ["small", 10],
    ["large", MOST],
  ] as const) {
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask(`USER ${user}`, 331);
    await talk.ask("PASS secret", 230);
    await talk.ask("TYPE I", 200);
    await talk.store(`STOR ${user}`, Buffer.alloc(most));
    await talk.store(`STOR ${user}`, Buffer.alloc(most + 1), 552);
    expect(await sizeIn(ftp.store, `/${user}`)).toBe(most);
  }
});
