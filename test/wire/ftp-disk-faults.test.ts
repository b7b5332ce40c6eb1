/**
 * What happens to a disk under a session: it fills up, rights are taken away, directories vanish. The right reply, and
 * the session goes on.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canMount } from "../stores/host.ts";
import { until } from "../tasks/until.ts";
import { FtpTalk, readAll } from "./ftp.ts";
import { openSite, pseudoRandom } from "./ftp-site.ts";

const MIB = 1_048_576;
const isRoot = process.getuid?.() === 0;
const mounts = canMount();

describe("a disk that fills up", () => {
  it.skipIf(!mounts)(
    "is told with 452 in every way of writing; the old file stays, and goes on when there is room",
    async () => {
      await using site = await openSite();
      const disk = join(site.root, "disk");
      mkdirSync(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
      try {
        using talk = await FtpTalk.login(site.ftp.port);
        await talk.ask("CWD disk", 250);
        await talk.store("STOR file", "old");
        const tooMuch = pseudoRandom(8 * MIB);
        for (const command of ["STOR file", "STOU", "STOR new"]) {
          await talk.store(command, tooMuch, 452);
          expect(readdirSync(disk)).toEqual(["file"]);
          expect(readFileSync(join(disk, "file"), "utf8")).toBe("old");
        }
        await talk.ask("ALLO 8388608", 200);
        const refused = await talk.data();
        await talk.ask("STOR new", 452);
        refused.destroy();
        expect((await talk.retrieve("RETR file")).toString(), "reading goes on").toBe("old");
        // In place: what fitted is there, and the client knows that not all is.
        await talk.store("APPE file", tooMuch, 452);
        expect(statSync(join(disk, "file")).size).toBeLessThanOrEqual(2 * MIB);
        await talk.ask("DELE file", 250);
        await talk.store("STOR file", pseudoRandom(MIB));
        expect(readFileSync(join(disk, "file")).equals(pseudoRandom(MIB))).toBe(true);
        const results = site.ftp.events.flatMap((event) => (event.type === "transfer-end" ? [event.result] : []));
        expect(results.filter((result) => result === "failed")).toHaveLength(4);
      } finally {
        execFileSync("umount", ["-l", disk]);
      }
    },
  );

  it.skipIf(!mounts)("that is mounted read-only under an upload is told, and leaves the old file", async () => {
    await using site = await openSite();
    const disk = join(site.root, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]);
    try {
      using talk = await FtpTalk.login(site.ftp.port);
      await talk.store("STOR disk/file", "old");
      execFileSync("mount", ["-o", "remount,ro", disk]);
      const data = await talk.data();
      await talk.ask("STOR disk/file", 550);
      data.destroy();
      await talk.ask("DELE disk/file", 550);
      await talk.ask("MKD disk/d", 550);
      expect((await talk.retrieve("RETR disk/file")).toString()).toBe("old");
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });
});

/** Does something with the rights of nobody, where this process has all rights. */
async function withoutPrivilege(work: () => Promise<void>): Promise<void> {
  if (!isRoot) return work();
  process.setegid?.(65_534);
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

describe("rights that are taken away in the middle of a session", () => {
  it("are told with 550, what was open is still read, and nothing is lost", async () => {
    await using site = await openSite();
    const big = pseudoRandom(8 * MIB);
    mkdirSync(join(site.root, "d"));
    writeFileSync(join(site.root, "d", "big"), big, { mode: 0o644 });
    writeFileSync(join(site.root, "d", "file"), "old", { mode: 0o644 });
    chmodSync(join(site.root, ".."), 0o755);
    for (const directory of [site.root, join(site.root, "d")]) chmodSync(directory, 0o777);
    using talk = await FtpTalk.login(site.ftp.port);
    await talk.ask("CWD d", 250);
    using other = await FtpTalk.login(site.ftp.port);
    await withoutPrivilege(async () => {
      const data = await talk.data();
      await talk.ask("RETR big", 150);
      const upload = await other.data();
      await other.ask("STOR d/file", 150);
      upload.write("half ");
      await until(() => site.ftp.server.sessions().some(({ transfer }) => transfer?.bytes === 5));
      if (isRoot) process.seteuid?.(0);
      chmodSync(join(site.root, "d", "big"), 0o000);
      chmodSync(join(site.root, "d"), 0o000);
      if (isRoot) process.seteuid?.(65_534);
      expect((await readAll(data)).equals(big), "an open file is read to its end").toBe(true);
      await talk.expect(226);
      upload.end("and half");
      const { code } = await other.reply();
      for (const command of ["SIZE file", "DELE file", "MKD x"]) await talk.ask(command, 550);
      await talk.ask("PWD", 257);
      const refused = await talk.data();
      await talk.ask("RETR big", 550);
      await talk.ask("STOR new", 550);
      await talk.ask("MLSD", 550);
      refused.destroy();
      if (isRoot) process.seteuid?.(0);
      chmodSync(join(site.root, "d"), 0o777);
      const content = readFileSync(join(site.root, "d", "file"), "utf8");
      expect(content, `after ${code}`).toBe(code === 226 ? "half and half" : "old");
      expect([226, 550]).toContain(code);
    });
    chmodSync(join(site.root, "d", "big"), 0o644);
    await talk.ask("CWD /d", 250);
    expect((await talk.retrieve("RETR big")).equals(big)).toBe(true);
    // What could not be removed without the right is hidden, and removed after the next start.
    expect((await talk.retrieve("NLST")).toString()).toBe("big\r\nfile\r\n");
  });
});

describe("a directory that is deleted under a session", () => {
  it("is told with 550, and the session finds its way back", async () => {
    await using site = await openSite();
    const directory = join(site.root, "a", "b");
    mkdirSync(directory, { recursive: true });
    const big = pseudoRandom(8 * MIB);
    writeFileSync(join(directory, "big"), big);
    using talk = await FtpTalk.login(site.ftp.port);
    await talk.ask("CWD a/b", 250);
    using other = await FtpTalk.login(site.ftp.port);
    const upload = await other.data();
    await other.ask("STOR a/b/new", 150);
    upload.write("half");
    await until(() => site.ftp.server.sessions().some(({ transfer }) => transfer?.bytes === 4));
    const data = await talk.data();
    await talk.ask("RETR big", 150);
    rmSync(join(site.root, "a"), { recursive: true });
    expect((await readAll(data)).equals(big), "an open file is read to its end").toBe(true);
    await talk.expect(226);
    upload.end(" more");
    await other.expect(550);
    await talk.ask("PWD", 257);
    await talk.ask("SIZE big", 550);
    await talk.ask("MKD c", 550);
    const refused = await talk.data();
    for (const command of ["MLSD", "LIST", "RETR big", "STOR x", "APPE x", "STOU"]) await talk.ask(command, 550);
    refused.destroy();
    await talk.ask("CDUP", 550);
    await talk.ask("CWD /", 250);
    await talk.store("STOR file", "x");
    expect(readdirSync(site.root)).toEqual(["file"]);
    expect(site.ftp.server.sessions()).toHaveLength(2);
  });

  it("may be the root: all is 4xx or 5xx until it is there again", async () => {
    await using site = await openSite();
    using talk = await FtpTalk.login(site.ftp.port);
    await talk.store("STOR file", "x");
    rmSync(site.root, { recursive: true });
    for (const command of ["SIZE file", "MKD d", "CWD d", "DELE file"]) {
      talk.send(command);
      expect((await talk.reply()).code, command).toBeGreaterThanOrEqual(450);
    }
    const data = await talk.data();
    for (const command of ["STOR file", "RETR file", "MLSD"]) {
      talk.send(command);
      expect((await talk.reply()).code, command).toBeGreaterThanOrEqual(450);
    }
    data.destroy();
    await talk.ask("NOOP", 200);
    mkdirSync(site.root);
    await talk.store("STOR file", "again");
    expect(readFileSync(join(site.root, "file"), "utf8")).toBe("again");
  });
});
