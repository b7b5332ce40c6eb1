/**
 * A directory served over FTP, a directory for the client, and trees of files that are hard to carry.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDirectoryStore } from "../../src/index.ts";
import type { FtpServerOptions } from "../../src/servers/ftp/settings.ts";
import { serveFtp, type TestFtp } from "./ftp.ts";

export interface Ran {
  readonly code: number | null;
  /** What it wrote to both of its outputs. */
  readonly out: string;
}

export interface FtpSite extends AsyncDisposable {
  readonly ftp: TestFtp;
  /** The served directory. */
  readonly root: string;
  /** The client's directory, where programs are started and which is their HOME. */
  readonly local: string;
  /** `ftp://micro:python@127.0.0.1:PORT`. */
  readonly url: string;
  /** Runs a program to its end; rejects when it fails, unless `fails` allows it. */
  run(
    program: string,
    args: readonly string[],
    options?: { readonly input?: string; readonly fails?: boolean },
  ): Promise<Ran>;
}

export async function openSite(options: Partial<FtpServerOptions> = {}): Promise<FtpSite> {
  const base = mkdtempSync(join(tmpdir(), "porthole-ftp-"));
  const root = join(base, "served");
  const local = join(base, "local");
  mkdirSync(root);
  mkdirSync(local);
  const ftp = await serveFtp({ store: createDirectoryStore({ root }), ...options });
  return {
    ftp,
    root,
    local,
    url: `ftp://micro:python@127.0.0.1:${ftp.port}`,
    async run(program, args, { input = "", fails = false } = {}) {
      const ran = await runProgram(program, args, local, input);
      if (ran.code !== 0 && !fails) throw new Error(`${program} ended with ${ran.code}:\n${ran.out}`);
      return ran;
    },
    async [Symbol.asyncDispose]() {
      await ftp.server.close({ graceSeconds: 0 });
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function runProgram(program: string, args: readonly string[], cwd: string, input: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { PATH: process.env["PATH"], HOME: cwd, LANG: "C.UTF-8", LC_ALL: "C.UTF-8", TERM: "dumb", TZ: "UTC" },
    });
    let out = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), 90_000);
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, out });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** Names that clients and servers have stumbled over, and that these clients can carry. */
export const ODD_NAMES: readonly string[] = [
  "with space.txt",
  "two  spaces",
  "-dash",
  ".hidden",
  "ümlaut ☃ 日本.txt",
  'say "hello"',
  "it's",
  "semi;colon",
  "a#b",
  "per%20cent",
  "plus+and&more",
  "(round) {curly}",
  "n".repeat(255),
];

/** Names that are patterns too: not every client can be talked into taking them as they are. */
export const PATTERN_NAMES: readonly string[] = ["[square]", "star*", "what?", "back\\slash"];

/** Fills a directory: odd names, an empty file, binary content, line ends, a deep tree; each with a time of its own. */
export function makeTree(directory: string, names: readonly string[] = [...ODD_NAMES, ...PATTERN_NAMES]): void {
  mkdirSync(directory, { recursive: true });
  let count = 0;
  const put = (path: string, content: string | Buffer): void => {
    writeFileSync(path, content);
    const seconds = 1_000_000_000 + 86_401 * ++count;
    utimesSync(path, seconds, seconds);
  };
  for (const name of names) put(join(directory, name), `content of ${name}`);
  put(join(directory, "empty"), "");
  put(join(directory, "lines"), "unix\nwindows\r\nmac\r");
  put(join(directory, "binary.bin"), pseudoRandom(3_000_001));
  let deep = directory;
  for (let level = 1; level <= 25; level++) {
    deep = join(deep, `level ${level}`);
    mkdirSync(deep);
    if (level % 5 === 0) put(join(deep, "file"), `at level ${level}`);
  }
  mkdirSync(join(directory, "empty directory"));
}

/** The same bytes each time, which do not compress and do not repeat in a short while. */
export function pseudoRandom(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length + 3);
  let state = 0x9e37_79b9;
  for (let i = 0; i < length; i += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state | 0, i);
  }
  return bytes.subarray(0, length);
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/**
 * What is in a directory: each path with its content's SHA-256, or `directory`.
 *
 * @param seconds - Add the modification time, in units of so many seconds; default: without.
 */
export async function snapshot(directory: string, seconds?: number): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  async function walk(path: string, name: string): Promise<void> {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      if (name !== "") found[name] = "directory";
      for (const entry of readdirSync(path)) await walk(join(path, entry), name === "" ? entry : `${name}/${entry}`);
    } else
      found[name] =
        `${await sha256Of(path)}${seconds === undefined ? "" : ` ${Math.floor(stat.mtimeMs / 1000 / seconds)}`}`;
  }
  await walk(directory, "");
  return found;
}
