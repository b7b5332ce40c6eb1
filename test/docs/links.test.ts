/**
 * Every link between pages leads somewhere, also to the heading behind the `#`.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";
import { PROJECT, pages } from "./pages.ts";

interface Link {
  readonly from: string;
  readonly to: string;
}

function linksOf(path: string, text: string): Link[] {
  const prose = text.replace(/^( *)(`{3,})[\s\S]*?^\1\2$/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => ({ from: path, to }));
}

/** As GitHub and VitePress name a heading. */
function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => {
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-");
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id)];
}

const links = pages().flatMap(({ path, text }) => linksOf(path, text));

it("finds links", () => expect(links.length).toBeGreaterThan(20));

it("leads each to a file and a heading that is there", () => {
  const broken = links
    .filter(({ to }) => !/^https?:/.test(to))
    .filter(({ from, to }) => {
      const [file = "", anchor] = to.split("#");
      const path = file === "" ? join(PROJECT, from) : join(PROJECT, dirname(from), file);
      if (!existsSync(path)) return true;
      if (anchor === undefined) return false;
      return statSync(path).isDirectory() || !anchorsOf(readFileSync(path, "utf8")).includes(anchor);
    });
  expect(broken).toEqual([]);
});

it("leads to every page of docs/ from its index or README", () => {
  const all = pages().map(({ path }) => path);
  const reached = new Set(["README.md", "docs/index.md"]);
  for (const path of reached) {
    for (const { from, to } of links) {
      if (from !== path || /^https?:/.test(to)) continue;
      const target = relative(PROJECT, join(PROJECT, dirname(from), to.split("#")[0] ?? ""));
      if (all.includes(target)) reached.add(target);
    }
  }
  expect(all.filter((path) => path.startsWith("docs/") && !reached.has(path))).toEqual([]);
});
