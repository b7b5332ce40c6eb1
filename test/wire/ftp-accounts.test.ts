/**
 * Accounts over FTP: roots, rights, limits and guests, as a client meets them.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { createMemoryStore, hashPassword, type UserOptions } from "../../src/index.ts";
import { parsePath } from "../../src/protocol/text/path.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, getFile, namesIn, putFile, serveFtp, type TestFtp } from "./ftp.ts";

let hash: string;
beforeAll(async () => {
  hash = await hashPassword("secret");
});

async function serveUsers(users: readonly Omit<UserOptions, "hash">[], options = {}): Promise<TestFtp> {
  const store = createMemoryStore({ capBytes: 1e8 });
  for (const name of ["anna", "bert", "pub"]) await store.makeDirectory(parsePath(`/${name}`)!);
  return serveFtp({ store, users: users.map((user) => ({ ...user, hash })), ...options });
}

async function login(port: number, user: string, password = "secret"): Promise<FtpTalk> {
  const talk = await FtpTalk.open(port);
  await talk.expect(220);
  await talk.ask(`USER ${user}`, 331);
  await talk.ask(`PASS ${password}`, 230);
  await talk.ask("TYPE I", 200);
  return talk;
}

describe("an account's root", () => {
  it("is all that it sees, and nothing leads out", async () => {
    await using ftp = await serveUsers([
      { name: "anna", root: "/anna" },
      { name: "bert", root: "/bert" },
    ]);
    await putFile(ftp.store, "/secret", "x");
    await putFile(ftp.store, "/bert/his", "x");
    using talk = await login(ftp.port, "anna");
    expect(await talk.ask("PWD", 257)).toContain('"/"');
    await talk.store("STOR mine", "content");
    expect((await getFile(ftp.store, "/anna/mine"))?.toString()).toBe("content");
    for (const path of ["/secret", "../secret", "../bert/his", "/bert/his", "../../../../secret"]) {
      await talk.ask(`SIZE ${path}`, 550);
      await talk.ask(`RNFR ${path}`, 550);
      await talk.ask(`DELE ${path}`, 550);
    }
    expect((await talk.retrieve("NLST")).toString()).toBe("mine\r\n");
    await talk.ask("MKD sub", 257);
    await talk.ask("CWD sub", 250);
    await talk.ask("CDUP", 250);
    await talk.ask("CDUP", 250);
    expect(await talk.ask("PWD", 257)).toContain('"/"');
    expect(await talk.store("STOU", "unique")).toBeTruthy();
    await talk.ask("RNFR mine", 350);
    await talk.ask("RNTO /sub/moved", 250);
    expect((await getFile(ftp.store, "/anna/sub/moved"))?.toString()).toBe("content");
    await talk.ask("RMD /", 550);
    await talk.ask("SITE CHMOD 700 /", 550);
    expect(await namesIn(ftp.store)).toEqual(["anna", "bert", "pub", "secret"]);
  });

  it("that is not there lets nobody in, and the program is told why", async () => {
    await using ftp = await serveUsers([{ name: "anna", root: "/gone", limits: { sessions: 1 } }]);
    for (let round = 0; round < 2; round++) {
      using talk = await FtpTalk.open(ftp.port);
      await talk.expect(220);
      await talk.ask("USER anna", 331);
      expect(await talk.ask("PASS secret", 530)).not.toContain("/gone");
    }
    expect(ftp.events).toContainEqual(
      expect.objectContaining({ type: "error", message: expect.stringContaining("/gone") }),
    );
  });
});

describe("an account's rights", () => {
  it("are what it may do, and each is looked at", async () => {
    await using ftp = await serveUsers([
      { name: "reader", rights: ["read"] },
      { name: "lister", rights: ["list"] },
      { name: "writer", rights: ["write"] },
      { name: "deleter", rights: ["delete"] },
      { name: "renamer", rights: ["rename"] },
      { name: "maker", rights: ["make-directory"] },
    ]);
    await putFile(ftp.store, "/pub/file", "content");
    const may = async (user: string, line: string): Promise<boolean> => {
      using talk = await login(ftp.port, user);
      await talk.ask("EPSV", 229);
      talk.send(line);
      const { code, text } = await talk.reply();
      return !(code === 550 && text.includes("Permission denied"));
    };
    const lines = {
      reader: "RETR /pub/file",
      lister: "LIST /pub",
      writer: "STOR /pub/new",
      deleter: "DELE /pub/nothing",
      renamer: "RNFR /pub/file",
      maker: "MKD /pub/new-directory",
    };
    for (const user of Object.keys(lines)) {
      for (const [owner, line] of Object.entries(lines))
        expect([user, line, await may(user, line)]).toEqual([user, line, user === owner]);
    }
  });

  it("end with readOnly at reading and listing", async () => {
    await using ftp = await serveUsers([{ name: "anna" }], { readOnly: true });
    using talk = await login(ftp.port, "anna");
    await talk.ask("MKD no", 550);
    await talk.retrieve("NLST");
  });
});

describe("an account's sessions", () => {
  it("are as many as allowed; one that leaves makes room, by any way", async () => {
    await using ftp = await serveUsers([{ name: "anna", limits: { sessions: 2 } }, { name: "bert" }]);
    const over = async () => {
      using third = await FtpTalk.open(ftp.port);
      await third.expect(220);
      await third.ask("USER anna", 331);
      expect(await third.ask("PASS secret", 421)).toContain("too many sessions");
    };
    const one = await login(ftp.port, "anna");
    const two = await login(ftp.port, "anna");
    await over();
    using other = await login(ftp.port, "bert");
    await one.ask("QUIT", 221);
    await until(() => ftp.server.sessions().filter(({ user }) => user === "anna").length === 1);
    const three = await login(ftp.port, "anna");
    await over();
    two.socket.destroy();
    await until(() => ftp.server.sessions().filter(({ user }) => user === "anna").length === 1);
    await three.ask("REIN", 220);
    using four = await login(ftp.port, "anna");
    using five = await login(ftp.port, "anna");
    await over();
    await Promise.all([four, five, other].map((talk) => talk.ask("NOOP", 200)));
  });
});

describe("an account's quota", () => {
  it("ends an upload with 552 and leaves nothing of it", async () => {
    await using ftp = await serveUsers([{ name: "anna", root: "/anna", limits: { quotaBytes: 1_000_000 } }]);
    await putFile(ftp.store, "/anna/old", Buffer.alloc(300_000));
    await putFile(ftp.store, "/bert/others", Buffer.alloc(5_000_000));
    using talk = await login(ftp.port, "anna");
    expect(await talk.ask("AVBL", 213)).toContain("700000");
    await talk.store("STOR a", Buffer.alloc(600_000));
    await talk.store("STOR b", Buffer.alloc(200_000), 552);
    expect(await namesIn(ftp.store, "/anna")).toEqual(["a", "old"]);
    await talk.store("STOR b", Buffer.alloc(100_000));
    await talk.store("STOR c", "x", 552);
    await talk.store("APPE b", "x", 552);
    await talk.store("STOR a", Buffer.alloc(600_000)); // in the place of as much
    await talk.store("STOR a", Buffer.alloc(600_001), 552);
    expect((await getFile(ftp.store, "/anna/a"))?.length).toBe(600_000);
    await talk.ask("DELE old", 250);
    expect(await talk.ask("AVBL", 213)).toContain("300000");
    await talk.ask("RNFR a", 350);
    await talk.ask("RNTO b", 250);
    expect(await talk.ask("AVBL", 213)).toContain("400000");
    await talk.store("STOR c", Buffer.alloc(400_000));
  });

  it("counts the uploads of all sessions together, also those under way and those aborted", async () => {
    await using ftp = await serveUsers([{ name: "anna", root: "/anna", limits: { quotaBytes: 1_000_000 } }]);
    using one = await login(ftp.port, "anna");
    using two = await login(ftp.port, "anna");
    const data = await one.data();
    await one.ask("STOR half", 150);
    data.write(Buffer.alloc(900_000));
    await until(() => ftp.server.sessions().some(({ transfer }) => transfer?.bytes === 900_000));
    await two.store("STOR other", Buffer.alloc(600_000), 552);
    one.send("ABOR");
    await one.expect(426);
    await one.expect(226);
    await two.store("STOR other", Buffer.alloc(1_000_000));
    await two.store("APPE other", "x", 552);
  });

  it("cannot be outwitted by several sessions that replace one file", async () => {
    await using ftp = await serveUsers([{ name: "anna", root: "/anna", limits: { quotaBytes: 1_000_000 } }]);
    await putFile(ftp.store, "/anna/a", Buffer.alloc(900_000));
    using one = await login(ftp.port, "anna");
    using two = await login(ftp.port, "anna");
    for (let round = 0; round < 3; round++) {
      // Both begin while the old file is there; only one of them replaces it.
      const uploads = [];
      for (const talk of [one, two]) {
        const data = await talk.data();
        await talk.ask("STOR a", 150);
        uploads.push({ talk, data });
      }
      for (const { talk, data } of uploads) {
        data.end("x");
        await talk.expect(226);
      }
      await one.store("STOR b", Buffer.alloc(10_000));
      await one.store("STOR c", Buffer.alloc(10));
      await Promise.all([
        one.ask("RNFR b", 350).then(() => one.send("RNTO d")),
        two.ask("RNFR c", 350).then(() => two.send("RNTO d")),
      ]);
      for (const talk of [one, two]) expect((await talk.reply()).code).toBe(250);
      const held = await Promise.all(["a", "b", "c", "d"].map((name) => getFile(ftp.store, `/anna/${name}`)));
      const bytes = held.reduce((sum, file) => sum + (file?.length ?? 0), 0);
      expect(await one.ask("AVBL", 213)).toBe(`213 ${1_000_000 - bytes}`);
      await one.store("STOR a", Buffer.alloc(900_000));
    }
    // What fits in the place of the old file does not any more when that has become small and others have come.
    const data = await one.data();
    await one.ask("STOR a", 150);
    data.write(Buffer.alloc(900_000));
    await until(() => ftp.server.sessions().some(({ transfer }) => transfer?.bytes === 900_000));
    await two.store("STOR a", "x");
    await two.store("STOR f", Buffer.alloc(950_000));
    data.end();
    await one.expect(552);
    expect((await getFile(ftp.store, "/anna/a"))?.toString()).toBe("x");
    await two.ask("DELE f", 250);
    await two.store("STOR a", Buffer.alloc(900_000));
    await one.store("STOR e", Buffer.alloc(200_000), 552);
  });

  it("refuses what ALLO says before it comes", async () => {
    await using ftp = await serveUsers([{ name: "anna", root: "/anna", limits: { quotaBytes: 1_000 } }]);
    using talk = await login(ftp.port, "anna");
    await talk.ask("ALLO 2000", 200);
    await talk.ask("EPSV", 229);
    await talk.ask("STOR big", 552);
  });
});

describe("an account's rates", () => {
  it("hold downloads and uploads back, of all sessions together", async () => {
    const limits = { downloadBytesPerSecond: 300_000, uploadBytesPerSecond: 300_000 };
    await using ftp = await serveUsers([{ name: "anna", limits }, { name: "bert" }]);
    const content = Buffer.alloc(300_000, "porthole");
    await putFile(ftp.store, "/pub/file", content);
    /** How many seconds it took, and whether it is over. */
    const timed = (work: Promise<unknown>) => {
      const start = performance.now();
      const of = { over: false, seconds: work.then(() => (performance.now() - start) / 1000) };
      void of.seconds.then(() => {
        of.over = true;
      });
      return of;
    };
    using one = await login(ftp.port, "anna");
    using two = await login(ftp.port, "anna");
    using free = await login(ftp.port, "bert");
    const both = Promise.all([one.retrieve("RETR /pub/file"), two.retrieve("RETR /pub/file")]);
    const down = timed(both);
    await free.retrieve("RETR /pub/file");
    expect(down.over).toBe(false);
    expect(await down.seconds).toBeGreaterThan(1.2); // 600,000 bytes, less what a burst lets through
    for (const bytes of await both) expect(bytes.equals(content)).toBe(true);
    const up = timed(one.store("STOR /pub/up", Buffer.concat([content, content])));
    await free.store("STOR /pub/up2", content);
    expect(up.over).toBe(false);
    expect(await up.seconds).toBeGreaterThan(1);
    expect((await getFile(ftp.store, "/pub/up"))?.equals(Buffer.concat([content, content]))).toBe(true);
  });

  it("take no right end away: a held-back transfer can be aborted at once", async () => {
    await using ftp = await serveUsers([
      { name: "anna", limits: { downloadBytesPerSecond: 1_000, uploadBytesPerSecond: 1_000 } },
    ]);
    await putFile(ftp.store, "/pub/file", Buffer.alloc(300_000));
    using talk = await login(ftp.port, "anna");
    for (const command of ["RETR /pub/file", "STOR /pub/up"]) {
      const data = await talk.data();
      await talk.ask(command, 150);
      if (command.startsWith("STOR")) data.write(Buffer.alloc(100_000));
      data.resume();
      await until(() => (ftp.server.sessions()[0]?.transfer?.bytes ?? 0) > 0);
      talk.send("ABOR");
      await talk.expect(426); // at its rate it would go on for minutes
      await talk.expect(226);
      data.destroy();
    }
  });
});

