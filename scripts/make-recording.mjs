// Runs the real thing on two terminals, the program's own and a telnet user's, and draws what they showed as an SVG that
// moves: docs/recording.svg. Needs a telnet client.
import { writeFileSync } from "node:fs";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

const [COLUMNS, ROWS] = [62, 16];
const [CELL_WIDTH, CELL_HEIGHT, PADDING, TITLE] = [8.4, 18, 12, 28];
const project = new URL("../", import.meta.url).pathname;
const frames = [];

function open(command, args) {
  const screen = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const pty = spawn(command, args, {
    name: "xterm-256color",
    cols: COLUMNS,
    rows: ROWS,
    cwd: project,
    env: { ...process.env, PORT: "0", TERM: "xterm-256color", LANG: "C.UTF-8", NODE_NO_WARNINGS: "1" },
  });
  pty.onData((text) => screen.write(text));
  const lines = () =>
    Array.from({ length: ROWS }, (_, row) =>
      (screen.buffer.active.getLine(screen.buffer.active.baseY + row)?.translateToString(true) ?? "").trimEnd(),
    );
  return {
    lines,
    type: (keys) => pty.write(keys),
    kill: () => pty.kill(),
    async shows(wanted) {
      const deadline = Date.now() + 10_000;
      while (!wanted.test(lines().join("\n"))) {
        if (Date.now() > deadline) throw new Error(`no ${wanted} on:\n${lines().join("\n")}`);
        await new Promise((later) => setTimeout(later, 20));
      }
    },
  };
}

/** One picture of both, shown for so many seconds. */
function frame(seconds) {
  frames.push({ seconds, screens: [local.lines(), remote?.lines() ?? []] });
}

const local = open(process.execPath, ["examples/sensor.js"]);
let remote;
try {
  await local.shows(/telnet on .*:\d+[\s\S]*^>$/m);
  const port = /telnet on 127\.0\.0\.1:(\d+)/.exec(local.lines().join("\n"))[1];
  local.type("sensor.readings.le"); // half a line, which is there again later
  await local.shows(/readings\.le/);
  frame(2);
  remote = open("telnet", ["127.0.0.1", port]);
  await remote.shows(/Login as:/);
  frame(1.2);
  remote.type("micro\r");
  await remote.shows(/Password:/);
  remote.type("python\r");
  await remote.shows(/^>$/m);
  await local.shows(/paused/i);
  frame(2.5);
  const ask = async (line, answer, seconds) => {
    remote.type(`${line}\r`);
    await remote.shows(answer);
    frame(seconds);
  };
  await ask("sensor.latest.celsius", /celsius\n[\d.]+\n>$/m, 2);
  await ask("sensor.periodMs = 200", /= 200\n200\n>$/m, 2);
  remote.type("while (true) {}\r");
  await remote.shows(/while \(true\) \{\}/);
  frame(1.5);
  remote.type("\x03");
  await remote.shows(/KeyboardInterrupt\n>$/m);
  frame(2.5);
  remote.type(".exit\r");
  await remote.shows(/closed/);
  await local.shows(/> sensor\.readings\.le$/m);
  frame(1.5);
  await new Promise((later) => setTimeout(later, 2_000)); // the program measures five times a second now
  local.type("ngth\r");
  await local.shows(/length\n\d+\n>$/m);
  frame(3);
} finally {
  remote?.kill();
  local.kill();
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const width = COLUMNS * CELL_WIDTH + 2 * PADDING;
const height = ROWS * CELL_HEIGHT + 2 * PADDING + TITLE;
const total = frames.reduce((sum, { seconds }) => sum + seconds, 0);

function terminal(title, x) {
  return `<g transform="translate(${x} 0)"><rect width="${width}" height="${height}" rx="8" fill="#1b1f27"/><text x="${PADDING}" y="19" fill="#8a93a5">${title}</text></g>`;
}

function screen(lines, x) {
  return lines
    .map((line, row) =>
      line === ""
        ? ""
        : `<text x="${(x + PADDING).toFixed(1)}" y="${TITLE + PADDING + (row + 0.75) * CELL_HEIGHT}">${escaped(line)}</text>`,
    )
    .join("");
}

let from = 0;
const groups = frames.map(({ seconds, screens }, number) => {
  const [begin, end] = [(100 * from) / total, (100 * (from + seconds)) / total].map((part) => part.toFixed(2));
  from += seconds;
  const keys = number === 0 ? "0%" : `0%{opacity:0}${begin}%`;
  const style = `@keyframes f${number}{${keys}{opacity:1}${end}%,100%{opacity:${number === frames.length - 1 ? 1 : 0}}}`;
  const right = width + 12;
  return {
    style: `${style}#f${number}{opacity:${number === frames.length - 1 ? 1 : 0};animation:f${number} ${total.toFixed(1)}s step-end infinite}`,
    group: `<g id="f${number}">${screen(screens[0], 0)}${screen(screens[1], right)}</g>`,
  };
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${(2 * width + 12).toFixed(0)} ${height}" role="img" aria-label="Two terminals: a program with its prompt, and a telnet user who looks, changes and interrupts">
<style>text{font:14px ui-monospace,Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre}${groups.map(({ style }) => style).join("")}</style>
${terminal("the program: node examples/sensor.js", 0)}${terminal("from anywhere: telnet", width + 12)}
${groups.map(({ group }) => group).join("\n")}
</svg>
`;
writeFileSync(new URL("../docs/recording.svg", import.meta.url), svg);
console.log(`docs/recording.svg: ${frames.length} pictures, ${total.toFixed(1)} s, ${svg.length} bytes`);
process.exit();
