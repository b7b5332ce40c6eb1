// Runs real clients on terminals against a real Porthole, as the pages of docs/clients/ say, and draws what they show:
// docs/images/client-*.svg. Explorer and Finder don't run here: what they are known to say (test/transcripts/) is said to a
// real server, and its answers are drawn. Needs curl, lftp, python3, inetutils-telnet and putty-tools.
//
//   npm run build && node scripts/make-client-pictures.mjs [name...]
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createDirectoryStore, createFtpServer } from "../dist/index.js";
import { talkFtp } from "./ftp-talk.mjs";
import { drawFrame, drawLines, openTerminal, sizeOf, svg } from "./terminal.mjs";

const COLUMNS = 90;
const only = process.argv.slice(2);
const project = new URL("../", import.meta.url).pathname;
const base = mkdtempSync(join(tmpdir(), "porthole-pictures-"));
const [root, home] = [join(base, "served"), join(base, "home")];
for (const folder of [root, join(home, "site")]) mkdirSync(folder, { recursive: true });
for (const page of ["index.html", "style.css"]) writeFileSync(join(home, "site", page), `${page}\n`.repeat(40));
writeFileSync(join(home, "photo.jpg"), new Uint8Array(184_320));
writeFileSync(join(root, "log.txt"), "2026-01-01 all well\n");
writeFileSync(join(root, "big.bin"), new Uint8Array(8_000_000));

const ftp = createFtpServer({ store: createDirectoryStore({ root }) });
// The ports that the pages name, or any when somebody has them.
const { port: ftpPort } = await ftp.listen({ port: 2121 }).catch(() => ftp.listen({ port: 0 }));
const program = (await startProgram("2323")) ?? (await startProgram("0"));

