/**
 * Each program of `examples/`, run and used as its first lines say.
 */
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { Client } from "basic-ftp";
import { expect, it } from "vitest";
import { clientIt } from "../wire/clients.ts";
import { PORTHOLE } from "../wire/porthole-command.ts";
import { spawnTerminal } from "../wire/terminal.ts";
import { makeFolder, startExample } from "./example.ts";

const EXAMPLES = resolve(import.meta.dirname, "../../examples");

async function upload(port: number, user: string, password: string, path: string, content: Uint8Array | string) {
  const client = new Client();
  try {
    await client.access({ host: "127.0.0.1", port, user, password });
    await client.uploadFrom(Readable.from([Buffer.from(content)]), path);
  } finally {
    client.close();
  }
}

it("sensor.js: somebody looks at it, and changes it while it runs", async () => {
  const example = startExample("sensor.js", { env: { PASSWORD: "other" } });
  const prompt = await example.enter("other");
  expect(await prompt.ask("sensor.latest.celsius > 0")).toContain("true");
  await prompt.ask("sensor.periodMs = 1");
  await prompt.ask("while (sensor.readings.length <= 5) await new Promise((go) => setTimeout(go, 100))");
  expect(await prompt.ask("sensor.readings.length > 5")).toContain("true");
});

it("busy-loop.js: look, interrupt, repair, go on", async () => {
  const prompt = await startExample("busy-loop.js").enter();
  prompt.type("report()\r");
  await prompt.until("report()");
  prompt.type("\x03");
  await prompt.until("KeyboardInterrupt");
  await prompt.until("> \x1b[3G");
  expect(await prompt.ask("settings.step")).toMatch(/\n0/);
  await prompt.ask("settings.step = 10");
  expect(await prompt.ask("report()")).toContain("ticks 0, 10, 20, 30, 40, 50, 60, 70, 80, 90");
  expect(await prompt.ask("ticks > 0")).toContain("true");
});

it("http-app.js: the prompt looks at the running app, changes its answer, and adds a route", async () => {
  const example = startExample("http-app.js");
  const url = `http://127.0.0.1:${await example.port("http")}`;
  expect(await (await fetch(url)).text()).toBe("It works.\n");
  expect((await fetch(`${url}/new`)).status).toBe(404);
  const prompt = await example.enter();
  expect(await prompt.ask("app.locals.hits")).toMatch(/\n2/);
  await prompt.ask('app.locals.greeting = "Hello from the prompt.\\n"');
  expect(await (await fetch(url)).text()).toBe("Hello from the prompt.\n");
  await prompt.ask('void app.get("/new", (request, response) => response.send("a new route"))');
  expect(await (await fetch(`${url}/new`)).text()).toBe("a new route");
  expect(await prompt.ask("app.locals.hits")).toMatch(/\n4/);
});

it("camera.js: pictures trigger a function; the others are refused, and the camera is told why", async () => {
  const example = startExample("camera.js");
  const port = await example.port("ftp");
  const send = (path: string, content: Uint8Array) => upload(port, "camera", "python", path, content);
  const jpeg = Buffer.concat([Buffer.from("ffd8ffe0", "hex"), randomBytes(1000)]);
  await send("/one.jpg", jpeg);
  await example.printed(/\/one\.jpg: 1004 bytes from 127\.0\.0\.1/);
  await expect(send("/two.jpg", Buffer.from("GIF89a"))).rejects.toThrow("That is no JPEG.");
  const large = Buffer.concat([jpeg, Buffer.alloc(5 * 1024 * 1024)]);
  await expect(send("/three.jpg", large)).rejects.toThrow("at most 5242880 bytes");
  expect(readdirSync(join(example.folder, "pictures"))).toEqual(["one.jpg"]);
  expect(readFileSync(join(example.folder, "pictures/one.jpg"))).toEqual(jpeg);
  example.child.kill("SIGTERM");
  expect((await once(example.child, "exit"))[0]).toBe(0);
});

/** A Node that has node:sqlite: this one, or one from the registry. */
async function nodeWithSqlite(): Promise<string | undefined> {
  const given = process.getBuiltinModule("node:sqlite");
  if (given !== undefined) return process.execPath;
  const where = ["scripts/try-runtimes.mjs", "--where", "node@latest"];
  const { stdout } = await promisify(execFile)(process.execPath, where, { cwd: resolve(EXAMPLES, "..") });
  return (JSON.parse(stdout) as { command?: string[] }).command?.[0];
}

