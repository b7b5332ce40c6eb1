/**
 * `porthole completion`, in the shells that are here.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { clientIt } from "./clients.ts";
import { PORTHOLE } from "./porthole-command.ts";
import { spawnTerminal } from "./terminal.ts";

const script = (shell: string) => execFileSync(process.execPath, [PORTHOLE, "completion", shell], { encoding: "utf8" });

/** What bash offers for a line whose last word is the one that is completed. */
function offered(...words: string[]): string[] {
  const line = `${script("bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _porthole; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", line], { encoding: "utf8" }).trim().split("\n").sort();
}

it("offers commands, flags and values in bash", () => {
  expect(offered("porthole", "")).toEqual(expect.arrayContaining(["board", "kick", "node", "serve", "status"]));
  expect(offered("porthole", "st")).toEqual(["status"]);
  expect(offered("porthole", "serve", "--pass")).toEqual([
    "--passive-host",
    "--passive-ports",
    "--password",
    "--password-file",
  ]);
  expect(offered("porthole", "status", "--")).toEqual(["--help", "--json", "--pid", "--watch"]);
  expect(offered("porthole", "serve", "--log-level", "w")).toEqual(["warn"]);
  expect(offered("porthole", "serve", "/etc/hostn")).toEqual(["/etc/hostname"]);
});

it("knows no other shells", () => {
  const run = spawnSync(process.execPath, [PORTHOLE, "completion", "csh"], { encoding: "utf8" });
  expect(run.status).toBe(1);
  expect(run.stderr).toContain("Allowed choices are bash, zsh, fish");
});

it("describes each command for fish", () => {
  expect(script("fish")).toMatch(/complete -c porthole -n __fish_use_subcommand -a kick -d 'send a client away'/);
});

clientIt("completes commands, flags and values in fish", "fish", (fish) => {
  const complete = (line: string): string[] => {
    const code = `${script("fish")}\ncomplete -C '${line}'`;
    const run = execFileSync(fish, ["--no-config", "-c", code], { encoding: "utf8" });
    return run
      .trim()
      .split("\n")
      .map((offer) => offer.split("\t")[0] ?? "");
  };
  expect(complete("porthole st")).toContain("status");
  expect(complete("porthole status --w")).toEqual(["--watch"]);
  expect(complete("porthole serve --log-level w")).toEqual(["warn"]);
});

clientIt("completes a command and a flag at the Tab key in zsh", "zsh", async (zsh) => {
  const folder = mkdtempSync(join(tmpdir(), "porthole-zsh-"));
  const terminal = spawnTerminal(zsh, ["-f", "-i"], { env: { HOME: folder, ZDOTDIR: folder, PS1: "zsh> " } });
  try {
    writeFileSync(join(folder, "porthole.zsh"), script("zsh"));
    await terminal.waitForScreen("zsh>");
    terminal.type("autoload -U compinit && compinit -u -D; source $HOME/porthole.zsh; echo re'ad'y\r");
    await terminal.waitForScreen(/^ready\nzsh>/m);
    terminal.type("porthole stat\t");
    await terminal.waitForScreen(/zsh> porthole status/);
    terminal.type(" --wat\t");
    await terminal.waitForScreen(/zsh> porthole status +--watch/);
  } finally {
    await terminal.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
