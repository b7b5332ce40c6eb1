/** What other servers are known to do wrong, as far as it takes sockets, files or threads to show that ours does not. */
import { mkdirSync, mkdtempSync, readdirSync, statfsSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as secureConnect } from "node:tls";
import { describe, expect, it } from "vitest";
import { createFtpServer, createMemoryStore } from "../../src/index.ts";
import { keepSelfSigned } from "../../src/owner-files/self-signed.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, freePort, getFile, openData, putFile, readAll, serveFtp } from "./ftp.ts";
import { openSite, pseudoRandom } from "./ftp-site.ts";

/** A certificate for as long as a test takes. */
async function certificate(): Promise<{ cert: string; key: string } & AsyncDisposable> {
  const directory = mkdtempSync(join(tmpdir(), "porthole-field-"));
  const { cert, key } = await keepSelfSigned(directory);
  return { cert, key, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

function secure(socket: Socket) {
  const tls = secureConnect({ socket, rejectUnauthorized: false });
  tls.on("error", () => {});
  return tls;
}

const sessionsLeft = (ftp: { server: { sessions(): readonly unknown[] } }) => ftp.server.sessions().length;

describe("faults of ftp-srv", () => {
  it("3: no link leads out of the root: not to read, to write, to list or to remove", async () => {
    await using site = await openSite();
    const outside = join(site.local, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "secret"), "secret");
    symlinkSync(outside, join(site.root, "out"));
    symlinkSync(join(outside, "secret"), join(site.root, "file"));
    symlinkSync("../local/outside", join(site.root, "relative"));
    using talk = await FtpTalk.login(site.ftp.port);
    await talk.passivePort();
    for (const name of ["file", "out/secret", "relative/secret"]) {
      for (const verb of ["RETR", "SIZE", "MDTM", "HASH", "SITE CHMOD 777"]) await talk.ask(`${verb} ${name}`, 550);
    }
    for (const line of ["DELE out/secret", "RNFR relative/secret", "RMD out/x"]) await talk.ask(line, 550);
    await talk.ask("DELE file", 250); // the link, which is in the root
    for (const path of ["out", "relative"]) {
      for (const verb of ["CWD", "MLSD", "LIST", "NLST", "STAT"]) await talk.ask(`${verb} ${path}`, 550);
      for (const line of [`MKD ${path}/x`, `STOR ${path}/x`, `APPE ${path}/secret`]) await talk.ask(line, 550);
    }
    expect(readdirSync(outside)).toEqual(["secret"]);
  });

  it("11: passive ports do not run out, and a stranger ends nobody's session", async () => {
    const port = await freePort();
    await using ftp = await serveFtp({ passivePorts: { from: port, to: port } });
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.login(ftp.port);
    for (let round = 0; round < 60; round++) {
      expect(await talk.passivePort()).toBe(port);
      if (round % 3 === 0) (await openData(port, { localAddress: "127.0.0.2" })).destroy();
      if (round % 5 === 0) continue; // asked for and not used
      const data = await openData(port);
      await talk.ask("RETR file", 150);
      expect((await readAll(data)).toString()).toBe("content");
      await talk.expect(226);
    }
  });

  it("12: 150 comes before the handshake of a data connection, and PROT is obeyed", async () => {
    await using tls = await certificate();
    await using ftp = await serveFtp({ tls });
    await putFile(ftp.store, "/file", "content");
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const hidden = await talk.data();
    await talk.ask("RETR file", 150); // and no byte of TLS was sent there yet
    expect((await readAll(secure(hidden))).toString()).toBe("content");
    await talk.expect(226);
    await talk.ask("PROT C", 200);
    const clear = await talk.data();
    await talk.ask("RETR file", 150);
    expect((await readAll(clear)).toString()).toBe("content");
    await talk.expect(226);
  });

  it("14: a server of the program's own puts no hand on its signals and its exit", async () => {
    const counts = () =>
      ["SIGTERM", "SIGINT", "SIGQUIT", "exit", "uncaughtException"].map((name) => process.listenerCount(name));
    const before = counts();
    const server = createFtpServer({ store: createMemoryStore() });
    await server.listen({ port: 0 });
    expect(counts()).toEqual(before);
    await server.close();
    expect(counts()).toEqual(before);
  });
});

describe("faults of pyftpdlib", () => {
  it.skipIf(process.platform !== "linux")("a name that is no UTF-8, or no line, breaks no listing (#280)", async () => {
    await using site = await openSite();
    for (const name of ["good", "two\nlines"]) writeFileSync(join(site.root, name), "x");
    writeFileSync(Buffer.concat([Buffer.from(`${site.root}/bad`), Buffer.from([0xff, 0xfe])]), "x");
    using talk = await FtpTalk.login(site.ftp.port);
    expect((await talk.retrieve("NLST")).toString()).toBe("good\r\n");
    expect((await talk.retrieve("LIST")).toString()).toMatch(/^-\S+ .* good\r\n$/);
    expect((await talk.retrieve("MLSD")).toString()).toMatch(/^type=file;[^\r]* good\r\n$/);
  });

  it("a session that asked for a data connection and never made it is idle all the same (#658)", async () => {
    await using ftp = await serveFtp({ timeout: 1 });
    using talk = await FtpTalk.login(ftp.port);
    await talk.passivePort();
    await talk.expect(421);
    await until(() => sessionsLeft(ftp) === 0);
  });

  it("QUIT behind data connections of all kinds leaves no socket (#71, #78)", async () => {
    await using ftp = await serveFtp();
    const handles = () => process.getActiveResourcesInfo().filter((name) => /TCP/.test(name)).length;
    const before = handles();
    for (let round = 0; round < 10; round++) {
      using talk = await FtpTalk.login(ftp.port);
      const port = await talk.passivePort();
      const foreign = await openData(port, { localAddress: "127.0.0.2" });
      const own = await openData(port);
      await talk.ask("QUIT", 221);
      await until(() => talk.closed);
      for (const socket of [foreign, own]) {
        socket.resume();
        await until(() => socket.closed || socket.readableEnded);
        socket.destroy();
      }
    }
    await until(() => handles() <= before);
  });

  it("a large upload over TLS does not hang (#194)", async () => {
    await using tls = await certificate();
    await using ftp = await serveFtp({ tls });
    using talk = await FtpTalk.loginSecurely(ftp.port);
    const content = pseudoRandom(60_000_001);
    const data = secure(await talk.data());
    await talk.ask("STOR large", 150);
    data.end(content);
    await talk.expect(226);
    expect((await getFile(ftp.store, "/large"))?.equals(content)).toBe(true);
  });
});

describe("faults of the device", () => {
  it("files that end with a buffer, and empty ones, are sent and answered 226", async () => {
    await using ftp = await serveFtp({ buffsize: 1024 });
    using talk = await FtpTalk.login(ftp.port);
    for (const bytes of [0, 1, 511, 512, 513, 1023, 1024, 1025, 2048, 10_240]) {
      const content = pseudoRandom(bytes);
      await talk.store("STOR file", content);
      expect((await talk.retrieve("RETR file")).equals(content)).toBe(true);
      expect(await talk.ask("SIZE file", 213)).toBe(`213 ${bytes}`);
    }
  });

  it("a path whose parts have one name is not mistaken for another", async () => {
    await using ftp = await serveFtp();
    using talk = await FtpTalk.login(ftp.port);
    await talk.ask("MKD a", 257);
    await talk.ask("MKD a/a", 257);
    await talk.store("STOR a/a/a", "deepest");
    await talk.store("STOR a/aa", "beside");
    await talk.ask("CWD a/a", 250);
    expect(await talk.ask("PWD", 257)).toContain('"/a/a"');
    await talk.ask("CDUP", 250);
    expect(await talk.ask("PWD", 257)).toContain('"/a"');
    await talk.ask("RNFR a/a", 350);
    await talk.ask("RNTO a/b", 250);
    expect((await talk.retrieve("RETR /a/a/b")).toString()).toBe("deepest");
    expect((await talk.retrieve("RETR aa")).toString()).toBe("beside");
  });

  it("a password is right as a whole or wrong, blanks and all", async () => {
    await using ftp = await serveFtp({ user: "a user", password: " pass word " });
    const wrongs = ["", " pass", "pass word", " pass word", " pass word x", " pass word  "];
    for (const [index, wrong] of wrongs.entries()) {
      using talk = await FtpTalk.open(ftp.port, { localAddress: `127.0.0.${index + 2}` }); // so that none has to wait
      await talk.expect(220);
      await talk.ask("USER a user", 331);
      await talk.ask(`PASS ${wrong}`, 530);
    }
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("USER a user", 331);
    await talk.ask("PASS  pass word ", 230);
  });

  it("the space that is told is the disk's own", async () => {
    await using site = await openSite();
    using talk = await FtpTalk.login(site.ftp.port);
    const told = Number((await talk.ask("AVBL", 213)).slice(4));
    const { bavail, bsize } = statfsSync(site.root);
    expect(Math.abs(told / (bavail * bsize) - 1)).toBeLessThan(0.1); // others write to it too
  });
});
