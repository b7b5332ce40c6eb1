/**
 * `porthole completion`, in the shells that are here.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { PORTHOLE } from "./porthole-command.ts";

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
