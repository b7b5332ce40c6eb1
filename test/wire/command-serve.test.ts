/**
 * `porthole serve`, as its user meets it.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { clientIt } from "./clients.ts";
import { FtpTalk, freePort } from "./ftp.ts";
import { PORTHOLE, startPorthole } from "./porthole-command.ts";
import { spawnTerminal } from "./terminal.ts";

const endings: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "porthole-serve-"));
  endings.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Memory that a process shares with no other and that is in no file, KiB. */
function ownMemory(pid: number | undefined): number {
  const [, size] = /^Private_Dirty:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return Number(size);
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("porthole serve --json", () => {
  clientIt("carries files both ways, tells each transfer, and ends at SIGTERM", "curl", async (curl) => {
    const root = folder();
    const here = folder();
    const content = randomBytes(3_000_000);
    writeFileSync(join(here, "up.bin"), content);
    const command = startPorthole(["serve", root, "--ftp", "127.0.0.1:0"]);
    endings.push(() => command.stop());
    const { port } = await command.event("listening", "ftp");
    const url = `ftp://micro:python@127.0.0.1:${port}`;

    execFileSync(curl, ["-sS", "-T", join(here, "up.bin"), `${url}/a%20b.bin`]);
    expect(sha256(readFileSync(join(root, "a b.bin")))).toBe(sha256(content));
    execFileSync(curl, ["-sS", "-o", join(here, "down.bin"), `${url}/a%20b.bin`]);
    expect(sha256(readFileSync(join(here, "down.bin")))).toBe(sha256(content));
    await expect
      .poll(() => command.events.filter((event) => event.event === "transfer-end"))
      .toMatchObject([
        { kind: "store", path: "/a b.bin", result: "complete", bytes: content.length, user: "micro" },
        { kind: "retrieve", path: "/a b.bin", result: "complete", bytes: content.length, user: "micro" },
      ]);

    command.child.kill("SIGTERM");
    expect(await command.exited()).toBe(0);
    expect(JSON.stringify(command.events)).not.toContain('"python"');
  });

  it.skipIf(process.platform !== "linux")(
    "hands memory of a crowd back when nobody asks for anything",
    async () => {
      const command = startPorthole(["serve", folder(), "--ftp", "127.0.0.1:0", "--max-clients", "200"]);
      endings.push(() => command.stop());
      const { port } = await command.event("listening", "ftp");
      const talks: FtpTalk[] = [];
      endings.push(() => {
        for (const talk of talks) talk[Symbol.dispose]();
      });
      for (let count = 0; count < 100; count++) {
        talks.push(await FtpTalk.login(Number(port)));
      }
      const held = ownMemory(command.child.pid);
      await expect.poll(() => held - ownMemory(command.child.pid), { timeout: 30_000 }).toBeGreaterThan(2_000);
      for (const talk of talks) await talk.ask("NOOP", 200);
    },
    60_000,
  );

  clientIt("--read-only lets nobody change a file", "curl", async (curl) => {
    const root = folder();
    writeFileSync(join(root, "kept.txt"), "kept");
    const command = startPorthole(["serve", root, "--ftp", "127.0.0.1:0", "--read-only"]);
    endings.push(() => command.stop());
    const { port } = await command.event("listening", "ftp");
    const url = `ftp://micro:python@127.0.0.1:${port}`;
    expect(execFileSync(curl, ["-sS", `${url}/kept.txt`], { encoding: "utf8" })).toBe("kept");
    expect(() => execFileSync(curl, ["-sS", "-T", PORTHOLE, `${url}/new.txt`], { stdio: "pipe" })).toThrow(/550|553/);
    expect(readdirSync(root)).toEqual(["kept.txt"]);
  });

  clientIt("--max-upload refuses what is larger, and keeps what is not", "curl", async (curl) => {
    const root = folder();
    const here = folder();
    writeFileSync(join(here, "fits"), Buffer.alloc(2048));
    writeFileSync(join(here, "large"), Buffer.alloc(2049));
    const command = startPorthole(["serve", root, "--ftp", "127.0.0.1:0", "--max-upload", "2K"]);
    endings.push(() => command.stop());
    const { port } = await command.event("listening", "ftp");
    const send = (name: string) =>
      execFileSync(curl, ["-sS", "-T", join(here, name), `ftp://micro:python@127.0.0.1:${port}/`], { stdio: "pipe" });
    send("fits");
    expect(() => send("large")).toThrow();
    await expect.poll(() => command.events.filter((event) => event.event === "transfer-end")).toHaveLength(2);
    expect(readdirSync(root)).toEqual(["fits"]);
  });

  it("ends with 1 when there is no such directory", async () => {
    const command = startPorthole(["serve", "/no/such/directory"]);
    endings.push(() => command.stop());
    expect(await command.exited()).toBe(1);
    expect((await command.event("failed"))["message"]).toContain("/no/such/directory");
  });
});

describe("porthole serve without a terminal", () => {
  clientIt("tells each transfer on a line, keeps to its ports and clients, and sums up", "curl", async (curl) => {
    const root = folder();
    writeFileSync(join(root, "a.txt"), "content");
    const from = await freePort();
    const limits = ["--max-clients", "1", "--passive-ports", `${from}-${from}`];
    const child = spawn(process.execPath, [PORTHOLE, "serve", root, "--ftp", "127.0.0.1:0", ...limits]);
    endings.push(() => void child.kill("SIGKILL"));
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        out += chunk;
      });
    }
    await expect.poll(() => out).toContain("Ctrl-C ends");
    const port = Number(/ftp:\/\/127\.0\.0\.1:(\d+)\/ {2}user micro/.exec(out)?.[1]);
    const { stderr } = await promisify(execFile)(curl, ["-sSv", `ftp://micro:python@127.0.0.1:${port}/a.txt`]);
    expect(stderr).toContain(`(|||${from}|)`);
    await expect.poll(() => out).toContain("retrieve /a.txt complete, 7 bytes");
    await expect.poll(() => out).toContain("left (quit)");
    using only = await FtpTalk.login(port);
    using next = await FtpTalk.open(port);
    expect(await next.expect(421)).toContain("there is a client already");
    await only.ask("QUIT", 221);
    child.kill("SIGINT");
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(0);
    expect(out).toContain("1 file: 0 B received, 7 B sent");
  });
});

