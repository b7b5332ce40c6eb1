/**
 * The files of `contrib/`: what they start exists, with these flags.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { clientIt } from "../wire/clients.ts";
import { PORTHOLE } from "../wire/porthole-command.ts";

const project = resolve(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(project, "contrib", name), "utf8");

function expectFlags(command: string, words: string): void {
  const help = execFileSync(process.execPath, [PORTHOLE, command, "--help"], { encoding: "utf8" });
  const flags = words.match(/--[a-z-]+/g) ?? [];
  expect(flags.length).toBeGreaterThan(0);
  for (const flag of flags) expect(help).toContain(`${flag} `);
}

it("the systemd unit has sections and settings only, and starts what is there", () => {
  const unit = read("porthole.service");
  const lines = unit.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.filter((line) => !/^(\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=\S.*)$/.test(line))).toEqual([]);
  const start = /^ExecStart=\/usr\/bin\/env porthole (\w+) (.*)$/m.exec(unit);
  expectFlags(start?.[1] ?? "", start?.[2] ?? "");
  // What the service may write in, and where it is asked, must be its own.
  expect(unit).toContain("StateDirectory=porthole");
  expect(unit).toContain("Environment=XDG_RUNTIME_DIR=/run/porthole");
});

clientIt("systemd takes the unit as it is", "systemd-analyze", (analyze) => {
  const run = spawnSync(analyze, ["verify", "--man=no", join(project, "contrib/porthole.service")], {
    encoding: "utf8",
  });
  expect(run.stderr.split("\n").filter((line) => line.includes("porthole.service"))).toEqual([]);
  expect(run.status).toBe(0);
});

it("the Dockerfile has known instructions, runs as nobody special, and starts what is there", () => {
  const text = read("Dockerfile").replaceAll("\\\n", " ");
  const instructions = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const known =
    /^(FROM \S+( AS \w+)?|WORKDIR \/\S+|COPY (--from=\w+ )?\S+ \S+|RUN .+|USER \w+|VOLUME \/\w+|EXPOSE [\d -]+|ENTRYPOINT \[.*\])$/;
  expect(instructions.filter((line) => !known.test(line))).toEqual([]);
  for (const [, code = ""] of text.matchAll(/^RUN (.+)$/gm)) execFileSync("bash", ["-n"], { input: code });
  // An image has a version, a stage that is copied from is there, and what is said last does not replace what was said.
  const stages = [...text.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, stage]) => stage);
  for (const [, image] of text.matchAll(/^FROM (\S+)/gm)) expect(image).toMatch(/^node:\d+-slim$/);
  for (const [, stage] of text.matchAll(/--from=(\w+)/g)) expect(stages).toContain(stage);
  for (const once of ["ENTRYPOINT", "VOLUME"]) {
    expect(instructions.filter((line) => line.startsWith(once))).toHaveLength(1);
  }
  const user = instructions.findLastIndex((line) => line.startsWith("USER node"));
  const entry = instructions.findIndex((line) => line.startsWith("ENTRYPOINT"));
  expect(user).toBeGreaterThan(instructions.findLastIndex((line) => line.startsWith("FROM")));
  const words = JSON.parse(instructions[entry]?.slice("ENTRYPOINT ".length) ?? "") as string[];
  expect(words.slice(0, 3)).toEqual(["porthole", "serve", "/files"]);
  expectFlags("serve", words.join(" "));
  expect(existsSync(join(project, ".dockerignore"))).toBe(true);
});
