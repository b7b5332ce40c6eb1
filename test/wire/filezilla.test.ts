import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { clientIt, findClient } from "./clients.ts";

const script = fileURLToPath(new URL("../manual/filezilla.mjs", import.meta.url));
const programs = ["Xvfb", "openbox", "xdotool", "filezilla"];

describe("FileZilla", () => {
  clientIt(
    "carries a tree up and down over one connection and over four, plain and over TLS, as a person drives it",
    programs.find((program) => findClient(program) === undefined) ?? "filezilla",
    async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [script]);
      expect(stdout).toMatch(/^explicit TLS, required, with the session reused: /m);
      expect(stdout).toMatch(/^implicit TLS, with the session reused: /m);
      expect(stdout.match(/122 files and 12 directories, both ways/g)).toHaveLength(4);
    },
    800_000,
  );
});
