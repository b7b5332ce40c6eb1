/**
 * An example as its reader runs it: built, by its file, in a directory of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { onTestFinished } from "vitest";
import { connectRaw, type RawClient } from "../wire/raw-client.ts";

export interface Example {
  readonly child: ChildProcess;
  /** Its working directory. */
  readonly folder: string;
  /** Waits for what it prints, and gives the match. */
  printed(wanted: RegExp): Promise<RegExpExecArray>;
  /** The port that it says it listens on. */
  port(service: "telnet" | "ftp" | "http"): Promise<number>;
  /** Logs in over Telnet, and waits for the prompt. */
  enter(password?: string): Promise<Prompt>;
}

export interface Prompt extends RawClient {
  /** Types a line, and gives what is shown until the next prompt. */
  ask(line: string): Promise<string>;
}

/** As readline draws it: the cursor stands in the third column. */
const PROMPT = "> \x1b[3G";
const EXAMPLES = resolve(import.meta.dirname, "../../examples");

/** Starts `examples/<name>` on free ports; it ends with the test. */
export function startExample(
  name: string,
  {
    args = [],
    env = {},
    folder = makeFolder(),
    node = process.execPath,
  }: { args?: string[]; env?: Record<string, string>; folder?: string; node?: string | undefined } = {},
): Example {
  const child = spawn(node, [join(EXAMPLES, name), ...args], {
    cwd: folder,
    env: { ...process.env, PORT: "0", HTTP_PORT: "0", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  const watchers = new Set<() => void>();
  const take = (bytes: Buffer): void => {
    output += bytes;
    for (const look of [...watchers]) look();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  child.on("exit", () => take(Buffer.from("\n[it has ended]\n")));
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = (wanted: RegExp): Promise<RegExpExecArray> =>
    new Promise((found, missing) => {
      const look = (): void => {
        const match = wanted.exec(output);
        if (match === null) return;
        clearTimeout(timer);
        watchers.delete(look);
        found(match);
      };
      const timer = setTimeout(() => {
        watchers.delete(look);
        missing(new Error(`${name} did not print ${wanted}, but: ${output}`));
      }, 30_000);
      watchers.add(look);
      look();
    });
  const port = async (service: string): Promise<number> =>
    Number((await printed(new RegExp(`${service} on 127\\.0\\.0\\.1:(\\d+)`)))[1]);
  return {
    child,
    folder,
    printed,
    port,
    async enter(password) {
      const client = await connectRaw(await port("telnet"));
      onTestFinished(() => void client.socket.destroy());
      await client.login("micro", password);
      await client.until(PROMPT);
      return Object.assign(client, {
        async ask(line: string) {
          client.type(`${line}\r`);
          return stripVTControlCharacters(await client.until(PROMPT));
        },
      });
    },
  };
}

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "porthole-example-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
