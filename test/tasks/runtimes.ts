/**
 * Other runtimes for the tests' programs: from npm into a temporary folder, since no machine has them all.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, it } from "vitest";

const run = promisify(execFile);
const INSTALL_MS = 300_000;

/** Node to run programs with; `PORTHOLE_NODE` names another one than that of the tests. */
export const NODE: string = process.env["PORTHOLE_NODE"] ?? process.execPath;

/** The command that starts a program in a runtime. */
export type Command = readonly [program: string, ...args: string[]];

/** Installs the newest version that npm has; the end of the test file removes it. */
async function install(name: string, folder: string): Promise<Command> {
  await writeFile(join(folder, "package.json"), '{ "private": true }');
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=error", `${name}@latest`];
  await run("npm", args, { cwd: folder, timeout: INSTALL_MS });
  const program = join(folder, "node_modules/.bin", name);
  const { stdout } = await run(program, ["--version"]);
  console.log(`${name} ${stdout.trim()}`);
  return name === "deno" ? [program, "run", "--allow-all"] : [program];
}

/**
 * A test in the newest version of another runtime: a visible skip where npm can't install that, a failure under
 * `PORTHOLE_REQUIRE_CLIENTS`.
 *
 * @param timeoutMs - For the test alone.
 */
export function runtimeIt(
  name: string,
  runtime: "node" | "bun" | "deno",
  test: (command: Command) => Promise<void>,
  timeoutMs = 120_000,
): void {
  let folder: string | undefined;
  afterAll(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  it(
    name,
    async (context) => {
      folder = await mkdtemp(join(tmpdir(), `porthole-${runtime}-`));
      let command: Command;
      try {
        command = await install(runtime, folder);
      } catch (error) {
        if ((process.env["PORTHOLE_REQUIRE_CLIENTS"] ?? "") !== "") throw error;
        return context.skip(`npm does not install ${runtime}`);
      }
      await test(command);
    },
    INSTALL_MS + timeoutMs,
  );
}
