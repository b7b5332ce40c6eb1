/**
 * The command `porthole` as its user starts it: built, in a process of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { until } from "../tasks/until.ts";

export const PORTHOLE = resolve(import.meta.dirname, "../../dist/cli/main.js");

export interface LogRecord {
  readonly event: string;
  readonly service: string;
  readonly [field: string]: unknown;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  /** The first log event that fits, now or later. */
  event(name: string, service?: string): Promise<LogRecord>;
  readonly events: readonly LogRecord[];
  exited(): Promise<number | null>;
  stop(): Promise<void>;
}

/**
 * Waits until the first log event that fits is in the file. The log has a thread and a file of its own: what the screen
 * shows says nothing about what is in there yet.
 */
export function loggedEvent(file: string, name: string, service: string): Promise<LogRecord> {
  return until(() =>
    readFileSync(file, "utf8")
      .split("\n")
      .slice(0, -1) // a line may be half written
      .map((line) => JSON.parse(line) as LogRecord)
      .find((event) => event.event === name && event.service === service),
  );
}

/** Starts `porthole ARGS --json` without a terminal. */
export function startPorthole(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCommand {
  const child = spawn(process.execPath, [PORTHOLE, ...args, "--json"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: LogRecord[] = [];
  const watchers = new Set<() => void>();
  let stdout = "";
  child.stdout.on("data", (bytes) => {
    stdout += bytes;
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    events.push(JSON.parse(line) as LogRecord);
    for (const look of [...watchers]) look();
  });
  const exit = new Promise<number | null>((ended) => child.once("close", ended)); // all that it wrote has come
  return {
    child,
    events,
    stdout: () => stdout,
    event(name, service) {
      return new Promise((found, late) => {
        const look = (): void => {
          const event = events.find((one) => one.event === name && (service === undefined || one.service === service));
          if (event === undefined) return;
          watchers.delete(look);
          clearTimeout(timer);
          found(event);
        };
        const timer = setTimeout(() => late(new Error(`no ${name} came, but ${JSON.stringify(events)}`)), 30_000);
        watchers.add(look);
        look();
      });
    },
    exited: () => exit,
    async stop() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await exit;
    },
  };
}
