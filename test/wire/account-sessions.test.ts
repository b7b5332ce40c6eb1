/**
 * One account over both servers: the same file of users, the same rights, sessions counted together.
 */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashPassword } from "../../src/index.ts";
import { createAccountSessions } from "../../src/servers/account-sessions.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, serveFtp, type TestFtp } from "./ftp.ts";
import type { RawClient } from "./raw-client.ts";
import { startTelnet, type TelnetFixture } from "./telnet-fixture.ts";

let directory: string;
let hash: string;
let groups = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "porthole-accounts-"));
  hash = await hashPassword("secret");
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** Both servers, with one file of users. */
async function serveBoth(users: readonly object[]): Promise<{ ftp: TestFtp; telnet: TelnetFixture; file: string }> {
  const guardGroup = `accounts ${++groups}`;
  const file = join(directory, `users-${groups}.json`);
  await writeFile(file, JSON.stringify({ users: users.map((user) => ({ hash, ...user })) }), { mode: 0o600 });
  const telnet = await startTelnet({ users: file, guardGroup });
  return { ftp: await serveFtp({ users: file, guardGroup }), telnet, file };
}

async function ftpLogin(ftp: TestFtp, user: string, code: number): Promise<FtpTalk> {
  const talk = await FtpTalk.open(ftp.port);
  await talk.expect(220);
  await talk.ask(`USER ${user}`, 331);
  await talk.ask("PASS secret", code);
  return talk;
}

async function telnetLogin(telnet: TelnetFixture, user: string, shown: string | RegExp): Promise<RawClient> {
  const client = await telnet.connect();
  await client.login(user, "secret");
  await client.until(shown);
  return client;
}

const TOO_MANY = "Too many sessions of this account.";

describe("a file of users for both servers", () => {
  it("says who has the prompt, and who has files", async () => {
    const { ftp, telnet } = await serveBoth([
      { name: "anna" },
      { name: "bert", rights: ["read", "list"] },
      { name: "cleo", rights: ["prompt"] },
    ]);
    await using _ = ftp;
    using anna = await ftpLogin(ftp, "anna", 230);
    await anna.ask("MKD made", 257);
    using bert = await ftpLogin(ftp, "bert", 230);
    await bert.ask("MKD made2", 550);
    using cleo = await ftpLogin(ftp, "cleo", 230);
    await cleo.ask("EPSV", 229);
    await cleo.ask("LIST", 550);
    (await telnetLogin(telnet, "cleo", ">>> ")).socket.destroy();
    await telnet.event("left");
    // Not told from a wrong password.
    await telnetLogin(telnet, "bert", "Invalid credentials, try again.\r\n");
    await telnetLogin(telnet, "anna", ">>> ");
  });

  it("is read again by both when it has changed", async () => {
    const { ftp, telnet, file } = await serveBoth([{ name: "anna" }]);
    await using _ = ftp;
    await writeFile(file, JSON.stringify({ users: [{ name: "dora", hash }] }), { mode: 0o600 });
    (await ftpLogin(ftp, "anna", 530)).socket.destroy();
    (await ftpLogin(ftp, "dora", 230)).socket.destroy();
    await telnetLogin(telnet, "anna", "Invalid credentials, try again.\r\n");
    await telnetLogin(telnet, "dora", ">>> ");
  });
});

describe("an account's sessions", () => {
  const users = [{ name: "anna", limits: { sessions: 2 } }, { name: "bert" }];

  it("are counted over both servers together; one that leaves makes room", async () => {
    const { ftp, telnet } = await serveBoth(users);
    await using _ = ftp;
    const one = await ftpLogin(ftp, "anna", 230);
    const two = await telnetLogin(telnet, "anna", ">>> ");
    const refused = async () => {
      (await ftpLogin(ftp, "anna", 421)).socket.destroy();
      return true;
    };
    await refused();
    (await ftpLogin(ftp, "bert", 230)).socket.destroy();
    two.socket.destroy();
    await telnet.event("left");
    const three = await ftpLogin(ftp, "anna", 230);
    await telnetLogin(telnet, "anna", TOO_MANY);
    expect(await telnet.event("refused")).toMatchObject({ reason: "too many sessions of this account" });
    await one.ask("QUIT", 221);
    await until(() => ftp.server.sessions().filter(({ user }) => user === "anna").length === 1);
    await telnetLogin(telnet, "anna", ">>> ");
    await refused();
    await three.ask("NOOP", 200);
  });

  it("are left by one's own takeover: who lost the connection gets the prompt back", async () => {
    const { ftp, telnet } = await serveBoth([{ name: "anna", limits: { sessions: 1 } }, { name: "bert" }]);
    await using _ = ftp;
    const lost = await telnetLogin(telnet, "anna", ">>> ");
    const again = await telnetLogin(telnet, "anna", "[l]eave? ");
    again.send("w"); // would be a second one
    await again.until(`${TOO_MANY}\r\n`);
    await again.until("[l]eave? ");
    again.send("t");
    await again.until(">>> ");
    await lost.closed();
    (await ftpLogin(ftp, "anna", 421)).socket.destroy();
    // A user who waits for the seat has no session yet, and gets one with the seat.
    const waiting = await telnetLogin(telnet, "bert", "[l]eave? ");
    again.socket.destroy();
    await waiting.until(">>> ");
    (await ftpLogin(ftp, "anna", 230)).socket.destroy();
  });

  it("who has none left does not get the seat of another account, nor one that has become free", async () => {
    const { ftp, telnet } = await serveBoth([{ name: "anna", limits: { sessions: 1 } }, { name: "bert" }]);
    await using _ = ftp;
    using _talk = await ftpLogin(ftp, "anna", 230);
    const seated = await telnetLogin(telnet, "bert", ">>> ");
    const anna = await telnetLogin(telnet, "anna", "[l]eave? ");
    anna.send("t");
    await anna.until(`${TOO_MANY}\r\n`);
    await anna.until("[l]eave? ");
    const second = await telnetLogin(telnet, "bert", "[l]eave? ");
    seated.socket.destroy();
    await anna.closed();
    expect(anna.received).toMatch(/Too many sessions of this account\.\r\n$/);
    await second.until(">>> ");
  });
});

describe("the count of sessions", () => {
  const account = { user: "anna", rights: new Set<never>(), limits: { sessions: 1 } };

  it("hears of other threads, and forgets one that has closed", async () => {
    const sessions = createAccountSessions("threads");
    sessions.open();
    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
       const channel = new BroadcastChannel("porthole.sessions.threads");
       channel.postMessage({ type: "all", server: "other", counts: [["anna", 1]] });
       parentPort.once("message", () => {
         channel.postMessage({ type: "all", server: "other", counts: [] });
         channel.close();
       });`,
      { eval: true },
    );
    const enter = () => sessions.enter(account);
    await until(() => {
      const leave = enter();
      leave?.();
      return leave === undefined;
    });
    worker.postMessage("close");
    await once(worker, "exit");
    const leave = await until(enter);
    expect(enter()).toBeUndefined();
    leave();
    leave(); // once
    expect(enter()).toBeDefined();
    sessions.close();
  });

  it("of one that joins later begins with what is there", async () => {
    const first = createAccountSessions("late");
    first.open();
    first.enter(account);
    const second = createAccountSessions("late");
    second.open();
    await until(() => {
      const leave = second.enter(account);
      leave?.();
      return leave === undefined;
    });
    first.close();
    const leave = await until(() => second.enter(account));
    leave();
    second.close();
    // Closed or alone, it counts its own.
    expect(second.enter(account)).toBeDefined();
    expect(second.enter(account)).toBeUndefined();
  });
});
