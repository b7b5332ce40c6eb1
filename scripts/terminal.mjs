// Programs on terminals of their own, and pictures of what these show: for the scripts that make the pictures of docs/.
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

const [CELL_WIDTH, CELL_HEIGHT, PADDING, TITLE] = [8.4, 18, 12, 28];
const DEADLINE_MS = 20_000;

/** Runs a command on a terminal that is `columns` wide and `rows` high. */
export function openTerminal(command, args, { columns, rows, cwd, env = {} }) {
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const pty = spawn(command, args, {
    name: "xterm-256color",
    cols: columns,
    rows,
    cwd,
    env: { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8", ...env },
  });
  pty.onData((text) => screen.write(text));
  const lines = () =>
    Array.from({ length: rows }, (_, row) =>
      (screen.buffer.active.getLine(screen.buffer.active.baseY + row)?.translateToString(true) ?? "").trimEnd(),
    );
  return {
    lines,
    type: (keys) => pty.write(keys),
    kill: () => pty.kill(),
    async shows(wanted) {
      const deadline = Date.now() + DEADLINE_MS;
      while (!wanted.test(lines().join("\n"))) {
        if (Date.now() > deadline) throw new Error(`no ${wanted} on:\n${lines().join("\n")}`);
        await new Promise((later) => setTimeout(later, 20));
      }
    },
  };
}

/** How large a terminal is in a picture. */
export function sizeOf(columns, rows) {
  return { width: columns * CELL_WIDTH + 2 * PADDING, height: rows * CELL_HEIGHT + 2 * PADDING + TITLE };
}

/** An empty terminal under its title. */
export function drawFrame(title, columns, rows, x = 0) {
  const { width, height } = sizeOf(columns, rows);
  return `<g transform="translate(${x} 0)"><rect width="${width.toFixed(1)}" height="${height}" rx="8" fill="#1b1f27"/><text x="${PADDING}" y="19" style="fill:#8a93a5">${escaped(title)}</text></g>`;
}

/** What it shows; `colourOf` a line may give another colour. */
export function drawLines(lines, x = 0, colourOf = () => undefined) {
  return lines
    .map((line, row) => {
      if (line === "") return "";
      const colour = colourOf(line);
      const fill = colour === undefined ? "" : ` style="fill:${colour}"`;
      return `<text x="${(x + PADDING).toFixed(1)}" y="${TITLE + PADDING + (row + 0.75) * CELL_HEIGHT}"${fill}>${escaped(line)}</text>`;
    })
    .join("");
}

/** The picture; `label` is for those who do not see it. */
export function svg({ width, height, label, style = "" }, content) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" role="img" aria-label="${escaped(label)}">
<style>text{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d8dee9;white-space:pre}${style}</style>
${content}
</svg>
`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
