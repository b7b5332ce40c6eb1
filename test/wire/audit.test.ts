/**
 * The audit trail: who, from where, what, how much and with which result; and recordings.
 */
import { mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/contracts/limits.ts";
import { LogFile } from "../../src/owner-files/log-file.ts";
import { startRecording } from "../../src/servers/telnet/recording.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, serveFtp } from "./ftp.ts";
import { startTelnet } from "./telnet-fixture.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "porthole-audit-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const linesOf = async (file: string) => (await readFile(file, "utf8")).split("\n").slice(0, -1);
const recordsOf = async (file: string) =>
  (await linesOf(file)).map((line) => JSON.parse(line) as Record<string, unknown>);

describe("auditLog", () => {
  it("holds a line of JSON for everything that happened, with bytes, seconds and result", async () => {
    const auditLog = join(directory, "made", "audit.jsonl");
    const xferlog = join(directory, "made", "xferlog");
    {
      await using ftp = await serveFtp({ auditLog, xferlog });
      using talk = await FtpTalk.login(ftp.port);
      await talk.store("STOR a file\u00a0x", "content");
      await talk.retrieve("RETR a file\u00a0x");
      await talk.retrieve("LIST");
      const data = await talk.data();
      await talk.ask("STOR cut", 150);
      data.write("half");
      await until(() => ftp.server.sessions()[0]?.transfer?.bytes === 4);
      talk.send("ABOR");
      await talk.expect(426);
      await talk.expect(226);
      await talk.ask("DELE a file\u00a0x", 250);
      await talk.ask("QUIT", 221);
      await until(() => ftp.server.sessions().length === 0);
    }
    const records = await recordsOf(auditLog);
    expect(records.map(({ event, type }) => event ?? type)).toEqual([
      "listening",
      "connected",
      "logged-in",
      ...["transfer-start", "transfer-end", "upload"],
      ...["transfer-start", "transfer-end"],
      ...["transfer-start", "transfer-end"],
      ...["transfer-start", "transfer-end"],
      "change",
      "left",
      "closed",
    ]);
    for (const record of records) {
      expect(record["service"]).toBe("ftp");
      expect(record["time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    const ends = records.filter(({ type }) => type === "transfer-end");
    expect(ends).toMatchObject([
      { user: "micro", address: "127.0.0.1", kind: "store", path: "/a file\u00a0x", bytes: 7, result: "complete" },
      { kind: "retrieve", bytes: 7, result: "complete" },
      { kind: "listing", result: "complete" },
      { kind: "store", path: "/cut", bytes: 4, result: "aborted" },
    ]);
    expect(records.at(-2)).toMatchObject({ type: "left", user: "micro", reason: "quit", seconds: expect.any(Number) });
    const transfers = await linesOf(xferlog);
    expect(transfers).toHaveLength(3);
    expect(transfers[0]).toMatch(
      /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} \d+ 127\.0\.0\.1 7 \/a_file_x b _ i r micro ftp 0 \* c$/,
    );
    expect(transfers[1]).toMatch(/ 7 \/a_file_x b _ o r micro ftp 0 \* c$/);
    expect(transfers[2]).toMatch(/ 4 \/cut b _ i r micro ftp 0 \* i$/);
    expect((await stat(auditLog)).mode & 0o777).toBe(0o600);
    expect(await readFile(auditLog, "utf8")).not.toContain("python");
  });

  it("is shared by both servers and goes on after a restart", async () => {
    const auditLog = join(directory, "both.jsonl");
    for (let round = 0; round < 2; round++) {
      const telnet = await startTelnet({ auditLog });
      await using ftp = await serveFtp({ auditLog });
      const client = await telnet.enter();
      client.socket.destroy();
      await telnet.event("left");
      using talk = await FtpTalk.login(ftp.port);
      await talk.ask("QUIT", 221);
      await telnet.server.close();
    }
    const records = await recordsOf(auditLog);
    for (const service of ["telnet", "ftp"]) {
      const ofType = (type: string) => records.filter((one) => one["service"] === service && one["type"] === type);
      expect(ofType("logged-in")).toHaveLength(2);
      expect(ofType("left")).toHaveLength(2);
      for (const left of ofType("left")) {
        expect(left).toMatchObject({ user: "micro", address: "127.0.0.1", seconds: expect.any(Number) });
      }
    }
  });

  it("cannot be forged: a name with line ends stays within its line", async () => {
    const auditLog = join(directory, "forged.jsonl");
    const xferlog = join(directory, "forged.xfer");
    {
      await using ftp = await serveFtp({ auditLog, xferlog });
      using talk = await FtpTalk.login(ftp.port);
      await talk.store("STOR x\u2028y\u0085z\u001b[2J", "content");
    }
    for (const record of await recordsOf(auditLog)) expect(record["service"]).toBe("ftp");
    expect(await linesOf(xferlog)).toHaveLength(1);
    expect(await readFile(xferlog, "latin1")).not.toContain("\u001b");
  });

  it("that cannot be written is said so, and nothing listens", async () => {
    await expect(serveFtp({ auditLog: directory })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
    await expect(startTelnet({ auditLog: directory })).rejects.toMatchObject({ code: "PORTHOLE_ERR_ARGUMENT" });
  });
});

describe("a log file", () => {
  it("goes on in a new file when the old one was moved away", async () => {
    const path = join(directory, "rotated.log");
    const troubles: string[] = [];
    const log = await LogFile.open(path, { onTrouble: (message) => troubles.push(message) });
    log.write("one\n");
    await until(async () => (await readFile(path, "utf8")) === "one\n");
    await rename(path, `${path}.1`);
    const later = performance.now() + 1_100;
    await until(() => performance.now() > later);
    log.write("two\n");
    await log.close();
    expect(await readFile(`${path}.1`, "utf8")).toBe("one\n");
    expect(await readFile(path, "utf8")).toBe("two\n");
    expect(troubles).toEqual([]);
  });

  it("holds so much for a slow disk and no more, and says that lines are lost", async () => {
    const troubles: string[] = [];
    const path = join(directory, "slow.log");
    const log = await LogFile.open(path, { onTrouble: (message) => troubles.push(message) });
    const line = `${"x".repeat(65_535)}\n`;
    for (let count = 0; count < (LIMITS.logWaitingBytes.value / line.length) * 2; count++) log.write(line); // in one turn
    await log.close();
    expect(troubles).toEqual([expect.stringContaining("lines are lost")]);
    expect((await stat(path)).size).toBeLessThanOrEqual(LIMITS.logWaitingBytes.value);
  });
});

describe("record", () => {
  const onlyFile = async (folder: string) => {
    const [name = "", ...others] = await readdir(folder);
    expect(others).toEqual([]);
    return join(folder, name);
  };

  it("keeps what a user was shown, as asciicast v2, without what was typed", async () => {
    const record = join(directory, "casts");
    const telnet = await startTelnet({ record });
    const client = await telnet.enter();
    client.type("1 + 41\r\n");
    await client.until("42");
    client.socket.destroy();
    await telnet.event("left");
    await telnet.server.close();
    const file = await onlyFile(record);
    expect(file).toMatch(/\d{4}-\d\d-\d\dT[\d-]+Z-micro-[0-9a-f]{6}\.cast$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const [header, ...events] = (await linesOf(file)).map((line) => JSON.parse(line));
    expect(header).toMatchObject({
      version: 2,
      width: 80,
      height: 24,
      title: expect.stringContaining("micro from 127"),
    });
    expect(events.map(([, kind]: [number, string]) => kind)).not.toContain("i");
    expect(events.map(([, , text]: [number, string, string]) => text).join("")).toContain("42");
    expect(await readFile(file, "utf8")).not.toContain("python");
    const times = events.map(([seconds]: [number]) => seconds);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("keeps what was typed where that is asked for, and each resize", async () => {
    const record = { directory: join(directory, "keys"), input: true };
    const telnet = await startTelnet({ record });
    const client = await telnet.enter();
    client.type("1 + 41\r\n");
    await client.until("42");
    client.send("\xff\xfb\x1f\xff\xfa\x1f\x00\x64\x00\x28\xff\xf0");
    client.type("2 + 2\r\n");
    await client.until("4\r\n");
    client.socket.destroy();
    await telnet.event("left");
    await telnet.server.close();
    const events = (await linesOf(await onlyFile(record.directory))).slice(1).map((line) => JSON.parse(line));
    const typed = events
      .filter(([, kind]) => kind === "i")
      .map(([, , text]) => text)
      .join("");
    expect(typed).toContain("1 + 41");
    expect(typed).not.toContain("python"); // the login is not part of it
    expect(events).toContainEqual([expect.any(Number), "r", "100x40"]);
  });

  it("ends at its bound, and says so", async () => {
    const troubles: string[] = [];
    const recording = startRecording({
      directory: join(directory, "long"),
      input: false,
      user: "../../micro\n",
      size: { columns: 80, rows: 24 },
      terminalType: "xterm",
      title: "t",
      now: () => 0,
      elapsedMs: () => performance.now(),
      onTrouble: (message) => troubles.push(message),
    });
    const shown = new Uint8Array(1_048_576).fill(120);
    for (let count = 0; count <= LIMITS.recordingBytes.value / shown.length; count++) {
      recording.output(shown);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await recording.close();
    expect(troubles).toContainEqual(expect.stringContaining("as long as it may be"));
    expect(recording.path).toContain("______micro_");
    expect((await stat(recording.path)).size).toBeLessThanOrEqual(LIMITS.recordingBytes.value);
  });

  it("that cannot be written sends nobody away, and is told", async () => {
    const telnet = await startTelnet({ record: "/dev/null/nowhere" });
    const client = await telnet.enter();
    expect((await telnet.event("error")).message).toContain("/dev/null/nowhere");
    client.type("1 + 41\r\n");
    await client.until("42");
  });
});
