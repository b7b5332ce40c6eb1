import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { COMMANDS, findCommand } from "./commands/index.ts";
import { ftpConformance, ftpRules } from "./conformance.ts";
import { createFtpEngine } from "./engine.ts";

const directory = fileURLToPath(new URL("./commands/", import.meta.url));

const here = fileURLToPath(new URL(".", import.meta.url));
const transcripts = fileURLToPath(new URL("../../../test/transcripts/", import.meta.url));
const properties = fileURLToPath(new URL("../../../test/properties/ftp.test.ts", import.meta.url));
const talks = readdirSync(transcripts).filter((name) => name.endsWith(".ftp"));
const tests = [
  ...readdirSync(here).map((name) => `${here}${name}`),
  `${transcripts}ftp-faults.test.ts`,
  properties,
].filter((name) => name.endsWith(".test.ts"));

/** Every verb that the server is to know. */
const WANTED =
  `USER PASS ACCT REIN QUIT CWD XCWD CDUP XCUP PWD XPWD MKD XMKD RMD XRMD TYPE STRU MODE PASV EPSV PORT EPRT
  RETR STOR STOU APPE REST ABOR ALLO RNFR RNTO DELE LIST NLST MLSD MLST STAT SIZE MDTM MFMT MFCT HASH XCRC XMD5 XSHA1
  XSHA256 AVBL FEAT OPTS SYST HELP NOOP SITE CLNT HOST AUTH PBSZ PROT CCC LANG SMNT`.split(/\s+/);

describe("the list of commands", () => {
  it("has every verb that is wanted, each once", () => {
    const verbs = COMMANDS.flatMap(({ verb, aliases = [] }) => [verb, ...aliases]);
    expect(new Set(verbs).size).toBe(verbs.length);
    for (const verb of WANTED) expect(findCommand(verb), verb).toBeDefined();
  });

  it("has a file for each command", () => {
    for (const { verb } of COMMANDS) expect(existsSync(`${directory}${verb.toLowerCase()}.ts`), verb).toBe(true);
    expect(readdirSync(directory).length).toBe(COMMANDS.length + 1);
  });

  it("names the document of each", () => {
    for (const { rfc, verb } of COMMANDS) expect(rfc, verb).toMatch(/^(?:RFC \d+ §|draft-|no RFC: )/);
  });

  it("has no command that no talk sends", () => {
    const sources = [...talks.map((name) => `${transcripts}${name}`), ...tests].map((name) =>
      readFileSync(name, "utf8"),
    );
    const sent = new Set(sources.flatMap((text) => [...text.matchAll(/^ *[CB]: ([A-Za-z0-9]+)/gm)].map((it) => it[1])));
    for (const { verb, aliases = [] } of COMMANDS) {
      expect(
        [verb, ...aliases].some((name) => sent.has(name)),
        verb,
      ).toBe(true);
    }
  });

  it("and the rules beside it name only tests that there are", () => {
    const titles = tests.map((name) => readFileSync(name, "utf8")).join("\n");
    const missing = ftpRules().filter(({ test }) => !talks.includes(test) && !titles.includes(`it("${test}"`));
    expect(missing).toEqual([]);
    expect(ftpRules().filter(({ support, note }) => support !== "yes" && note === "")).toEqual([]);
  });

  it("becomes one row a command", () => {
    const rows = ftpConformance();
    expect(rows.length).toBe(COMMANDS.length);
    expect(rows.find(({ verbs }) => verbs.includes("XCWD"))).toMatchObject({
      syntax: "CWD [path]",
      support: "yes",
      login: "after",
    });
    for (const { support, note, verbs } of rows) if (support === "refused") expect(note, verbs[0]).not.toBe("");
    expect(rows.filter(({ support }) => support === "refused").map(({ verbs }) => verbs[0])).toEqual([
      "SMNT",
      "CCC",
      "LANG",
      "MFCT",
    ]);
  });

  it("is what HELP shows", () => {
    const engine = createFtpEngine({ peer: { address: "127.0.0.1", port: 1 }, nowMs: 0 });
    engine.receive(new TextEncoder().encode("HELP\r\n"), 0);
    const words = new TextDecoder().decode(engine.takeOutput()).split(/[\s*]+/);
    for (const { verb, aliases = [] } of COMMANDS) for (const name of [verb, ...aliases]) expect(words).toContain(name);
  });

  it("decides what FEAT shows: AUTH and EPRT only where they can be used", () => {
    const features = (options: object): string[] => {
      const engine = createFtpEngine({ peer: { address: "::1", port: 1 }, nowMs: 0, ...options });
      engine.receive(new TextEncoder().encode("FEAT\r\n"), 0);
      return new TextDecoder().decode(engine.takeOutput()).split("\r\n");
    };
    expect(features({})).not.toContain(" AUTH TLS");
    expect(features({})).not.toContain(" EPRT");
    expect(features({ tls: "available", active: true })).toEqual(
      expect.arrayContaining([" AUTH TLS", " PBSZ", " PROT", " EPRT", " UTF8", " TVFS", " REST STREAM"]),
    );
  });
});
