// FileZilla itself, driven as a person does, on a screen of its own: a tree goes up and comes down again, and every file
// of it is compared. First with the device's settings (one connection, passive, plain), then with four connections, then
// over TLS (explicit, implicit) where data connections have to resume the session; the certificate is trusted in FileZilla's
// own dialog.
//
//   apt-get install filezilla xvfb openbox xdotool imagemagick
//   npm run build && node test/manual/filezilla.mjs [--images DIR] [--keep]
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { createDirectoryStore, createFtpServer } from "../../dist/index.js";
import { openScreen } from "./screen.mjs";

const { values: flags } = parseArgs({ options: { images: { type: "string" }, keep: { type: "boolean" } } });
const base = mkdtempSync(join(tmpdir(), "porthole-filezilla-"));
const children = [];
const DEADLINE_MS = 90_000;
// Where nothing is but the list, in a window of 1200 by 800.
const LOCAL_LIST = [300, 440];
const REMOTE_LIST = [900, 440];

// The numbers of its site manager.
const PLAIN = 6;
const EXPLICIT = 4;
const IMPLICIT = 3;
const TLS = { selfSigned: join(base, "certificate"), required: true, sessionReuse: "required" };

const RUNS = [
  {
    name: "device",
    title: "the device's settings: one connection, passive, plain",
    server: { limits: "device" },
    connections: 1,
    protocol: PLAIN,
  },
  { name: "four-connections", title: "four connections at once", server: {}, connections: 4, protocol: PLAIN },
  {
    name: "explicit-tls",
    title: "explicit TLS, required, with the session reused",
    server: { tls: { ...TLS, implicit: false } },
    connections: 4,
    protocol: EXPLICIT,
  },
  {
    name: "implicit-tls",
    title: "implicit TLS, with the session reused",
    server: { tls: { ...TLS, implicit: true } },
    connections: 1,
    protocol: IMPLICIT,
  },
];

