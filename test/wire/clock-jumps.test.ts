/**
 * Somebody sets the machine's clock, by years: what waits is measured by a clock that nobody can set.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createMemoryStore } from "../../src/index.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, putFile, serveFtp } from "./ftp.ts";
import { startTelnet } from "./telnet-fixture.ts";

const YEARS_MS = 20 * 365 * 86_400_000;
const JUMPS = [
  ["forward", YEARS_MS],
  ["backward", -YEARS_MS],
] as const;

/** Only what `Date` says jumps, as when somebody sets the clock; timers and `performance` go on. */
function setClock(byMs: number): void {
  const nowMs = Date.now() + byMs;
  vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(JUMPS)("a clock that jumps %s by years", (_, byMs) => {
  it("sends no FTP client away, cuts no transfer, and times go on from there", async () => {
    await using ftp = await serveFtp({
      timeout: 4,
      stallTimeout: 60,
      store: createMemoryStore({ now: () => Date.now() }),
    });
    await putFile(ftp.store, "/file", Buffer.alloc(4_000_000));
    using talk = await FtpTalk.login(ftp.port);
    const data = await talk.data();
    await talk.ask("RETR file", 150);
    const upload = await FtpTalk.login(ftp.port);
    const up = await upload.data();
    await upload.ask("STOR new", 150);
    up.write("half ");
    await until(() => ftp.server.sessions().some((one) => one.transfer?.bytes === 5));
    setClock(byMs);
    data.resume();
    await talk.expect(226);
    up.end("and half");
    await upload.expect(226);
    expect(await upload.ask("MDTM new", 213)).toContain(`213 ${new Date().getUTCFullYear()}`);
    expect((await talk.retrieve("LIST")).toString()).toMatch(/ new\r\n/);
    await talk.ask("NOOP", 200);
    for (const session of ftp.server.sessions()) expect(session.seconds).toBeLessThan(60);
    upload.socket.destroy();
    // Who says nothing is sent away when it is time, not sooner or years later.
    await talk.expect(421);
  });

  it("sends no Telnet user away, and who is idle is sent away all the same", async () => {
    const telnet = await startTelnet({ timeout: 4 });
    const client = await telnet.enter();
    setClock(byMs);
    client.type("1+1\r\n");
    await client.until("2\r\n>>> ");
    expect(telnet.told).not.toContain("left");
    expect((await telnet.event("left")).reason).toBe("timeout");
  });

  it("ends the time for a login when it is time", async () => {
    const telnet = await startTelnet({ loginTimeout: 4 });
    const client = await telnet.connect();
    await client.until("Login as: ");
    setClock(byMs);
    client.type("micro\r\n");
    await client.until("Password: ");
    expect(telnet.told).not.toContain("left");
    expect((await telnet.event("left")).reason).toBe("timeout");
  });

  it("lets nobody in who is locked out, and locks nobody out for longer", async () => {
    const telnet = await startTelnet();
    const guard = async () => {
      const client = await telnet.connect();
      await client.login("micro", "wrong");
      client.socket.destroy();
    };
    for (let tries = 0; tries < 12 && !telnet.told.includes("locked-out"); tries++) {
      await guard();
      await until(() => telnet.told.filter((type) => type === "login-failed").length > tries);
    }
    const { seconds } = await telnet.event("locked-out");
    expect(seconds).toBe(60);
    setClock(byMs);
    const client = await telnet.connect();
    await client.login();
    await client.until("Invalid credentials");
    expect(telnet.told).not.toContain("logged-in");
  });
});