describe("a guest", () => {
  it("reads and lists below its root and changes nothing", async () => {
    await using ftp = await serveUsers([{ name: "anna" }], { anonymous: { root: "/pub" } });
    await putFile(ftp.store, "/pub/file", "content");
    using talk = await login(ftp.port, "anonymous", "me@example.org");
    expect((await talk.retrieve("NLST")).toString()).toBe("file\r\n");
    expect((await talk.retrieve("RETR file")).toString()).toBe("content");
    await talk.ask("EPSV", 229);
    await talk.ask("STOR new", 550);
    await talk.ask("DELE file", 550);
    await talk.ask("MKD new", 550);
    await talk.ask("SIZE ../anna", 550);
  });

  it("is not let in unless that is asked for", async () => {
    await using ftp = await serveUsers([{ name: "anna" }]);
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("USER anonymous", 331);
    await talk.ask("PASS me@example.org", 530);
  });
});

describe("names in the log", () => {
  it("are those of accounts only: what else was typed might be a password", async () => {
    await using ftp = await serveUsers([{ name: "anna" }]);
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("USER my-password", 331);
    await talk.ask("PASS anna", 530);
    await talk.ask("USER anna", 331);
    await talk.ask("PASS wrong", 530);
    const names = ftp.events.flatMap((event) => (event.type === "login-failed" ? [event.user] : []));
    expect(names).toEqual(["***", "anna"]);
    expect(JSON.stringify(ftp.events)).not.toContain("my-password");
    expect(JSON.stringify(ftp.events)).not.toContain('wrong"');
  });
});

it("users are given instead of one user, not beside it", async () => {
  const users = [{ name: "anna", hash }];
  await expect(serveFtp({ users, password: "x" })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
  await expect(serveFtp({ users, authenticate: async () => undefined })).rejects.toThrow(/not several/);
  await using ftp = await serveFtp({ users });
  expect(() => ftp.server.setCredentials("a", "b")).toThrow(expect.objectContaining({ code: "PORTHOLE_ERR_STATE" }));
});
