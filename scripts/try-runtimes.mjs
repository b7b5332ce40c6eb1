// Packs the package, installs it into empty projects with npm, pnpm and yarn, and uses it there with this Node; and uses
// it with other runtimes from the registry. Writes what was found to docs/runtimes.md.
//
//   node scripts/try-runtimes.mjs                      all of them
//   node scripts/try-runtimes.mjs pnpm node@24         some; nothing is written then
//   node scripts/try-runtimes.mjs --json               one line of JSON for each; nothing is written
//   node scripts/try-runtimes.mjs --where node@24      installs a runtime, and tells its program as JSON
import { execFile, spawn } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { Client } from "basic-ftp";

const project = new URL("../", import.meta.url).pathname;
const RUNTIMES = ["node", "node@22", "node@24", "node@latest", "bun@latest", "deno@latest"];
const MANAGERS = {
  npm: ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"],
  pnpm: ["npx", "-y", "pnpm@9", "add", "--prefer-offline"],
  yarn: ["npx", "-y", "yarn@1", "add", "--prefer-offline"],
};
const COLUMNS = [
  "servers",
  "FTP task",
  "Telnet task and prompt",
  "console.log at the prompt",
  "interrupt of a loop",
  "board",
];
/** So many are tried at once: they mostly wait. */
const AT_ONCE = 3;
const PATIENCE_MS = 15_000;

/** What runs in the other runtime: says what it could start, and where. */
const PROGRAM = `
const told = {};
const attempt = async (name, work) => {
  try { told[name] = await work(); } catch (error) { told[name] = { error: String(error?.message ?? error) }; }
};
const { createFtpServer, createMemoryStore, network, openBoard, repl } = await import("porthole");
const portOf = (addresses) => Number(addresses[0].split(":").at(-1));
await attempt("server", async () => {
  const server = createFtpServer({ store: createMemoryStore() });
  return (await server.listen({ port: 0 })).port;
});
await attempt("ftp", () => {
  if (!network.ftp.start({ port: 0, root: ".", keepAlive: true })) throw network.ftp.lastError;
  return portOf(network.ftp.status()[4]);
});
await attempt("telnet", () => {
  repl({ local: false });
  setInterval(() => console.log("the program's own line"), 300);
  if (!network.telnet.start({ port: 0, keepAlive: true })) throw network.telnet.lastError;
  return portOf(network.telnet.status()[2]);
});
await attempt("board", async () => {
  let shown = "";
  const { board } = openBoard({
    flash: ".",
    local: { type: "unknown", size: { columns: 80, rows: 24 }, write: (bytes) => void (shown += new TextDecoder().decode(bytes)), exit() {} },
  });
  await board.runFile({ name: "a.py", source: "print(6 * 7)", argv: ["a.py"] });
  if (!shown.includes("42")) throw new Error("it printed " + JSON.stringify(shown));
  return true;
});
console.log(JSON.stringify(told));
`;

const folder = mkdtempSync(join(tmpdir(), "porthole-runtimes-"));
const exec = promisify(execFile);
const run = async (command, args, cwd) => (await exec(command, args, { cwd, encoding: "utf8" })).stdout;
const lastLine = (error) =>
  String(error.stderr || error.message)
    .trim()
    .split("\n")
    .at(-1);

/** An empty project with the package and the program in it. */
async function install(name) {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, "package.json"), '{ "private": true, "type": "module" }');
  const [command, ...args] = MANAGERS[name];
  await run(command, [...args, await tarball], cwd);
  writeFileSync(join(cwd, "program.mjs"), PROGRAM);
  return cwd;
}

/** A runtime's own program, which is kept for the next time; or why it does not install. */
async function findRuntime(name) {
  if (name === "node") return { command: [process.execPath], version: process.versions.node };
  const [kind] = name.split("@");
  const kept = join(tmpdir(), `porthole-runtimes-${process.getuid?.() ?? "user"}`);
  const cwd = join(kept, name);
  const path = join(cwd, "node_modules/.bin", kind);
  try {
    mkdirSync(cwd, { recursive: true, mode: 0o700 });
    if (lstatSync(kept).uid !== process.getuid?.()) throw new Error(`${kept} belongs to somebody else`);
    if (!existsSync(path)) {
      writeFileSync(join(cwd, "package.json"), '{ "private": true }');
      await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", name], cwd);
    }
    const version = /\d+\.\d+\.\d+/.exec(await run(path, ["--version"], cwd))[0];
    return { command: kind === "deno" ? [path, "run", "--allow-all"] : [path], version };
  } catch (error) {
    rmSync(cwd, { recursive: true, force: true });
    return { missing: lastLine(error) };
  }
}

async function transfer(port) {
  const client = new Client(PATIENCE_MS);
  try {
    await client.access({ host: "127.0.0.1", port, user: "micro", password: "python" });
    await client.uploadFrom(Readable.from([Buffer.alloc(3_000_000, "x")]), "try.bin");
    if ((await client.size("try.bin")) !== 3_000_000) throw new Error("the file has another size");
    await client.remove("try.bin");
  } finally {
    client.close();
  }
}