try {
  const display = await openScreen(start, "1200x800", base);
  for (const run of RUNS) await carryTree(run, display);
} catch (error) {
  console.error(`FAILED: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const child of children.reverse()) child.kill();
  if (flags.keep) console.log(`kept ${base}`);
  else rmSync(base, { recursive: true, force: true, maxRetries: 5 });
}

async function carryTree({ name, title, server: options, connections, protocol }, display) {
  const home = join(base, name);
  const [root, up, down] = ["served", "up", "down"].map((folder) => join(home, folder));
  for (const folder of [root, up, down]) mkdirSync(folder, { recursive: true });
  makeTree(join(up, "tree"));
  const wanted = snapshot(up);

  const data = await freePort(); // in place of the device's 2024, which somebody may have
  const passive = connections === 1 ? { passivePorts: { from: data, to: data } } : {};
  const server = createFtpServer({ store: createDirectoryStore({ root }), ...passive, ...options });
  let most = 0;
  let fingerprint;
  const broken = [];
  server.on("*", (event) => {
    most = Math.max(most, server.sessions().length);
    if (event.type === "certificate") fingerprint = event.fingerprint;
    if (event.type === "refused" || event.type === "error") broken.push(event);
    if (event.type === "transfer-end" && event.result !== "complete") broken.push(event);
  });
  const { port } = await server.listen({ port: 0 });
  try {
    const screen = { home, port, connections, display, protocol };
    if (fingerprint !== undefined) await trustCertificate({ ...screen, name, fingerprint, local: up });
    await drive({ ...screen, local: up, list: LOCAL_LIST, picture: `filezilla-${name}-up` }, root, wanted);
    await drive({ ...screen, local: down, list: REMOTE_LIST, picture: `filezilla-${name}-down` }, down, wanted);
  } finally {
    await server.close({ graceSeconds: 0 });
  }
  if (broken.length > 0) throw new Error(`${title}: ${JSON.stringify(broken)}`);
  if (most !== connections) throw new Error(`${title}: ${most} connections at once, not ${connections}`);
  const files = Object.values(wanted).filter((what) => what !== "directory");
  console.log(
    `${title}: ${files.length} files and ${Object.keys(wanted).length - files.length} directories, both ways`,
  );
}

/** Starts FileZilla, transfers the one directory of a list, and waits until `target` has all that is wanted. */
async function drive({ display, list, picture, ...screen }, target, wanted) {
  const { filezilla, logged } = connect({ display, ...screen });
  try {
    await until("FileZilla's first listing", () => /Directory listing of "\/" successful/.test(logged()));
    await wait(1_000); // until the list is drawn, which nothing tells
    xdotool(display, "mousemove", ...list, "click", 1);
    xdotool(display, "key", "End", "Menu"); // the last entry of "..", "tree"
    await wait(500);
    xdotool(display, "key", "Down", "Return"); // "Upload" or "Download"
    let last;
    await until(`the tree in ${target}`, () => {
      if (countOf(target) < Object.keys(wanted).length) return false;
      last = snapshot(target);
      return isDeepStrictEqual(last, wanted);
    }).catch((error) => {
      take(display, join(base, `${picture}-failed.png`));
      throw new Error(`${error.message}\n${difference(wanted, last)}\n${logged().split("\n").slice(-15).join("\n")}`);
    });
    await wait(1_000); // until the queue is drawn empty
    if (flags.images) take(display, join(flags.images, `${picture}.png`));
    const errors = logged().match(/^.*(?:Error|Response: [45]\d\d).*$/gm) ?? [];
    const asked = errors.filter((line) => !line.includes("550")); // it may ask for a directory before it makes it
    if (asked.length > 0) throw new Error(`FileZilla saw errors:\n${asked.join("\n")}`);
  } finally {
    await end(filezilla);
  }
}

/** Says yes, and always, to the certificate that FileZilla shows at the first visit; it keeps that in its settings. */
async function trustCertificate({ home, display, name, fingerprint, ...screen }) {
  const { filezilla, logged } = connect({ home, display, ...screen });
  try {
    const dialog = await until("the dialog of an unknown certificate", () =>
      windowNamed(display, "Unknown certificate"),
    );
    await wait(1_000); // until it is drawn
    if (flags.images) take(display, join(flags.images, `filezilla-${name}-certificate.png`));
    const { width, height } = sizeOf(display, dialog);
    const click = (x, y) => xdotool(display, "mousemove", "--window", dialog, x, y, "click", 1);
    click(56, height - 86); // "Always trust this certificate in future sessions."
    await wait(500);
    click(width - 62, height - 24); // "OK"
    await until("FileZilla's first listing over TLS", () => /Directory listing of "\/" successful/.test(logged()));
    const kept = await until("the certificate in FileZilla's settings", () => keptCertificate(home));
    const shown = createHash("sha256").update(kept).digest("hex");
    if (shown !== fingerprint.replaceAll(":", "").toLowerCase()) throw new Error(`FileZilla keeps ${shown}`);
  } catch (error) {
    take(display, join(base, `${name}-certificate-failed.png`));
    throw new Error(`${error.message}\n${logged()}`);
  } finally {
    await end(filezilla);
  }
}

/** The bytes of the certificate that FileZilla has been told to trust. */
function keptCertificate(home) {
  const file = join(home, ".config", "filezilla", "trustedcerts.xml");
  if (!existsSync(file)) return undefined;
  const [, hex] = /<Data>([0-9a-f]+)<\/Data>/i.exec(readFileSync(file, "utf8")) ?? [];
  return hex === undefined ? undefined : Buffer.from(hex, "hex");
}

/** Starts FileZilla, which then connects on its own. */
function connect({ home, port, connections, protocol, display, local }) {
  const log = configure(home, port, connections, protocol);
  const env = { PATH: process.env.PATH, HOME: home, DISPLAY: display, LANG: "C.UTF-8", TZ: "UTC" };
  const filezilla = start("filezilla", ["-c", "0/porthole", "-a", local], { env });
  return { filezilla, logged: () => (existsSync(log) ? readFileSync(log, "utf8") : "") };
}

async function end(filezilla) {
  const gone = new Promise((resolve) => filezilla.once("exit", resolve));
  filezilla.kill();
  await gone;
}

/** FileZilla's settings, as its dialogs leave them; gives the path of its log. */
function configure(home, port, connections, protocol) {
  const folder = join(home, ".config", "filezilla");
  const trusted = join(folder, "trustedcerts.xml");
  const kept = existsSync(trusted) ? readFileSync(trusted) : undefined; // its own word for what a person has agreed to
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const log = join(home, "filezilla.log");
  rmSync(log, { force: true });
  const file = (name, content) =>
    writeFileSync(join(folder, name), `<?xml version="1.0" encoding="UTF-8"?>\n<FileZilla3>${content}</FileZilla3>\n`);
  const settings = {
    "Use Pasv mode": 1,
    "Number of Transfers": 4,
    "Preserve timestamps": 1,
    "Update Check": 0,
    "Greeting version": "99.0.0",
    "Logging file": log,
    "Queue completion action": 0,
    "Prevent idle sleep": 0,
  };
  const lines = Object.entries(settings).map(([name, value]) => `<Setting name="${name}">${value}</Setting>`);
  file("filezilla.xml", `<Settings>${lines.join("")}</Settings>`);
  if (kept !== undefined) writeFileSync(trusted, kept);
  else if (protocol === PLAIN) {
    file("trustedcerts.xml", `<InsecureHosts><Host Port="${port}">127.0.0.1</Host></InsecureHosts>`); // plain FTP is meant
  }
  file(
    "sitemanager.xml",
    `<Servers><Server><Host>127.0.0.1</Host><Port>${port}</Port><Protocol>${protocol}</Protocol><Type>0</Type><User>micro</User>
    <Pass>python</Pass><Logontype>1</Logontype><PasvMode>MODE_PASSIVE</PasvMode>
    <MaximumMultipleConnections>${connections}</MaximumMultipleConnections><EncodingType>Auto</EncodingType>
    <Name>porthole</Name></Server></Servers>`,
  );
  return log;
}

/** Odd names, scripts that go as TYPE A, an empty file and an empty directory, a deep path, and files that take a while. */
function makeTree(tree) {
  let count = 0;
  const put = (path, content) => {
    writeFileSync(path, content);
    utimesSync(path, 1_600_000_000 + ++count * 86_401, 1_600_000_000 + count * 86_401);
  };
  mkdirSync(join(tree, "empty directory"), { recursive: true });
  put(join(tree, "main.py"), "print('hello')\n".repeat(1000));
  put(join(tree, "read me.txt"), "one line\nand another\n");
  put(join(tree, "empty"), "");
  put(join(tree, "ümlaut ☃ 日本.bin"), randomBytes(70_001));
  put(join(tree, "-dash (round) #1 & 100%.bin"), "\r\n".repeat(1000));
  put(join(tree, `${"n".repeat(251)}.bin`), randomBytes(10));
  let deep = tree;
  for (let level = 1; level <= 8; level++) {
    deep = join(deep, `level ${level}`);
    mkdirSync(deep);
    put(join(deep, "file.bin"), randomBytes(1000 * level));
  }
  mkdirSync(join(tree, "many"));
  for (let i = 0; i < 100; i++) put(join(tree, "many", `picture ${i}.jpg`), randomBytes(20_000 + i));
  mkdirSync(join(tree, "large"));
  for (let i = 0; i < 8; i++) put(join(tree, "large", `film ${i}.mp4`), randomBytes(8_000_000 + i));
}

/** Each path with SHA-256 and time, or `directory`. */
function snapshot(directory) {
  const found = {};
  for (const name of readdirSync(directory, { recursive: true })) {
    const stat = statSync(join(directory, name), { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (stat.isDirectory()) found[name] = "directory";
    else {
      const hash = createHash("sha256")
        .update(readFileSync(join(directory, name)))
        .digest("hex");
      found[name] = `${hash} ${Math.floor(stat.mtimeMs / 1000)}`;
    }
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function countOf(directory) {
  return readdirSync(directory, { recursive: true }).length;
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

function difference(wanted, found = {}) {
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  const lines = [...names].filter((name) => wanted[name] !== found[name]);
  return lines
    .map((name) => `${name}: ${wanted[name] ?? "-"} | ${found[name] ?? "-"}`)
    .slice(0, 20)
    .join("\n");
}

function start(program, args, options) {
  const child = spawn(program, args, { stdio: "ignore", ...options });
  child.once("error", (error) => {
    console.error(`${program}: ${error.message}; see the head of this file for what it needs`);
    process.exit(1);
  });
  children.push(child);
  return child;
}

function xdotool(display, ...words) {
  const env = { PATH: process.env.PATH, DISPLAY: display };
  return execFileSync("xdotool", words.map(String), { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

function windowNamed(display, name) {
  try {
    return xdotool(display, "search", "--onlyvisible", "--name", name).trim().split("\n")[0];
  } catch {
    return undefined; // none yet
  }
}

function sizeOf(display, window) {
  const text = xdotool(display, "getwindowgeometry", "--shell", window);
  const number = (name) => Number(new RegExp(`^${name}=(\\d+)$`, "m").exec(text)?.[1]);
  return { width: number("WIDTH"), height: number("HEIGHT") };
}

/** A picture of the screen, small: few colours. */
function take(display, path) {
  execFileSync(
    "import",
    ["-window", "root", "-crop", "1190x748+0+0", "+repage", "+dither", "-colors", "32", `png8:${path}`],
    {
      env: { PATH: process.env.PATH, DISPLAY: display },
    },
  );
}

/** Gives what `done` gives, as soon as that is something. */
async function until(what, done) {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = done();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not in ${DEADLINE_MS / 1000} s`);
    await wait(200);
  }
}
