// Packs the package, installs it into empty projects with npm, pnpm and yarn, and uses it with other runtimes from the
// registry. Writes what was found to docs/runtimes.md. Takes minutes and the registry: not part of the tests.
//
//   node scripts/try-runtimes.mjs             all of them
//   node scripts/try-runtimes.mjs node@24     some
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "basic-ftp";

const project = new URL("../", import.meta.url).pathname;
const RUNTIMES = ["node", "node@22", "node@24", "node@latest", "bun@latest", "deno@latest"];
const MANAGERS = {
  npm: ["npm", "install"],
  pnpm: ["npx", "-y", "pnpm@9", "add"],
  yarn: ["npx", "-y", "yarn@1", "add"],
};

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
const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" });

function install(name, [command, ...args]) {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, "package.json"), '{ "private": true, "type": "module" }');
  run(command, [...args, tarball], cwd);
  writeFileSync(join(cwd, "program.mjs"), PROGRAM);
  return cwd;
}

/** The runtime's own program; undefined when it does not install. */
function findRuntime(name) {
  if (name === "node") return { command: [process.execPath], version: process.versions.node };
  const cwd = join(folder, `runtime-${name.replace("@", "-")}`);
  mkdirSync(cwd);
  writeFileSync(join(cwd, "package.json"), '{ "private": true }');
  try {
    run("npm", ["install", "--no-audit", "--no-fund", name], cwd);
    const [program] = name.split("@");
    const path = join(cwd, "node_modules/.bin", program);
    const version = /\d+\.\d+\.\d+/.exec(run(path, ["--version"], cwd))[0];
    return { command: program === "deno" ? [path, "run", "--allow-all"] : [path], version };
  } catch (error) {
    return {
      missing: String(error.stderr ?? error.message)
        .trim()
        .split("\n")
        .at(-1),
    };
  }
}

async function transfer(port) {
  const client = new Client(5_000);
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
        if (waited > 5_000) throw new Error(`no ${wanted} but ${JSON.stringify(text.slice(-200))}`);
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
      if (waited > 30_000 || child.exitCode !== null) throw new Error(`it did not start: ${errors.slice(-300)}`);
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

const COLUMNS = ["servers", "FTP task", "Telnet task and prompt", "interrupt of a loop", "board"];
let tarball;
try {
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], project);
  tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz")),
  );
  const wanted = process.argv.slice(2);
  const managers = [];
  for (const [name, command] of Object.entries(wanted.length > 0 ? { npm: MANAGERS.npm } : MANAGERS)) {
    try {
      const found = await tryOut(install(name, command), findRuntime("node"));
      managers.push([
        name,
        found.failure ?? (COLUMNS.every((column) => found[column] === "yes") ? "yes" : JSON.stringify(found)),
      ]);
    } catch (error) {
      managers.push([
        name,
        `not tried: ${String(error.stderr ?? error.message)
          .trim()
          .split("\n")
          .at(-1)}`,
      ]);
    }
    console.log(managers.at(-1).join(": "));
  }
  const rows = [];
  for (const name of wanted.length > 0 ? wanted : RUNTIMES) {
    const runtime = findRuntime(name);
    const found =
      runtime.missing === undefined ? await tryOut(join(folder, "npm"), runtime) : { failure: runtime.missing };
    const title = `${name.split("@")[0]} ${runtime.version ?? name.split("@")[1]}`;
    rows.push([title, ...COLUMNS.map((column) => (found[column] ?? found.failure ?? "not tried").split("\n")[0])]);
    console.log(rows.at(-1).join(" | "));
  }
  const table = (head, lines) =>
    [head, head.map(() => "---"), ...lines]
      .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
      .join("\n");
  const page = `# Runtimes

What \`scripts/try-runtimes.mjs\` found when it last ran, on ${process.platform} ${process.arch}: the packed package in an empty
project, a file of 3 MB uploaded, a login and a sum at the prompt, a loop there that is interrupted, a script on a board.

${table(["runtime", ...COLUMNS], rows)}

Installed into an empty project, and the same tried with Node ${process.versions.node}:

${table(["with", "works"], managers)}
`;
  if (wanted.length === 0) writeFileSync(join(project, "docs/runtimes.md"), page);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