/** `examples/sensor.js` in a process of its own, because a loop at its prompt is interrupted; undefined: the port is taken. */
async function startProgram(port) {
  const env = { ...process.env, PORT: port };
  const child = spawn(process.execPath, ["examples/sensor.js"], {
    cwd: project,
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const listening = /telnet on .*:(\d+)/.exec(line);
    if (listening !== null) return { child, port: listening[1] };
  }
  return undefined;
}

/** A shell in an empty home, whose prompt is `$ `. */
function openShell(rows) {
  const env = { PS1: "$ ", HOME: home, HISTFILE: "", PATH: `${join(base, "bin")}:${process.env.PATH}`, LESS: "" };
  return openTerminal("bash", ["--norc", "--noprofile"], { columns: COLUMNS, rows, cwd: home, env });
}

const url = `ftp://micro:python@localhost:${ftpPort}`;
const PICTURES = {
  curl: {
    label: "curl uploads a picture, lists the directory and downloads a file",
    async draw(terminal) {
      await ask(terminal, `curl -sS -T photo.jpg ${url}/photos/ --ftp-create-dirs`, /create-dirs\n\$$/m);
      await ask(terminal, `curl ${url}/`, /photos\n\$$/m);
      await ask(terminal, `curl -sS -O ${url}/log.txt && cat log.txt`, /all well\n\$$/m);
      await ask(terminal, `curl -sS -Q 'DELE /photos/photo.jpg' ${url}/photos/`, /photos\/\n\$$/m);
    },
  },
  lftp: {
    label: "lftp lists, uploads a directory and downloads a file over four connections",
    async draw(terminal) {
      await ask(terminal, `lftp -u micro,python -p ${ftpPort} localhost`, /lftp micro@localhost:~>$/m);
      await ask(terminal, "ls", /big\.bin[\s\S]*localhost:[^\n]*>$/m);
      await ask(terminal, "mirror --reverse site", /bytes transferred\n[^\n]*localhost:[^\n]*>$/m);
      await ask(terminal, "pget -n 4 big.bin", /pget.*\n\d+ bytes transferred\n[^\n]*localhost:[^\n]*>$/m);
    },
  },
  telnet: {
    name: "inetutils-telnet",
    label: "telnet logs in, looks at an object of the program, changes it, and interrupts a loop",
    draw: (terminal) => useThePrompt(terminal, `telnet localhost ${program.port}`),
  },
  plink: {
    label: "plink, PuTTY's command for terminals, at the same prompt",
    draw: (terminal) => useThePrompt(terminal, `plink -telnet -P ${program.port} localhost`),
  },
  python: {
    label: "Python lists and uploads with ftplib",
    async draw(terminal) {
      await ask(terminal, "python3 -q", />>>$/m);
      const lines = [
        "from ftplib import FTP",
        "ftp = FTP()",
        `ftp.connect("localhost", ${ftpPort})`,
        'ftp.login("micro", "python")',
        'ftp.storbinary("STOR photo.jpg", open("photo.jpg", "rb"))',
        "[name for name, facts in ftp.mlsd()]",
        "ftp.quit()",
      ];
      for (const line of lines) {
        const end = line.slice(-20).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
        await ask(terminal, line, new RegExp(`${end}[\\s\\S]*\\n>>>$`, "m"));
      }
    },
  },
  "windows-explorer": { label: "What Explorer says and what Porthole answers", talk: "windows-explorer" },
  "macos-finder": { label: "What Finder says and what Porthole answers", talk: "macos-finder" },
};

async function useThePrompt(terminal, command) {
  await ask(terminal, command, /Login as:/);
  await ask(terminal, "micro", /Password:/);
  await ask(terminal, "python", /^>$/m);
  await ask(terminal, "sensor.latest", /celsius: [\d.]+[^\n]*\n>$/m);
  await ask(terminal, "sensor.periodMs = 200", /\n200\n>$/m);
  terminal.type("while (true) {}\r");
  await terminal.shows(/while \(true\) \{\}/);
  await new Promise((later) => setTimeout(later, 500)); // the loop runs for a while, as it does with a person
  terminal.type("\x03");
  await terminal.shows(/KeyboardInterrupt\n>$/m);
  await ask(terminal, "sensor.readings.length", /length\n\d+\n>$/m);
}

async function ask(terminal, line, answer) {
  terminal.type(`${line}\r`);
  await terminal.shows(answer);
}

try {
  for (const [name, picture] of Object.entries(PICTURES)) {
    if (only.length > 0 && !only.includes(name)) continue;
    const path = `docs/images/client-${picture.name ?? name}.svg`;
    const drawn = picture.talk === undefined ? await drawTerminal(picture) : await drawTalk(picture);
    writeFileSync(new URL(`../${path}`, import.meta.url), drawn);
    console.log(`wrote ${path}`);
  }
} finally {
  await ftp.close({ graceSeconds: 0 });
  program.child.kill();
  rmSync(base, { recursive: true, force: true });
}
process.exit();

async function drawTerminal({ label, draw }) {
  const terminal = openShell(26);
  try {
    await terminal.shows(/^\$$/m);
    await draw(terminal);
    return drawn(label, label, terminal.lines());
  } finally {
    terminal.kill();
  }
}

async function drawTalk({ label, talk }) {
  const known = readFileSync(new URL(`../test/transcripts/${talk}.ftp`, import.meta.url), "utf8");
  const said = known.split("# USER after a login")[0].match(/^C: .*$/gm);
  mkdirSync(join(root, "flash"), { recursive: true });
  writeFileSync(join(root, "flash/main.py"), 'print("hello")\n');
  const lines = await talkFtp(
    ftpPort,
    said.map((line) => line.slice(3)),
  );
  return drawn(label, label, lines);
}

function drawn(title, label, lines) {
  const shown = lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  const colour = (line) => (/^(\$|>|>>>|[^ ]*ftp [^ ]*>) |^→/.test(line) ? "#8fd0e8" : undefined);
  const size = sizeOf(COLUMNS, shown.length);
  return svg({ ...size, label }, drawFrame(title, COLUMNS, shown.length) + drawLines(shown, 0, colour));
}