it("users.js: says what it needs where that is missing", async ({ skip }) => {
  if (process.getBuiltinModule("node:sqlite") !== undefined) skip("this Node has node:sqlite");
  const example = startExample("users.js");
  await example.printed(/users\.js needs node:sqlite, which Node has from 22\.13 on; this is v20\./);
  expect((await once(example.child, "exit"))[0]).toBe(1);
});

it("users.js: each sees their own files; wrong passwords and strangers see none", {
  timeout: 400_000, // a Node may have to be fetched
}, async (test) => {
  const node = await nodeWithSqlite();
  if (node === undefined && process.env["PORTHOLE_REQUIRE_CLIENTS"] === undefined) {
    test.skip("no Node with node:sqlite installs here");
  }
  const folder = makeFolder();
  for (const name of ["anna", "bert"]) {
    const adding = startExample("users.js", { args: ["add", name], folder, node });
    await adding.printed(/Password for/);
    adding.child.stdin?.write(`${name}'s secret\n`);
    expect((await once(adding.child, "exit"))[0]).toBe(0);
  }
  expect(readFileSync(join(folder, "users.db"), "latin1")).not.toContain("secret");
  expect(statSync(join(folder, "users.db")).mode & 0o777).toBe(0o600);
  const example = startExample("users.js", { folder, node });
  const port = await example.port("ftp");
  await upload(port, "anna", "anna's secret", "/letter.txt", "dear");
  expect(readFileSync(join(folder, "homes/anna/letter.txt"), "utf8")).toBe("dear");
  await expect(upload(port, "bert", "anna's secret", "/x", "x")).rejects.toThrow(/530/);
  await expect(upload(port, "toString", "", "/x", "x")).rejects.toThrow(/530/);
  const bert = new Client();
  await bert.access({ host: "127.0.0.1", port, user: "bert", password: "bert's secret" });
  expect(await bert.list()).toEqual([]);
  bert.close();
});

clientIt("live-store.js: state is read and changed as files", "curl", async (curl) => {
  const example = startExample("live-store.js");
  const url = `ftp://micro:python@127.0.0.1:${await example.port("ftp")}`;
  const run = (args: string[], input = "") => spawnSync(curl, ["-sS", ...args], { input, encoding: "utf8" });
  expect(run([`${url}/`]).stdout).toMatch(/settings\.json\r?\n.*status\.json/);
  expect(JSON.parse(run([`${url}/status.json`]).stdout)).toMatchObject({ settings: { limit: 10 } });
  expect(run(["-T", "-", `${url}/settings.json`], '{ "limit": 50 }').status).toBe(0);
  expect(JSON.parse(run([`${url}/status.json`]).stdout)).toMatchObject({ settings: { limit: 50 } });
  const wrong = run(["-v", "-T", "-", `${url}/settings.json`], '{ "limit": "many" }');
  expect(wrong.status).not.toBe(0);
  expect(wrong.stderr).toContain("limit is a whole number");
  expect(run(["-T", "-", `${url}/other.json`], "x").status).not.toBe(0);
  expect(run(["-Q", "DELE status.json", `${url}/`]).status).not.toBe(0);
  expect(JSON.parse(run([`${url}/settings.json`]).stdout)).toEqual({ limit: 50 });
});

it("ftp-client.test.js passes", () => {
  const run = spawnSync(process.execPath, ["--test", join(EXAMPLES, "ftp-client.test.js")], { encoding: "utf8" });
  expect(run.stdout).toContain("# pass 3");
  expect(run.status).toBe(0);
});

it("board/main.py blinks in the terminal, and stops at Ctrl-C", async () => {
  const flash = join(makeFolder(), "flash");
  mkdirSync(flash);
  writeFileSync(join(flash, "main.py"), readFileSync(join(EXAMPLES, "board/main.py")));
  const terminal = spawnTerminal(process.execPath, [
    PORTHOLE,
    "board",
    "--flash",
    flash,
    "--sd",
    makeFolder(),
    "--telnet",
    "off",
    "--ftp",
    "off",
  ]);
  try {
    await terminal.waitForScreen("(*)");
    await terminal.waitForScreen("( )");
    await terminal.waitForScreen("(*)");
    terminal.type("\x03");
    await terminal.waitForScreen(/KeyboardInterrupt.*>>>/s);
    terminal.type("led.on\r");
    await terminal.waitForScreen(/led\.on\n(True|False)/);
  } finally {
    await terminal.kill();
  }
});
