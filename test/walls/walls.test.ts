/**
 * Each wall between rooms, tested by a file that breaks it: the file is put into a copy of the sources, and the
 * compiler or the linter has to refuse it.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const project = resolve(import.meta.dirname, "../..");
const ROOMS = [
  "contracts",
  "native",
  "protocol",
  "console",
  "repls/node",
  "repls/micropython",
  "stores",
  "owner-files",
  "servers",
  "tasks",
  "testing",
];
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "porthole-walls-"));
  for (const name of ["src", "tsconfig.base.json", "tsconfig.json", "biome.json", "package.json", ".gitignore"]) {
    cpSync(join(project, name), join(copy, name), { recursive: true });
  }
  for (const room of ROOMS) writeFileSync(join(copy, "src", room, "landmark.ts"), "export {};\n");
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  spawnSync("git", ["init", "-q"], { cwd: copy });
  expect(compile("src")).toEqual({ status: 0, output: "" });
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

function run(tool: string, args: string[]) {
  const done = spawnSync(join(project, "node_modules/.bin", tool), args, { cwd: copy, encoding: "utf8" });
  return { status: done.status, output: done.stdout + done.stderr };
}

function compile(room: string) {
  return run("tsc", ["-b", room]);
}

/** Puts a file into a room, runs `judge`, takes the file out again. */
function withFile<Result>(room: string, source: string, judge: () => Result): Result {
  const file = join(copy, room, "breaks-a-wall.ts");
  writeFileSync(file, source);
  try {
    return judge();
  } finally {
    rmSync(file);
  }
}

const OUTSIDE = /TS6307|TS6059/; // not among the project's files: an upward or sideways import
const UNKNOWN = /TS2307|TS2304|TS2580|TS2591|TS2584|TS2552/; // no such name or module here

describe("the compiler refuses", () => {
  it.each([
    ["contracts", "protocol"],
    ["native", "protocol"],
    ["protocol", "native"],
    ["protocol", "stores"],
    ["protocol", "console"],
    ["console", "servers"],
    ["console", "repls/node"],
    ["stores", "servers"],
    ["servers", "stores"],
    ["owner-files", "servers"],
    ["owner-files", "stores"],
    ["servers", "tasks"],
    ["servers", "repls/node"],
    ["tasks", "repls/node"],
    ["tasks", "repls/micropython"],
    ["repls/node", "repls/micropython"],
    ["repls/node", "servers"],
    ["repls/node", "stores"],
    ["repls/micropython", "repls/node"],
    ["testing", "tasks"],
    ["testing", "repls/node"],
    ["stores", "testing"],
    ["servers", "testing"],
  ])("%s importing %s", (room, other) => {
    const path = posix.relative(`/src/${room}`, `/src/${other}/landmark.ts`);
    const { status, output } = withFile(`src/${room}`, `import "${path}";\n`, () => compile(`src/${room}`));
    expect(output).toMatch(OUTSIDE);
    expect(status).not.toBe(0);
  });

  it.each([
    ["contracts", 'import { connect } from "node:net";\nexport const it: unknown = connect;\n'],
    ["protocol", 'import { connect } from "node:net";\nexport const it: unknown = connect;\n'],
    ["protocol", "export const it: unknown = Buffer.alloc(1);\n"],
    ["protocol", "export const it: unknown = setTimeout;\n"],
    ["protocol", "export const it: unknown = performance.now();\n"],
    ["protocol", "export const it: unknown = process.env;\n"],
    ["contracts", 'console.log("no");\nexport {};\n'],
  ])("a name of Node in %s: %j", (room, source) => {
    const { status, output } = withFile(`src/${room}`, source, () => compile(`src/${room}`));
    expect(output).toMatch(UNKNOWN);
    expect(status).not.toBe(0);
  });

  it("an enum", () => {
    const { output } = withFile("src/contracts", "export enum Side { us, him }\n", () => compile("src/contracts"));
    expect(output).toContain("TS1294");
  });
});

describe("the linter refuses", () => {
  it.each([
    ["contracts", "node:fs", "noNodejsModules"],
    ["protocol", "node:fs", "noNodejsModules"],
    ["console", "node:net", "noRestrictedImports"],
    ["console", "node:worker_threads", "noRestrictedImports"],
    ["console", "node:repl", "noRestrictedImports"],
    ["stores", "node:net", "noRestrictedImports"],
    ["servers", "node:worker_threads", "noRestrictedImports"],
    ["servers", "node:fs", "noRestrictedImports"],
    ["repls/node", "node:net", "noRestrictedImports"],
    ["testing", "vitest", "noRestrictedImports"],
  ])("%s importing %s", (room, name, rule) => {
    const { status, output } = withFile(`src/${room}`, `import "${name}";\n`, () =>
      run("biome", ["lint", "--error-on-warnings", `src/${room}/breaks-a-wall.ts`]),
    );
    expect(output).toContain(rule);
    expect(status).not.toBe(0);
  });

  it("a promise that nobody waits for", () => {
    const source = "async function work(): Promise<void> {}\nexport function start(): void {\n  work();\n}\n";
    const { output } = withFile("src/servers", source, () =>
      run("biome", ["lint", "--error-on-warnings", "src/servers/breaks-a-wall.ts"]),
    );
    expect(output).toContain("noFloatingPromises");
  });
});
