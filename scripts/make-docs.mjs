// Writes the pages of docs/ that are made from the code. With --check: says which page is stale and exits with 1.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { LIMITS } from "../dist/contracts/limits.js";
import { ftpConformance, ftpRules } from "../dist/protocol/ftp/conformance.js";
import { TELNET_CONFORMANCE } from "../dist/protocol/telnet/conformance.js";

const pages = {
  "docs/limits.md": limitsPage(),
  "docs/conformance.md": conformancePage(),
  "docs/commands.md": commandsPage(),
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

function conformancePage() {
  const commands = ftpConformance().map(({ verbs, syntax, rfc, login, needs, support, note }) => [
    verbs.join(", "),
    `\`${syntax}\``,
    rfc,
    login === "before" ? "no" : "yes",
    needs.join(" or "),
    support,
    note,
  ]);
  const rules = ftpRules().map(({ rfc, rule, support, note, test }) => [rfc, rule, support, note, test]);
  const telnet = TELNET_CONFORMANCE.map(({ rfc, clause, support, note, test }) => [rfc, clause, support, note, test]);
  return `# Conformance

What Porthole does of each document, what it doesn't, and what it does otherwise on purpose. Made by \`npm run docs\` from
\`src/protocol/*/conformance.ts\` and the list of FTP commands, which FEAT and HELP are made from too.

## FTP commands

${table(["command", "syntax", "document", "after a login only", "right", "done", "note"], commands)}

## FTP rules

${table(["document", "rule", "done", "note", "shown by"], rules)}

## TELNET

${table(["document", "clause", "done", "note", "shown by"], telnet)}
`;
}

function commandsPage() {
  const help = (...words) =>
    execFileSync(process.execPath, [new URL("../dist/cli/main.js", import.meta.url).pathname, ...words, "--help"], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", COLUMNS: "80" },
    });
  const block = (text) => `\`\`\`\n${text.trim()}\n\`\`\``;
  const all = help();
  const commands = [...all.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).filter((name) => name !== "help");
  const sections = commands.map((name) => `## ${name}\n\n${block(help(name).split("\nGlobal Options:")[0])}`);
  return `# Commands

What \`porthole\` and each of its commands say of themselves with \`--help\`; made by \`npm run docs\`. Where an option names
an environment variable (\`env:\`), that says the same. \`board\` runs when no command is named.

${block(all)}

${sections.join("\n\n")}
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
