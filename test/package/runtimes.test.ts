/**
 * The packed package in an empty project: installed by npm, pnpm and yarn, and used by other runtimes from the registry.
 * What does not install is a visible skip; where clients are required, the managers, this Node and the newest must be
 * there.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, it } from "vitest";

const PROJECT = resolve(import.meta.dirname, "../..");
const REQUIRED = ["npm", "pnpm", "yarn", "node", "node@latest"];
const OTHERS = ["node@22", "node@24", "bun@latest", "deno@latest"];

interface Tried {
  readonly name: string;
  readonly version?: string;
  readonly missing?: string;
  readonly results?: Readonly<Record<string, string>>;
}

const tried = new Map<string, Tried>();

beforeAll(async () => {
  const child = spawn(process.execPath, ["scripts/try-runtimes.mjs", "--json", ...REQUIRED, ...OTHERS], {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const one = JSON.parse(line) as Tried;
    tried.set(one.name, one);
  }
}, 400_000);

const ALL = {
  servers: "yes",
  "FTP task": "yes",
  "Telnet task and prompt": "yes",
  "console.log at the prompt": "yes",
  "interrupt of a loop": "yes",
  board: "yes",
};

describe("installed from a tarball", () => {
  it.for([...REQUIRED, ...OTHERS])("works with %s", (name, { skip }) => {
    const { missing, results } = tried.get(name) ?? { name, missing: "the script ended before it" };
    const required = process.env["PORTHOLE_REQUIRE_CLIENTS"] !== undefined && REQUIRED.includes(name);
    if (missing !== undefined && !required) skip(`${name} does not install here: ${missing}`);
    const kind = { bun: "Bun", deno: "Deno" }[name.split("@")[0] ?? ""];
    const interrupt = kind === undefined ? "yes" : `no, and the user is told: not on ${kind}`;
    expect(results ?? missing).toEqual({ ...ALL, "interrupt of a loop": interrupt });
  });

  it("is as docs/runtimes.md says", () => {
    const page = readFileSync(resolve(PROJECT, "docs/runtimes.md"), "utf8");
    for (const { name, results } of tried.values()) {
      if (results === undefined || !name.includes("@")) continue;
      const row = new RegExp(`^\\| ${name.split("@")[0]} \\S+ \\| (.*) \\|$`, "m").exec(page)?.[1]?.split(" | ");
      expect(row, name).toEqual(Object.keys(ALL).map((column) => results[column]));
    }
  });
});
