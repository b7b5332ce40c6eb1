import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parsePasswordHash, verifyPassword } from "../../src/servers/password-hash.ts";
import { FtpTalk } from "./ftp.ts";
import { PORTHOLE, startPorthole } from "./porthole-command.ts";
import { spawnTerminal } from "./terminal.ts";

async function pipe(input: string) {
  const child = spawn(process.execPath, [PORTHOLE, "passwd"]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number];
  return { code, output, errors };
}

/** A whole one. */
const HASH = /scrypt\$\d+\$\d+\$\d+\$[\w-]{22}\$[\w-]{43}/;

describe("porthole passwd", () => {
  it("hashes the first line of its input", async () => {
    const { code, output } = await pipe("sécret pass\nnot this\n");
    expect(code).toBe(0);
    expect(output).toMatch(/^scrypt\$\S+\n$/);
    expect(await verifyPassword("sécret pass", parsePasswordHash(output.trim()))).toBe(true);
    expect(await verifyPassword("sécret", parsePasswordHash(output.trim()))).toBe(false);
  });

  it("wants a password", async () => {
    expect(await pipe("\n")).toMatchObject({ code: 1, output: "", errors: expect.stringContaining("empty") });
    expect((await pipe("")).code).toBe(1);
  });

  it("asks twice at a terminal and shows nothing of it", async () => {
    const terminal = spawnTerminal(process.execPath, [PORTHOLE, "passwd"], { cols: 200 });
    await terminal.waitForScreen("Password: ");
    terminal.type("wrong\u0015secrex\u007ft\r");
    await terminal.waitForScreen("Again: ");
    terminal.type("secret\r");
    const screen = await terminal.waitForScreen(HASH);
    expect((await terminal.exited()).exitCode).toBe(0);
    expect(screen).not.toContain("secre");
    expect(terminal.raw()).not.toContain("wrong");
    const [hash = ""] = HASH.exec(screen) ?? [];
    expect(await verifyPassword("secret", parsePasswordHash(hash))).toBe(true);
  });

  it("shows nothing of what is typed at once, nor of a paste of both", async () => {
    const terminal = spawnTerminal(process.execPath, [PORTHOLE, "passwd"], { cols: 200 });
    await terminal.waitForScreen("Password: ");
    terminal.type("secret\rsecret\r");
    const screen = await terminal.waitForScreen(HASH);
    expect((await terminal.exited()).exitCode).toBe(0);
    expect(terminal.raw()).not.toContain("secret");
    expect(await verifyPassword("secret", parsePasswordHash(HASH.exec(screen)?.[0] ?? ""))).toBe(true);
  });

  it("refuses two that differ, and ends with Ctrl-C", async () => {
    const terminal = spawnTerminal(process.execPath, [PORTHOLE, "passwd"]);
    await terminal.waitForScreen("Password: ");
    terminal.type("one\r");
    await terminal.waitForScreen("Again: ");
    terminal.type("two\r");
    await terminal.waitForScreen("the second password is another");
    expect((await terminal.exited()).exitCode).toBe(1);
    const other = spawnTerminal(process.execPath, [PORTHOLE, "passwd"]);
    await other.waitForScreen("Password: ");
    other.type("half\u0003");
    expect((await other.exited()).exitCode).toBe(1);
  });
});

describe("porthole serve --users --tls self-signed", () => {
  it("lets a user of the file in, over TLS, and prints the fingerprint", async () => {
    const directory = await mkdtemp(join(tmpdir(), "porthole-users-"));
    const { output } = await pipe("secret\n");
    const file = join(directory, "users.json");
    await writeFile(file, JSON.stringify({ users: [{ name: "anna", hash: output.trim(), rights: "read-only" }] }), {
      mode: 0o600,
    });
    const args = ["serve", directory, "--ftp", "0", "--users", file, "--tls", "self-signed", "--tls-required"];
    args.push("--audit-log", join(directory, "logs/audit"), "--xferlog", join(directory, "logs/xferlog"));
    const command = startPorthole(args, { XDG_CONFIG_HOME: directory });
    try {
      expect(await command.event("certificate")).toMatchObject({ fingerprint: expect.stringMatching(/^(..:){31}..$/) });
      const { port } = await command.event("listening");
      using talk = await FtpTalk.open(port as number);
      await talk.expect(220);
      await talk.ask("USER anna", 530);
      await talk.ask("AUTH TLS", 234);
      await talk.secure();
      await talk.ask("USER anna", 331);
      await talk.ask("PASS secret", 230);
      await talk.ask("MKD no", 550);
      command.child.kill("SIGTERM"); // it writes what it has to tell before it ends
      expect(await command.exited()).toBe(0);
    } finally {
      await command.stop();
    }
    const audit = await readFile(join(directory, "logs/audit"), "utf8");
    expect(audit).toContain('"type":"logged-in","user":"anna"');
    expect(await readFile(join(directory, "logs/xferlog"), "utf8")).toBe("");
  });
});