async function talk(port, lines) {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  try {
    for (const [wanted, typed] of lines) {
      for (let waited = 0; !wanted.test(text); waited += 20) {
        if (waited > PATIENCE_MS) throw new Error(`no ${wanted} but ${JSON.stringify(text.slice(-200))}`);
        await sleep(20);
      }
      text = "";
      if (typed !== undefined) socket.write(typed);
    }
  } finally {
    socket.destroy();
  }
}

const LOGIN = [
  [/Login as: /, "micro\r\n"],
  [/Password: /, "python\r\n"],
];

/** Runs the program with a runtime, and uses it. */
async function tryOut(cwd, { command: [program, ...args] }) {
  const child = spawn(program, [...args, "program.mjs"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const results = {};
  try {
    let [output, errors] = ["", ""];
    child.stdout.on("data", (bytes) => {
      output += bytes;
    });
    child.stderr.on("data", (bytes) => {
      errors += bytes;
    });
    for (let waited = 0; !/^\{.*\}$/m.test(output); waited += 50) {
      if (waited > 3 * PATIENCE_MS || child.exitCode !== null)
        throw new Error(`it did not start: ${errors.slice(-300)}`);
      await sleep(50);
    }
    const told = JSON.parse(/^\{.*\}$/m.exec(output)[0]);
    const check = async (name, of, work) => {
      try {
        if (told[of]?.error !== undefined) throw new Error(told[of].error);
        await work(told[of]);
        results[name] = "yes";
      } catch (error) {
        const why = /cannot be interrupted: ([^\]]*)/.exec(error.message)?.[1];
        results[name] = why === undefined ? `no: ${error.message}` : `no, and the user is told: ${why}`;
      }
    };
    await check("servers", "server", transfer);
    await check("FTP task", "ftp", transfer);
    await check("Telnet task and prompt", "telnet", (port) => talk(port, [...LOGIN, [/> /, "20 + 22\r\n"], [/42/]]));
    await check("console.log at the prompt", "telnet", (port) =>
      talk(port, [...LOGIN, [/> /], [/the program's own line/]]),
    );
    await check("board", "board", () => {});
    await check("interrupt of a loop", "telnet", async (port) => {
      await sleep(500); // the seat of the user before
      await talk(port, [...LOGIN, [/> /, "while (true) {}\r\n"], [/\{\}/], [/^/, "\x03"], [/KeyboardInterrupt/]]);
    });
    return results;
  } catch (error) {
    return { ...results, failure: error.message };
  } finally {
    child.kill("SIGKILL");
  }
}

async function pack() {
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], project);
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz")),
  );
}

/** @returns `{ name, version, results }`, or with `missing` instead of results. */
async function tryOne(name) {
  if (name in MANAGERS) {
    try {
      const cwd = name === "npm" ? await withNpm : await install(name);
      return { name, results: await tryOut(cwd, await findRuntime("node")) };
    } catch (error) {
      return { name, missing: lastLine(error) };
    }
  }
  const { missing, version, command } = await findRuntime(name);
  if (missing !== undefined) return { name, missing };
  return { name, version, results: await tryOut(await withNpm, { command }) };
}

function makePage(found) {
  const rows = [];
  const managers = [];
  for (const { name, version, missing, results = {} } of found) {
    const cells = COLUMNS.map((column) => (results[column] ?? results.failure ?? missing).split("\n")[0]);
    if (!(name in MANAGERS)) rows.push([`${name.split("@")[0]} ${version ?? name.split("@")[1]}`, ...cells]);
    else managers.push([name, cells.every((cell) => cell === "yes") ? "yes" : [...new Set(cells)].join("; ")]);
  }
  const table = (head, lines) =>
    [head, head.map(() => "---"), ...lines]
      .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
      .join("\n");
  return `# Runtimes

What \`scripts/try-runtimes.mjs\` found when it last ran, on ${process.platform} ${process.arch}: the packed package in an empty
project, a file of 3 MB uploaded, a login and a sum at the prompt, a line that the program prints meanwhile, a loop there
that is interrupted, a script on a board. The tests try the same, with what installs.

${table(["runtime", ...COLUMNS], rows)}

Installed into an empty project, and the same tried with Node ${process.versions.node}:

${table(["with", "works"], managers)}
`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" }, where: { type: "string" } },
});
let tarball;
let withNpm;
try {
  if (values.where !== undefined) console.log(JSON.stringify(await findRuntime(values.where)));
  else {
    const names = positionals.length > 0 ? positionals : [...Object.keys(MANAGERS), ...RUNTIMES];
    tarball = pack();
    withNpm = install("npm");
    withNpm.catch(() => {}); // each that needs it tells
    const found = [];
    const waiting = [...names];
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const one = await tryOne(name);
        found.push(one);
        console.log(values.json ? JSON.stringify(one) : `${name}: ${JSON.stringify(one.results ?? one.missing)}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    found.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
    const page = join(project, "docs/runtimes.md");
    if (positionals.length === 0 && !values.json && readFileSync(page, "utf8") !== makePage(found)) {
      writeFileSync(page, makePage(found));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
