/**
 * The project's files outside of docs/ that the site shows: the examples, what stands in contrib/, and the pages beside
 * README. Each has a page `/files/…`, made by `docs/files/[file].paths.ts`.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join, posix, resolve } from "node:path";

const PROJECT = resolve(import.meta.dirname, "../..");
const LANGUAGES: Record<string, string> = { ".js": "js", ".py": "python", ".service": "ini" };

/** `examples/board/main.py` has the page `/files/examples-board-main-py`. */
export function routeOf(file: string): string {
  return `/files/${nameOf(file)}`;
}

function nameOf(file: string): string {
  return file.replace(/\.md$/, "").replaceAll(/[/.]/g, "-").toLowerCase();
}

/** All of them, from the project's root. */
export function shownFiles(): string[] {
  const below = ["examples", "contrib"].flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".json") && !entry.name.startsWith("."))
      .map((entry) => join(entry.parentPath, entry.name).slice(PROJECT.length + 1)),
  );
  return ["CONTRIBUTING.md", "CHANGELOG.md", ".changeset/README.md", ...below.sort()];
}

/** The page of a file: Markdown as it is, with its links led here; anything else as code under its name. */
export function pageOf(file: string): { params: { file: string; title: string }; content: string } {
  const text = readFileSync(join(PROJECT, file), "utf8");
  const params = { file: nameOf(file), title: file };
  if (!file.endsWith(".md")) {
    const language = LANGUAGES[extname(file)] ?? (file.endsWith("Dockerfile") ? "docker" : "");
    return { params, content: `# ${file}\n\n\`\`\`\`${language}\n${text}\`\`\`\`\n` };
  }
  const content = text.replaceAll(/\]\(([^)\s:#]+)(#[^)\s]*)?\)/g, (_, to: string, anchor = "") => {
    const target = posix.join(dirname(file), to);
    return target.startsWith("docs/") ? `](/${target.slice(5)}${anchor})` : `](${routeOf(target)}${anchor})`;
  });
  return { params, content };
}
