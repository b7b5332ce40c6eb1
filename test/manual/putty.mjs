// PuTTY itself, with its window on a screen of its own: logs in by Telnet, looks at an object of the program, changes it,
// makes the window wider, interrupts a loop, and leaves. What it did is looked up in the program.
//
//   apt-get install putty xvfb openbox xdotool imagemagick
//   npm run build && node test/manual/putty.mjs [--images DIR]
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createNetwork, repl } from "../../dist/index.js";
import { openScreen } from "./screen.mjs";

const { values: flags } = parseArgs({ options: { images: { type: "string" } } });
const home = mkdtempSync(join(tmpdir(), "porthole-putty-"));
const DEADLINE_MS = 30_000;
const children = [];

const sensor = { periodMs: 1000, latest: 21.5, loops: 0, said: "" };
const network = createNetwork({
  repl: () => repl({ local: false, context: { sensor } }).host,
  onEvent: ({ type }) => events.push(type),
});
const events = [];

try {
  const display = await openScreen(start, "900x480", home);
  if (!network.telnet.start({ port: 2323 }) && !network.telnet.start({ port: 0 })) throw network.telnet.lastError;
  const port = network.telnet.status()[2][0].split(":").at(-1);
  // PuTTY's settings as its dialogs leave them; the rest is its default.
  mkdirSync(join(home, ".putty/sessions"), { recursive: true });
  const settings = { WarnOnClose: 0, CloseOnExit: 0, TermWidth: 80, TermHeight: 24, WinTitle: "PuTTY" };
  writeFileSync(
    join(home, ".putty/sessions/porthole"),
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  start("putty", ["-load", "porthole", "-telnet", "-P", port, "127.0.0.1"], { env: environment(display) });
  await until("PuTTY is connected", () => events.includes("connected"));
  await until("its window is there", () => windowOf(display) !== undefined);
  xdotool(display, "windowfocus", "--sync", windowOf(display));

  const type = (text) => xdotool(display, "type", "--delay", "30", `${text}\n`);
  type("micro");
  type("python");
  await until("the user is logged in", () => events.includes("logged-in"));
  await wait(500); // until the banner is drawn
  type("sensor");
  type("sensor.periodMs = 200");
  await until("the program was changed", () => sensor.periodMs === 200);
  xdotool(display, "windowsize", "--sync", windowOf(display), "880", "440");
  await wait(1_000); // until it has told its size
  // While the loop runs this program stands still too: somebody else has to press the keys.
  const keys =
    'sleep 3; xdotool key ctrl+c; sleep 2; xdotool type --delay 30 "$(printf "sensor.said = \'ümlaut\'\\r")"';
  start("sh", ["-c", keys], { env: environment(display) });
  type("while (true) sensor.loops++");
  await until("the loop was interrupted and a line was typed after it", () => sensor.said === "ümlaut");
  if (sensor.loops === 0) throw new Error("the loop never ran");
  await wait(500); // until the answer is drawn
  if (flags.images) take(display, join(flags.images, "client-putty.png"));
  type(".exit");
  await until("PuTTY has left", () => events.includes("left"));
  console.log(`PuTTY logged in, changed an object, interrupted a loop after ${sensor.loops} rounds, and left`);
} catch (error) {
  console.error(`FAILED: ${error.message}; events: ${events.join(", ")}`);
  process.exitCode = 1;
} finally {
  for (const child of children.reverse()) child.kill();
  network.telnet.stop({ force: true });
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
process.exit();

function environment(display) {
  return { PATH: process.env.PATH, HOME: home, DISPLAY: display, LANG: "C.UTF-8" };
}

function windowOf(display) {
  try {
    return xdotool(display, "search", "--onlyvisible", "--class", "putty").trim().split("\n").at(-1) || undefined;
  } catch {
    return undefined; // none yet
  }
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
  return execFileSync("xdotool", words, {
    env: environment(display),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** A picture of the window, small: few colours. */
function take(display, path) {
  const picture = ["-window", "root", "-trim", "+repage", "+dither", "-colors", "32", `png8:${path}`];
  execFileSync("import", picture, { env: environment(display) });
}

async function until(what, done) {
  const end = Date.now() + DEADLINE_MS;
  while (!done()) {
    if (Date.now() > end) throw new Error(`not in ${DEADLINE_MS / 1000} s: ${what}`);
    await wait(100);
  }
}
