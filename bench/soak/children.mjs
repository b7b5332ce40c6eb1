// Programs that are run to their end, or talked to on a terminal.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { spawn as spawnTerminal } from "@lydell/node-pty";

export const isInstalled = (name) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/**
 * Runs a program and gives what it printed; fails with what it complained about.
 *
 * @param options - `input` is typed; `code` is the exit code wanted, or a function that says whether it will do.
 */
export function run(command, args, { input = "", cwd, code = 0, milliseconds = 120_000 } = {}) {
  const isGood = typeof code === "function" ? code : (given) => given === code;
  return new Promise((ended, failed) => {
    const child = spawn(command, args, { cwd, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    let complaint = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
    child.stdout.on("data", (bytes) => {
      output = (output + bytes).slice(-100_000);
    });
    child.stderr.on("data", (bytes) => {
      complaint = (complaint + bytes).slice(-2_000);
    });
    child.on("error", failed);
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("close", (given, signal) => {
      clearTimeout(timer);
      if (isGood(given)) ended(output);
      else
        failed(new Error(`${command} ended with ${signal ?? given}: ${complaint.trim() || output.trim().slice(-300)}`));
    });
  });
}

/** A terminal that is read as text: `until` waits for the next match and drops everything up to it. */
export function terminal(command, args) {
  const child = spawnTerminal(command, args, { name: "xterm", cols: 100, rows: 30 });
  let text = "";
  let look = () => {};
  let over = false;
  child.onData((piece) => {
    text += piece;
    if (text.length > 4 << 20) text = text.slice(-(1 << 20));
    look();
  });
  const exited = new Promise((done) => {
    child.onExit(({ exitCode, signal }) => {
      over = true;
      look();
      done({ exitCode, signal });
    });
  });
  return {
    pid: child.pid,
    exited,
    type(keys) {
      if (!over) child.write(keys);
    },
    until(pattern, milliseconds = 20_000) {
      return new Promise((found, failed) => {
        const timer = setTimeout(() => {
          look = () => {};
          failed(new Error(`${command} never showed ${pattern}, but ${JSON.stringify(text.slice(-300))}`));
        }, milliseconds);
        look = () => {
          const match = pattern.exec(text);
          if (match === null && !over) return;
          clearTimeout(timer);
          look = () => {};
          if (match === null) {
            failed(new Error(`${command} ended before ${pattern}: ${JSON.stringify(text.slice(-300))}`));
          } else {
            text = text.slice(match.index + match[0].length);
            found(match);
          }
        };
        look();
      });
    },
    kill() {
      if (!over) child.kill("SIGKILL");
    },
  };
}