describe("porthole serve with a log that nobody reads", () => {
  it("goes on, and ends when it is told to", async () => {
    const root = folder();
    writeFileSync(join(root, "a.txt"), "content");
    const child = spawn(process.execPath, [PORTHOLE, "serve", root, "--ftp", "127.0.0.1:0"]);
    endings.push(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.pause();
    await expect.poll(() => out).toContain("Ctrl-C ends");
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(out)?.[1]);
    using talk = await FtpTalk.login(port);
    // Each change tells a line: together several times what a pipe holds.
    const name = "x".repeat(240);
    for (let i = 0; i < 200; i++) {
      await talk.ask(`MKD ${name}${i}`, 257);
      await talk.ask(`RNFR ${name}${i}`, 350);
      await talk.ask(`RNTO ${name}-${i}`, 250);
      await talk.ask(`RMD ${name}-${i}`, 250);
    }
    expect(await talk.ask("SIZE a.txt", 213)).toContain("7");
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });
});

describe("porthole serve on a terminal", () => {
  clientIt("prints what to type, shows a transfer as it runs, and sums up at Ctrl-C", "curl", async (curl) => {
    const root = folder();
    writeFileSync(join(root, "large.bin"), Buffer.alloc(60_000_000, 7));
    const env = { XDG_RUNTIME_DIR: folder() };
    const run = (...args: string[]) => {
      const terminal = spawnTerminal(process.execPath, [PORTHOLE, ...args], { cols: 120, env });
      endings.push(() => terminal.kill());
      return terminal;
    };
    const terminal = run("serve", root, "--ftp", "127.0.0.1:0");
    const shown = await terminal.waitForScreen(/ftp:\/\/127\.0\.0\.1:\d+\/ {2}user micro/);
    const port = /127\.0\.0\.1:(\d+)/.exec(shown)?.[1];
    await terminal.waitForScreen("Ctrl-C ends");
    const slow = ["-sS", "--limit-rate", "10M", "-o", "/dev/null", `ftp://micro:python@127.0.0.1:${port}/large.bin`];
    const transfer = spawnTerminal(curl, slow);
    endings.push(() => transfer.kill());
    const view = new RegExp(
      `^porthole serve ${root}  process \\d+, up \\d+ s\n {2}ftp {8}Sending file {2}127.0.0.1:${port}\n` +
        " {2}ftp/1 {6}micro {2}127.0.0.1:\\d+ {2}\\d+ s {2}↓ █*░+ \\d+% .* of 57.2 MiB, .*/s {2}/large.bin$",
      "m",
    );
    await terminal.waitForScreen(view);
    // The same is seen from elsewhere, which may take its time to begin.
    process.kill(transfer.pid, "SIGSTOP");
    const watching = run("status", "--watch");
    await watching.waitForScreen(view);
    process.kill(transfer.pid, "SIGCONT");
    expect((await transfer.exited()).exitCode).toBe(0);
    await terminal.waitForScreen(/retrieve \/large\.bin complete, 60000000 bytes/);
    await terminal.waitForScreen(/Ready {2}127.0.0.1:\d+$/);
    await watching.waitForScreen(/Ready {2}127.0.0.1:\d+$/);
    // Lines that stay are above, and what was shown is not left between them.
    expect(terminal.history().match(/process \d+, up/g)).toHaveLength(1);
    terminal.resize(40, 12);
    await terminal.waitForScreen(/^porthole serve .{20,25}…\n {2}ftp .*Ready.*$/m);
    terminal.type("\x03");
    expect((await terminal.exited()).exitCode).toBe(0);
    expect(terminal.screen()).toMatch(/\n1 file: 0 B received, 57.2 MiB sent$/);
    expect(terminal.history()).not.toContain("process");
    expect((await watching.exited()).exitCode).toBe(0);
  });
});
