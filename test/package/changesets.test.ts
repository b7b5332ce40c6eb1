/**
 * Changelog and version by changesets: what waits in `.changeset/` makes the next release, in a copy of this project.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const PROJECT = resolve(import.meta.dirname, "../..");
const CHANGESET = join(PROJECT, "scripts/changeset.mjs");
const FILES = ["package.json", "package-lock.json", "docs/package.json", "CHANGELOG.md", ".changeset"];

let copy: string;
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: copy, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const changeset = (...args: string[]): string => run(process.execPath, CHANGESET, ...args);

interface Waiting {
  readonly file: string;
  readonly text: string;
}

/** The changesets of this project. */
const waiting: Waiting[] = readdirSync(join(PROJECT, ".changeset"))
  .filter((file) => file.endsWith(".md") && file !== "README.md")
  .map((file) => ({ file, text: readFileSync(join(PROJECT, ".changeset", file), "utf8") }));

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "porthole-changesets-"));
  for (const file of FILES) {
    if (!existsSync(join(PROJECT, file))) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(PROJECT, file), join(copy, file), { recursive: true });
  }
  run("git", "init", "-q", "-b", "main");
  run("git", "add", "-A");
  run("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-q", "-m", "test");
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

it.each(waiting.map(({ file, text }) => [file, text]))("%s names the package, a step and what changes", (_, text) => {
  expect(text).toMatch(/^---\n"porthole": (patch|minor|major)\n---\n\n\S/);
});

it("tells what the next release is, and makes it", () => {
  const before = JSON.parse(readFileSync(join(copy, "package.json"), "utf8")).version as string;
  if (waiting.length === 0) return expect(changeset("status")).toContain("NO packages");
  changeset("status", "--output", "status.json");
  const { releases } = JSON.parse(readFileSync(join(copy, "status.json"), "utf8"));
  expect(releases).toMatchObject([{ name: "porthole", oldVersion: before, changesets: { length: waiting.length } }]);
  changeset("version");
  const { version, workspaces } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8"));
  expect(version).toBe(releases[0].newVersion);
  expect(workspaces).toEqual(["docs"]);
  const changelog = readFileSync(join(copy, "CHANGELOG.md"), "utf8");
  expect(changelog.indexOf(`\n## ${version}\n`)).toBeGreaterThan(0);
  expect(changelog.indexOf(`\n## ${version}\n`)).toBeLessThan(changelog.indexOf(`\n## ${before}\n`));
  for (const { text } of waiting) {
    const [first = ""] = text.split("---\n\n")[1]?.split("\n") ?? [];
    expect(changelog).toContain(first);
  }
  expect(readdirSync(join(copy, ".changeset")).sort()).toEqual(["README.md", "config.json"]);
});
