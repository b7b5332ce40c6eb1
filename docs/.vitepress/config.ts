/**
 * The site of docs/: `npm run docs:site` builds it, `npm run docs:dev` shows it while pages are written. The build needs
 * no network, and the pages load nothing from elsewhere.
 *
 * @module
 */
import { dirname, join, relative, resolve } from "node:path";
import { type DefaultTheme, defineConfig } from "vitepress";
import { routeOf } from "./files.ts";

const docs = resolve(import.meta.dirname, "..");
const project = resolve(docs, "..");

/** What a page links to outside of docs/ has a page of its own here. */
function siteLink(href: string, page: string): string {
  if (/^([a-z]+:|#|\/)/.test(href)) return href;
  const [file = "", anchor] = href.split("#");
  const target = resolve(docs, dirname(page), file);
  if (!relative(docs, target).startsWith("..")) return href;
  const route = routeOf(relative(project, target));
  return anchor === undefined ? route : `${route}#${anchor}`;
}

const guides: DefaultTheme.SidebarItem[] = [
  { text: "What it is", link: "/" },
  { text: "The first hour", link: "/first-hour" },
  { text: "Embed it in a program", link: "/guides/embed" },
  { text: "The TypeScript prompt", link: "/guides/typescript-prompt" },
  { text: "Interrupting a busy program", link: "/guides/interrupts" },
  { text: "The board", link: "/board" },
  { text: "Tools that expect a board", link: "/tools" },
  { text: "Receive files and act on them", link: "/guides/receive-files" },
  { text: "Servers in tests", link: "/guides/test-servers" },
  { text: "Users and TLS", link: "/guides/users-and-tls" },
  { text: "NAT, Docker, systemd", link: "/guides/deploy" },
  { text: "See it at work", link: "/guides/status" },
  { text: "Metrics for Prometheus", link: "/guides/metrics" },
  { text: "Be found by name", link: "/guides/announce" },
];

const clients: DefaultTheme.SidebarItem[] = [
  { text: "curl", link: "/clients/curl" },
  { text: "lftp", link: "/clients/lftp" },
  { text: "FileZilla", link: "/clients/filezilla" },
  { text: "PuTTY", link: "/clients/putty" },
  { text: "inetutils telnet", link: "/clients/inetutils-telnet" },
  { text: "Python", link: "/clients/python" },
  { text: "Windows", link: "/clients/windows" },
  { text: "macOS", link: "/clients/macos" },
];

const reference: DefaultTheme.SidebarItem[] = [
  { text: "API: porthole", link: "/api/porthole" },
  { text: "API: porthole/testing", link: "/api/porthole/testing" },
  { text: "Commands", link: "/commands" },
  { text: "Errors", link: "/errors" },
  { text: "Limits", link: "/limits" },
  { text: "Conformance", link: "/conformance" },
  { text: "Security", link: "/security" },
  { text: "Reliability", link: "/reliability" },
  { text: "Performance", link: "/performance" },
  { text: "Runtimes", link: "/runtimes" },
  { text: "Architecture", link: "/architecture" },
];

const about: DefaultTheme.SidebarItem[] = [
  { text: "Examples", link: routeOf("examples/README.md") },
  { text: "Contributing", link: routeOf("CONTRIBUTING.md") },
  { text: "Changes", link: routeOf("CHANGELOG.md") },
];

export default defineConfig({
  title: "Porthole",
  description: "A prompt and the files of a running program, over Telnet and FTP",
  lang: "en",
  cleanUrls: false,
  srcExclude: ["**/README.md"],
  cacheDir: join(docs, ".vitepress/cache"),
  vite: { cacheDir: join(docs, ".vitepress/cache/vite") },
  ignoreDeadLinks: false,
  lastUpdated: false,
  markdown: {
    theme: { light: "github-light", dark: "github-dark" },
    config(markdown) {
      markdown.core.ruler.push("links-outside", ({ tokens, env }) => {
        const page = String(env["relativePath"] ?? "");
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === "link_open" ? token.attrGet("href") : null;
          if (href !== null) token.attrSet("href", siteLink(href, page));
        }
      });
    },
  },
  themeConfig: {
    nav: [
      { text: "Guides", link: "/guides/embed", activeMatch: "^/guides/|^/board" },
      { text: "Clients", link: "/clients/filezilla", activeMatch: "^/clients/" },
      { text: "Reference", link: "/api/", activeMatch: "^/api/" },
      { text: "Examples", link: routeOf("examples/README.md") },
    ],
    sidebar: [
      { text: "Guides", items: guides },
      { text: "Clients", items: clients },
      { text: "Reference", items: reference },
      { text: "The project", items: about },
    ],
    outline: [2, 3],
    search: { provider: "local" },
  },
});
