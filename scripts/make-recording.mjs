// Runs the real thing on two terminals, the program's own and a telnet user's, and draws what they showed as an SVG that
// moves: docs/recording.svg. Needs a telnet client.
import { writeFileSync } from "node:fs";
import { drawFrame, drawLines, openTerminal, sizeOf, svg } from "./terminal.mjs";

const [COLUMNS, ROWS] = [62, 16];
const project = new URL("../", import.meta.url).pathname;
const frames = [];

function open(command, args) {
  const env = { PORT: "0", NODE_NO_WARNINGS: "1" };
  return openTerminal(command, args, { columns: COLUMNS, rows: ROWS, cwd: project, env });
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

const { width, height } = sizeOf(COLUMNS, ROWS);
const right = width + 12;
const total = frames.reduce((sum, { seconds }) => sum + seconds, 0);

let from = 0;
const groups = frames.map(({ seconds, screens }, number) => {
  const [begin, end] = [(100 * from) / total, (100 * (from + seconds)) / total].map((part) => part.toFixed(2));
  from += seconds;
  const keys = number === 0 ? "0%" : `0%{opacity:0}${begin}%`;
  const last = number === frames.length - 1 ? 1 : 0;
  const style = `@keyframes f${number}{${keys}{opacity:1}${end}%,100%{opacity:${last}}}`;
  return {
    style: `${style}#f${number}{opacity:${last};animation:f${number} ${total.toFixed(1)}s step-end infinite}`,
    group: `<g id="f${number}">${drawLines(screens[0])}${drawLines(screens[1], right)}</g>`,
  };
});
const label = "Two terminals: a program with its prompt, and a telnet user who looks, changes and interrupts";
const picture = svg(
  { width: 2 * width + 12, height, label, style: groups.map(({ style }) => style).join("") },
  `${drawFrame("the program: node examples/sensor.js", COLUMNS, ROWS)}${drawFrame("from anywhere: telnet", COLUMNS, ROWS, right)}
${groups.map(({ group }) => group).join("\n")}`,
);
writeFileSync(new URL("../docs/recording.svg", import.meta.url), picture);
console.log(`docs/recording.svg: ${frames.length} pictures, ${total.toFixed(1)} s, ${picture.length} bytes`);
process.exit();
