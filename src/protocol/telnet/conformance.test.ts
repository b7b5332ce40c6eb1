import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { TELNET_CONFORMANCE } from "./conformance.ts";

const project = resolve(import.meta.dirname, "../../..");
const sources = [
  ...readdirSync(import.meta.dirname).map((name) => join(import.meta.dirname, name)),
  join(project, "test/properties/telnet.test.ts"),
].filter((name) => name.endsWith(".test.ts"));
const titles = sources.map((name) => readFileSync(name, "utf8")).join("\n");
const talks = readdirSync(join(project, "test/transcripts"));

it("names only tests that there are", () => {
  const missing = TELNET_CONFORMANCE.map(({ test }) => test).filter(
    (test) => !talks.includes(test) && !titles.includes(`it("${test}"`),
  );
  expect(missing).toEqual([]);
});

it("gives a reason for whatever is not done", () => {
  expect(TELNET_CONFORMANCE.filter(({ support, note }) => support !== "yes" && note === "")).toEqual([]);
});
