/**
 * The site of docs/ is built: a link that leads nowhere ends the build, every page is there and in the search, and none
 * loads anything from another place.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { routeOf, shownFiles } from "../../docs/.vitepress/files.ts";
import { PROJECT, pages } from "./pages.ts";

const VITEPRESS = join(PROJECT, "node_modules/vitepress/bin/vitepress.js");
let site: string;

beforeAll(() => {
  site = mkdtempSync(join(tmpdir(), "porthole-site-"));
  const run = spawnSync(process.execPath, [VITEPRESS, "build", "docs", "--outDir", site], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  expect(`${run.stdout}${run.stderr}`).toContain("build complete");
  expect(run.status).toBe(0);
}, 180_000);

afterAll(() => rmSync(site, { recursive: true, force: true }));

const wanted = pages()
  .filter(({ path }) => path.startsWith("docs/"))
  .map(({ path }) => path.slice("docs/".length, -".md".length));
const html = (page: string) => join(site, `${page}.html`);

it("has every page of docs/, and the files that they link to", () => {
  expect(wanted.length).toBeGreaterThan(20);
  const missing = [...wanted, ...shownFiles().map((file) => routeOf(file).slice(1))].filter(
    (page) => !existsSync(html(page)),
  );
  expect(missing).toEqual([]);
});

it("has every page in its sidebar", () => {
  const text = readFileSync(html("board"), "utf8");
  const unlisted = wanted.filter((page) => !["index", "api/index"].includes(page) && !text.includes(`"/${page}.html"`));
  expect(unlisted).toEqual([]);
});

it("loads nothing from another place", () => {
  const files = readdirSync(site, { recursive: true, encoding: "utf8" });
  const loads = files
    .filter((file) => file.endsWith(".html"))
    .flatMap((file) => readFileSync(join(site, file), "utf8").match(/<(?!a\s)\w+[^>]*?\b(?:src|href)="https?:[^"]*"/g));
  const styles = files
    .filter((file) => file.endsWith(".css"))
    .flatMap((file) => readFileSync(join(site, file), "utf8").match(/url\(["']?https?:[^)]*\)/g));
  expect([...loads, ...styles].filter((found) => found !== null)).toEqual([]);
});

it("finds pages by their words", () => {
  const index = readdirSync(join(site, "assets/chunks")).find((file) => file.startsWith("@localSearchIndex"));
  const text = readFileSync(join(site, "assets/chunks", index ?? "no search index"), "utf8");
  for (const words of ["telnetSubnegotiationBytes", "PORTHOLE_ERR_ADDRESS_IN_USE", "FileZilla"]) {
    expect(text.toLowerCase()).toContain(words.toLowerCase());
  }
});
