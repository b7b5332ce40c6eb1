/**
 * What `npm pack` gives to a stranger's project: only what runs, and it runs.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const project = resolve(import.meta.dirname, "../..");
const BUDGET_BYTES = 2_000_000;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

let folder: string;
let packed: Packed;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "porthole-package-"));
  const [first] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: project,
      encoding: "utf8",
    }),
  ) as Packed[];
  if (first === undefined) throw new Error("npm pack made nothing");
  packed = first;
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "porthole"), { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", join(modules, "porthole"), "--strip-components=1"]);
  for (const name of readdirSync(join(project, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(project, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("holds only what runs", () => {
  const allowed = /^(dist\/.*\.(js|d\.ts|wasm)|README\.md|LICENSE|package\.json)$/;
  expect(packed.files.map(({ path }) => path).filter((path) => !allowed.test(path))).toEqual([]);
  expect(packed.files.filter(({ path }) => path.includes(".test."))).toEqual([]);
});

it(`is smaller than ${BUDGET_BYTES} bytes`, () => {
  expect(packed.size).toBeLessThan(BUDGET_BYTES);
});

it("can be imported by its names", () => {
  const script =
    'import * as a from "porthole"; import * as b from "porthole/testing"; console.log(Object.keys(a).length > 5, Object.keys(b).length > 0);';
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(output.trim()).toBe("true true");
});

it("has types that a strict project takes", () => {
  const program = [
    'import { createFtpServer, createMemoryStore, network, repl, type Store } from "porthole";',
    'import { withFtpServer } from "porthole/testing";',
    "const store: Store = createMemoryStore();",
    "await createFtpServer({ store }).listen({ port: 0 });",
    "repl({ context: { store } });",
    "const [state, text]: readonly [number, string, readonly string[]] = network.telnet.status();",
    "await withFtpServer({ store }, async ({ url }) => [url, state, text]);",
    "// @ts-expect-error: a misspelled option is an error",
    "createFtpServer({ store, readonly: true });",
  ].join("\n");
  writeFileSync(join(folder, "program.ts"), program);
  const common = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2023", "--types", "node"];
  for (const resolution of [
    ["--module", "nodenext"],
    ["--module", "esnext", "--moduleResolution", "bundler"],
  ]) {
    const tsc = join(project, "node_modules/.bin/tsc");
    const run = spawnSync(tsc, [...common, ...resolution, "program.ts"], { cwd: folder, encoding: "utf8" });
    expect(run.stdout).toBe("");
  }
});

it("uses the testing kit", () => {
  const script = `import { withFtpServer } from "porthole/testing";
    await withFtpServer({ files: { "/a": "hello" } }, (server) => server.assertFile("/a", "hello"));
    console.log("done");`;
  const args = ["--input-type=module", "-e", script];
  expect(execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" })).toBe("done\n");
});

it("runs as a command", () => {
  const bin = join(folder, "node_modules/porthole/dist/cli/main.js");
  expect(execFileSync(process.execPath, [bin, "--version"], { encoding: "utf8" })).toMatch(/^\d+\.\d+\.\d+\n$/);
});
