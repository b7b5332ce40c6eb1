/** What is loaded before it is used: counted, since times depend on the machine. Against the built files. */
import { execFileSync, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const dist = resolve(import.meta.dirname, "../../dist");
const hooks = `data:text/javascript,${encodeURIComponent(`
  import { register } from "node:module";
  register("data:text/javascript," + encodeURIComponent(
    "import { writeSync } from 'node:fs';" +
    "export async function load(url, context, next) { writeSync(1, 'LOAD ' + url + '\\\\n'); return next(url, context); }"));
`)}`;

/** The URLs of all modules that Node loads, and its own modules that it then has. */
function loads(args: readonly string[]): string[] {
  const output = execFileSync(process.execPath, ["--import", hooks, ...args], { encoding: "utf8" });
  return output.split("\n").filter((line) => line.startsWith("LOAD ") || line.startsWith("NativeModule "));
}

/** Files that come with the interpreter or with the TypeScript prompt. */
const LARGE =
  /node_modules\/(@micropython|sucrase|acorn|koffi|pino|prom-client|bonjour-service)|\.wasm|repls\/micropython\/(interpreter\.js|rom\/)/;

describe("import porthole", () => {
  const code = `import(${JSON.stringify(`${dist}/index.js`)}).then(() => console.log(process.moduleLoadList.join("\\n")))`;
  const loaded = loads(["-e", code]);

  it("loads the public names", () => {
    expect(loaded.some((line) => line.endsWith("/dist/index.js"))).toBe(true);
    expect(loaded.some((line) => line.startsWith("NativeModule net"))).toBe(true);
  });

  it("loads neither MicroPython nor what TypeScript needs nor the accelerator", () => {
    expect(loaded.filter((line) => LARGE.test(line))).toEqual([]);
  });

  it("loads no package before it is used", () => {
    expect(loaded.filter((line) => line.includes("/node_modules/"))).toEqual([]);
  });

  it("loads no protocol, which a server loads when it first listens", () => {
    expect(loaded.filter((line) => /\/(protocol\/(ftp|telnet)|servers\/\w+\/session\.js)/.test(line))).toEqual([]);
  });

  it("does not load TLS", () => {
    expect(loaded.filter((line) => /^NativeModule (tls|_tls_wrap|https)$/.test(line))).toEqual([]);
  });
});

describe("a server in a thread of its own", () => {
  it.each(["telnet", "ftp"])("loads no package before it is used: %s", (service) => {
    const parts = ["server-core.js", "session.js"].map((file) => `${dist}/servers/${service}/${file}`);
    const loaded = loads(["-e", parts.map((file) => `import(${JSON.stringify(file)});`).join("")]);
    expect(loaded.some((line) => line.endsWith(`/dist/servers/${service}/session.js`))).toBe(true);
    expect(loaded.filter((line) => line.includes("/node_modules/"))).toEqual([]);
  });
});

describe("porthole serve", () => {
  it("loads the reader of command lines and no other package before it listens", () => {
    // It ends with 1 at a directory that is not there, when all that it begins with is loaded.
    const ended = spawnSync(
      process.execPath,
      ["--import", hooks, `${dist}/cli/main.js`, "serve", "/no/such/directory"],
      {
        encoding: "utf8",
      },
    );
    expect(ended.status).toBe(1);
    const loaded = ended.stdout.split("\n").filter((line) => line.startsWith("LOAD file:"));
    expect(loaded.some((line) => line.endsWith("/dist/servers/ftp/server-core.js"))).toBe(true);
    const packages = loaded
      .map((line) => /\/node_modules\/([^/]+)/.exec(line)?.[1])
      .filter((name) => name !== undefined);
    expect([...new Set(packages)]).toEqual(["commander"]);
  });
});

describe("porthole --version", () => {
  it("loads its own two files and no package", () => {
    const loaded = loads([`${dist}/cli/main.js`, "--version"]).filter((line) => line.includes("file:"));
    expect(loaded.map((line) => line.slice(line.lastIndexOf("/dist/")))).toEqual([
      "/dist/cli/main.js",
      "/dist/cli/version.js",
    ]);
  });

  it("tells more when asked to", () => {
    const text = execFileSync(process.execPath, [`${dist}/cli/main.js`, "--version", "--verbose"], {
      encoding: "utf8",
      env: { ...process.env, PORTHOLE_ACCELERATOR: "off" },
    });
    expect(text).toMatch(/^porthole \d+\.\d+\.\d+\nnode v\d+.*\naccelerator: off by PORTHOLE_ACCELERATOR\n$/);
  });
});
