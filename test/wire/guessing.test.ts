/**
 * Who guesses passwords is slowed down, then locked out: over both servers and all threads.
 */
import { randomBytes, scryptSync } from "node:crypto";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import { systemClock } from "../../src/servers/clock.ts";
import { createSharedGuard } from "../../src/servers/shared-guard.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, serveFtp } from "./ftp.ts";
import { startTelnet, startTelnetStill } from "./telnet-fixture.ts";

const TRIES = LIMITS.loginGuardTries.value;

/** Wrong logins, each over a connection of its own and all at once: the delay of one holds up no other. */
async function guessOverFtp(port: number, count: number): Promise<void> {
  const talks = await Promise.all(
    Array.from({ length: count }, async () => {
      const talk = await FtpTalk.open(port);
      await talk.expect(220);
      await talk.ask("USER micro", 331);
      talk.send("PASS wrong");
      return talk;
    }),
  );
  await Promise.all(talks.map((talk) => talk.expect(530)));
  for (const talk of talks) talk.socket.destroy();
}

describe("guessing over FTP", () => {
  it("locks the address out: then the right password is wrong too, and the program is told", async () => {
    await using ftp = await serveFtp();
    await guessOverFtp(ftp.port, TRIES);
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("USER micro", 331);
    const refusal = await talk.ask("PASS python", 530);
    const wrong = { address: "127.0.0.1", type: "locked-out", seconds: 60 };
    expect(ftp.events).toContainEqual(expect.objectContaining(wrong));
    // The answer tells nothing: it is that of a wrong password.
    await using fresh = await serveFtp();
    using other = await FtpTalk.open(fresh.port);
    await other.expect(220);
    await other.ask("USER micro", 331);
    expect(await other.ask("PASS wrong", 530)).toBe(refusal);
  });

  it("is answered later each time", async () => {
    await using ftp = await serveFtp();
    const times: number[] = [];
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    for (let round = 0; round < 3; round++) {
      await talk.ask("USER micro", 331);
      const start = performance.now();
      await talk.ask("PASS wrong", 530);
      times.push(performance.now() - start);
    }
    expect(times[0]).toBeGreaterThan(240);
    expect(times[1]).toBeGreaterThan(490);
    expect(times[2]).toBeGreaterThan(990);
  });

  it("from elsewhere locks nobody else out", async () => {
    await using ftp = await serveFtp({ allowDefaultPassword: true, proxies: ["127.0.0.1"] });
    const from = async (address: string) => {
      const talk = await FtpTalk.open(ftp.port);
      talk.socket.write(`PROXY TCP4 ${address} 127.0.0.1 40000 21\r\n`);
      await talk.expect(220);
      await talk.ask("USER micro", 331);
      return talk;
    };
    const guesses = await Promise.all(Array.from({ length: TRIES + 3 }, () => from("203.0.113.66")));
    for (const talk of guesses) talk.send("PASS wrong");
    await Promise.all(guesses.map((talk) => talk.expect(530)));
    using attacker = await from("203.0.113.66");
    await attacker.ask("PASS python", 530);
    using owner = await from("203.0.113.9");
    await owner.ask("PASS python", 230);
    for (const talk of guesses) talk.socket.destroy();
  });
});

describe("guessing between right logins", () => {
  it("as a guest is locked out all the same", async () => {
    const [salt, key] = [randomBytes(16), scryptSync("secret", "", 32, { N: 1024 })];
    const hash = ["scrypt", 1024, 8, 1, salt.toString("base64url"), key.toString("base64url")].join("$");
    await using ftp = await serveFtp({ users: [{ name: "anna", hash }], anonymous: true });
    const guesses: FtpTalk[] = [];
    for (let round = 0; round < TRIES; round++) {
      using guest = await FtpTalk.open(ftp.port);
      await guest.expect(220);
      await guest.ask("USER anonymous", 331);
      await guest.ask("PASS me@example.org", 230);
      const guess = await FtpTalk.open(ftp.port);
      await guess.expect(220);
      await guess.ask("USER anna", 331);
      guess.send("PASS wrong"); // the answer comes late: not waited for here
      guesses.push(guess);
    }
    await Promise.all(guesses.map((guess) => guess.expect(530)));
    for (const { socket } of guesses) socket.destroy();
    expect(ftp.events).toContainEqual(expect.objectContaining({ type: "locked-out" }));
    using locked = await FtpTalk.open(ftp.port);
    await locked.expect(220);
    await locked.ask("USER anonymous", 331);
    await locked.ask("PASS me@example.org", 530);
  });
});

describe("guessing over Telnet", () => {
  it("locks the address out for a minute, then longer", async () => {
    const telnet = await startTelnetStill();
    const guess = async (password: string) => {
      const client = await telnet.connect();
      await client.login("micro", password);
      await client.until(/Invalid credentials|>>> /);
      client.socket.destroy();
      return client.received;
    };
    for (let round = 0; round < TRIES; round++) await guess("wrong");
    expect((await telnet.event("locked-out")).seconds).toBe(60);
    expect(await guess("python")).toContain("Invalid credentials");
    telnet.clock.advance(61_000);
    await guess("wrong");
    expect((await telnet.event("locked-out", 2)).seconds).toBe(120);
    telnet.clock.advance(61_000);
    expect(await guess("python")).toContain("Invalid credentials");
    telnet.clock.advance(60_000);
    expect(await guess("python")).toContain(">>> ");
  });
});

describe("servers of one guard group", () => {
  it("count together: who guesses at one is locked out of the other", async () => {
    const guardGroup = "one program";
    await using ftp = await serveFtp({ guardGroup });
    const telnet = await startTelnet({ guardGroup });
    const alone = await startTelnet();
    await guessOverFtp(ftp.port, TRIES);
    const client = await telnet.connect();
    await client.login();
    await client.until("Invalid credentials");
    expect((await telnet.event("refused")).reason).toContain("too many wrong logins");
    await alone.enter();
  });

  it("count together in all threads", async () => {
    const guard = createSharedGuard("threads", systemClock.now);
    guard.open();
    const worker = new Worker(
      `const channel = new BroadcastChannel("porthole.logins.threads");
       for (let i = 0; i < ${TRIES}; i++) channel.postMessage({ type: "failed", address: "192.0.2.1", user: "micro" });
       channel.close();`,
      { eval: true },
    );
    await once(worker, "exit");
    await until(() => !guard.check("192.0.2.1", "micro", systemClock.now()).allowed);
    const other = createSharedGuard("threads", systemClock.now);
    other.open();
    other.succeeded("192.0.2.1", "micro");
    await until(() => guard.check("192.0.2.1", "micro", systemClock.now()).allowed);
    other.close();
    guard.close();
    guard.failed("192.0.2.1", "micro", 0); // alone again, and no error
  });
});
