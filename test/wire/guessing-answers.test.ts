/**
 * What somebody who guesses can tell from an answer: nothing. Time is counted in hashes, which are nearly all of it.
 */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { hashPassword, type UserOptions } from "../../src/index.ts";
import { FtpTalk, serveFtp } from "./ftp.ts";
import { startTelnetStill } from "./telnet-fixture.ts";

const hashed = vi.hoisted(() => ({ costs: [] as string[] }));

vi.mock("node:crypto", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:crypto")>();
  const scrypt = (...given: Parameters<typeof real.scrypt>): void => {
    const [, , bytes, cost] = given as unknown as [unknown, unknown, number, { N: number; r: number; p: number }];
    hashed.costs.push(`${cost.N} ${cost.r} ${cost.p} ${bytes}`);
    real.scrypt(...given);
  };
  return { ...real, scrypt };
});

let users: readonly UserOptions[];

beforeAll(async () => {
  const hash = await hashPassword("secret");
  users = [
    { name: "anna", hash },
    { name: "files", hash, rights: "read-only" },
  ];
});
beforeEach(() => {
  hashed.costs.length = 0;
});

const GUESSES: readonly (readonly [what: string, user: string, password: string])[] = [
  ["a wrong password", "anna", "wrong"],
  ["a wrong name", "nobody", "secret"],
  ["both wrong", "nobody", "wrong"],
  ["a name in other letters", "Anna", "secret"],
  ["a name with something behind it", "anna x", "secret"],
  ["a long password", "anna", "x".repeat(250)],
  ["a guest where there is none", "anonymous", "me@example.org"],
];

describe("a wrong login", () => {
  it("over FTP has one answer and costs one hash, whatever was wrong", async () => {
    const seen = new Set<string>();
    for (const [what, user, password] of GUESSES) {
      await using ftp = await serveFtp({ users });
      using talk = await FtpTalk.open(ftp.port);
      await talk.expect(220);
      hashed.costs.length = 0;
      const asked = await talk.ask(`USER ${user}`, 331);
      const answer = await talk.ask(`PASS ${password}`, 530);
      seen.add(`${asked.replace(user, "NAME")} | ${answer}`);
      expect([what, hashed.costs]).toEqual([what, ["32768 8 1 32"]]);
    }
    expect([...seen]).toHaveLength(1);
  });

  it("over Telnet too, also of an account that may not have the prompt", async () => {
    const seen = new Set<string>();
    for (const [what, user, password] of [...GUESSES, ["an account for files", "files", "secret"] as const]) {
      const telnet = await startTelnetStill({ users });
      const client = await telnet.connect();
      await client.until("Login as: ");
      client.type(`${user}\r\n`);
      await client.until("Password: ");
      client.type(`${password}\r\n`);
      seen.add(await client.until(/try again\.\r\n/));
      expect([what, hashed.costs]).toEqual([what, ["32768 8 1 32"]]);
      hashed.costs.length = 0;
    }
    expect([...seen]).toEqual(["\r\nInvalid credentials, try again.\r\n"]);
  });

  it("costs a hash also where there is no user at all", async () => {
    await using ftp = await serveFtp({ users: [] });
    using talk = await FtpTalk.open(ftp.port);
    await talk.expect(220);
    await talk.ask("USER anna", 331);
    await talk.ask("PASS secret", 530);
    expect(hashed.costs).toEqual(["32768 8 1 32"]);
  });

  it("costs none from an address that is locked out, and looks the same", async () => {
    const telnet = await startTelnetStill({ users });
    const answers = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const client = await telnet.connect();
      await client.login("anna", round < 10 ? "wrong" : "secret");
      answers.add(await client.until(/try again\.\r\n/));
      client.socket.destroy();
    }
    expect([...answers]).toEqual(["\r\nInvalid credentials, try again.\r\n"]);
    expect(hashed.costs).toHaveLength(10);
  });
});
