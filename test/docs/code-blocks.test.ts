/**
 * No code in the docs that does not hold: TypeScript is compiled against what the package gives, Python and shell are
 * parsed, `porthole` in a shell block has the commands and flags that are there, JSON is read.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clientIt } from "../wire/clients.ts";
import { PORTHOLE } from "../wire/porthole-command.ts";
import { codeBlocks, PROJECT } from "./pages.ts";

const blocks = codeBlocks();
const of = (language: string) => blocks.filter((block) => block.language === language);

it("finds code", () => {
  expect(of("ts").length).toBeGreaterThan(10);
  expect(of("sh").length).toBeGreaterThan(5);
});

it("names the language of each block that is one", () => {
  const known = ["ts", "js", "sh", "python", "json", ""];
  expect(blocks.filter(({ language }) => !known.includes(language)).map(({ where }) => where)).toEqual([]);
});

it("compiles the TypeScript", () => {
  const folder = mkdtempSync(join(PROJECT, "dist/docs-blocks-")); // in the package's scope, so that `porthole` is this one
  try {
    const files = new Map<string, string>();
    of("ts").forEach(({ where, code }, number) => {
      const name = `block-${number}.ts`;
      files.set(name, where);
      writeFileSync(join(folder, name), `${code}export {};\n`);
    });
    const compilerOptions = {
      composite: false,
      noEmit: true,
      isolatedDeclarations: false,
      declaration: false,
      noUnusedLocals: false,
      rewriteRelativeImportExtensions: false,
    };
    const extended = { extends: join(PROJECT, "tsconfig.base.json"), compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(extended));
    const run = spawnSync(join(PROJECT, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
    const told = run.stdout.replace(/\S*(block-\d+\.ts)/g, (_, name: string) => `${files.get(name)} `);
    expect(told).toBe("");
    expect(run.status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("reads the JSON", () => {
  for (const { code } of of("json")) expect(() => JSON.parse(code)).not.toThrow();
});

it.each(of("sh").map(({ where, code }) => [where, code]))("parses the shell of %s", (_, code) => {
  const run = spawnSync("bash", ["-n"], { input: code, encoding: "utf8" });
  expect(run.stderr).toBe("");
});

clientIt("parses the Python", "python3", (python) => {
  for (const { where, code } of of("python")) {
    const script = "import ast, sys; ast.parse(sys.stdin.read())";
    const run = spawnSync(python, ["-c", script], { input: code, encoding: "utf8" });
    expect(`${where} ${run.stderr}`).toBe(`${where} `);
  }
});

describe("porthole in a shell block", () => {
  const helps = new Map<string, string>();
  const help = (command: string): string => {
    const known = helps.get(command);
    if (known !== undefined) return known;
    const text = execFileSync(process.execPath, [PORTHOLE, ...(command === "" ? [] : [command]), "--help"], {
      encoding: "utf8",
    });
    helps.set(command, text);
    return text;
  };

  it("has commands and flags that are there", () => {
    const commands = /^ {2}(\w+) /gm;
    const names = [...help("").matchAll(commands)].map(([, name]) => name);
    const text = blocks.map(({ code }) => code.replaceAll("\\\n", " ")).join("");
    const uses = [...text.matchAll(/(?:npx |sudo |^)porthole (\w+)([^\n|;&]*)/gm)];
    expect(uses.length).toBeGreaterThan(0);
    for (const [use, command = "", rest = ""] of uses) {
      expect(names, use).toContain(command);
      for (const [flag] of rest.matchAll(/--[a-z-]+/g)) expect(help(command), use).toContain(flag);
    }
  });
});
