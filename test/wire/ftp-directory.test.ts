import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until } from "../tasks/until.ts";
import { FtpTalk, reset } from "./ftp.ts";
import { openSite, pseudoRandom } from "./ftp-site.ts";

/** What is really there, unfinished uploads included. */
const names = (directory: string): string[] => readdirSync(directory).sort();

describe("an upload into a directory of the host", () => {
  it.each(["reset", "abort", "kill", "leave"])("leaves the old file and nothing beside it: %s", async (how) => {
    await using site = await openSite();
    writeFileSync(join(site.root, "file"), "old");
    using talk = await FtpTalk.login(site.ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    data.write(pseudoRandom(2_000_000));
    await until(() => site.ftp.server.sessions()[0]?.transfer?.bytes === 2_000_000);
    expect(names(site.root)).toHaveLength(2);
    if (how === "reset") reset(data);
    else if (how === "abort") talk.send("ABOR");
    else if (how === "kill") {
      talk.socket.end();
      data.end();
    } else reset(talk.socket);
    await until(() => site.ftp.events.some((event) => event.type === "transfer-end"));
    await until(() => names(site.root).length === 1);
    expect(names(site.root)).toEqual(["file"]);
    expect(readFileSync(join(site.root, "file"), "utf8")).toBe("old");
    data.destroy();
  });

  it("leaves nothing when the server is closed under it", async () => {
    await using site = await openSite();
    using talk = await FtpTalk.login(site.ftp.port);
    const data = await talk.data();
    await talk.ask("STOR file", 150);
    data.write(pseudoRandom(2_000_000));
    await until(() => site.ftp.server.sessions()[0]?.transfer?.bytes === 2_000_000);
    await site.ftp.server.close({ graceSeconds: 0 });
    expect(names(site.root)).toEqual([]);
    data.destroy();
  });

  it("is seen by nobody before onUpload has said yes", async () => {
    const seen: [string, string[]][] = [];
    await using site = await openSite({
      onUpload: async (file) => {
        seen.push([await file.sha256(), names(site.root).filter((name) => !name.startsWith("."))]);
        let first = "";
        for await (const chunk of file.chunks()) {
          first = Buffer.from(chunk).toString("latin1", 0, 2);
          break; // what it leaves open is closed for it
        }
        return first === "MZ" ? "No programs." : undefined;
      },
    });
    using talk = await FtpTalk.login(site.ftp.port);
    await talk.store("STOR bad", "MZ program", 550);
    expect(names(site.root)).toEqual([]);
    await talk.store("STOR good", "text");
    expect(names(site.root)).toEqual(["good"]);
    expect(seen).toEqual([
      [expect.stringMatching(/^[0-9a-f]{64}$/), []],
      [expect.stringMatching(/^[0-9a-f]{64}$/), []],
    ]);
  });
});
