/**
 * The pages that people read, and the code in them.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

export const PROJECT = resolve(import.meta.dirname, "../..");

export interface Page {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

export interface CodeBlock {
  /** `docs/guides/embed.md:12`. */
  readonly where: string;
  readonly language: string;
  /** What stands behind the language. */
  readonly note: string;
  readonly code: string;
}

export function pages(): Page[] {
  const roots = ["README.md", "CONTRIBUTING.md", "docs", "examples"];
  return roots
    .flatMap((root) => (root.endsWith(".md") ? [root] : markdownBelow(root)))
    .map((path) => ({ path, text: readFileSync(join(PROJECT, path), "utf8") }));
}

function markdownBelow(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        /^[^[]*\.md$/.test(entry.name) && // [file].md is a page for each of many files
        !/node_modules|\.vitepress/.test(entry.parentPath),
    )
    .map((entry) => relative(PROJECT, join(entry.parentPath, entry.name)));
}

export function codeBlocks(): CodeBlock[] {
  return pages().flatMap(({ path, text }) => blocksOf(path, text));
}

function blocksOf(path: string, text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const open = /^( *)(`{3,})(\w*) ?(.*)$/.exec(lines[at] ?? "");
    if (open === null) continue;
    const [, indent = "", fence = "", language = "", note = ""] = open;
    const where = `${path}:${at + 1}`;
    const heading = lines.slice(0, at).findLast((line) => /^#+ /.test(line));
    const code: string[] = [];
    while (lines[++at] !== indent + fence) {
      if (at >= lines.length) throw new Error(`${where}: the block never ends`);
      code.push((lines[at] ?? "").slice(indent.length));
    }
    // In the reference signatures are made from the code; what people wrote there are the examples.
    if (path.startsWith("docs/api/") && !/^#+ Example/.test(heading ?? "")) continue;
    blocks.push({ where, language, note, code: `${code.join("\n")}\n` });
  }
  return blocks;
}

/** True when a file has a test, or a group of tests, whose title begins with or holds `title`: a comment doesn't count. */
export function hasTest(file: string, title: string): boolean {
  const quoted = title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const literal = new RegExp(`\\(\\s*(["'\`])(?:(?!\\1).)*?${quoted}`);
  return literal.test(readFileSync(join(PROJECT, file), "utf8"));
}
