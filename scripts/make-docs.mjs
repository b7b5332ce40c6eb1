// Writes the pages of docs/ that are made from the code. With --check: says which page is stale and exits with 1.
import { readFileSync, writeFileSync } from "node:fs";
import { LIMITS } from "../dist/contracts/limits.js";

const pages = {
  "docs/limits.md": limitsPage(),
};

function table(header, rows) {
  const cell = (text) => String(text).replaceAll("|", "\\|");
  const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function limitsPage() {
  const rows = Object.entries(LIMITS).map(([name, { value, unit, reason }]) => [
    `\`${name}\``,
    value.toLocaleString("en-US"),
    unit,
    reason,
  ]);
  return `# Limits

What a peer can make Porthole hold, wait for or count. Each limit has a test that sends more. The table is made from
\`src/contracts/limits.ts\` by \`npm run docs\`.

${table(["name", "value", "unit", "what happens, and why"], rows)}
`;
}

const check = process.argv.includes("--check");
const stale = [];
for (const [path, text] of Object.entries(pages)) {
  const file = new URL(`../${path}`, import.meta.url);
  let current = "";
  try {
    current = readFileSync(file, "utf8");
  } catch {
    // not written yet
  }
  if (current === text) continue;
  if (check) stale.push(path);
  else {
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
if (stale.length > 0) {
  console.error(`stale: ${stale.join(", ")}; run npm run docs`);
  process.exitCode = 1;
}
