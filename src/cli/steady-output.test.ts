import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { LIMITS } from "../contracts/limits.ts";
import { SteadyOutput } from "./steady-output.ts";

const { O_NONBLOCK, O_RDWR } = constants;
const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
});

/** A pipe that nobody reads until the test does. */
function pipe(): { readonly descriptor: number; read(): string } {
  const directory = mkdtempSync(join(tmpdir(), "porthole-output-"));
  const path = join(directory, "pipe");
  execFileSync("mkfifo", [path]);
  const descriptor = openSync(path, O_RDWR | O_NONBLOCK);
  endings.push(() => {
    closeSync(descriptor);
    rmSync(directory, { recursive: true });
  });
  const buffer = Buffer.alloc(1_048_576);
  return {
    descriptor,
    read() {
      try {
        return buffer.toString("utf8", 0, readSync(descriptor, buffer));
      } catch {
        return ""; // nothing is in it
      }
    },
  };
}

describe.skipIf(process.platform === "win32")("an output that takes nothing", () => {
  it("gets every line in order once it does", async () => {
    const { descriptor, read } = pipe();
    const output = new SteadyOutput(descriptor);
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`);
    for (const line of lines) expect(output.write(line)).toBe(true);
    let text = "";
    await expect
      .poll(() => {
        text += read();
        return text.length;
      })
      .toBe(lines.join("").length);
    expect(text).toBe(lines.join(""));
    await output.left();
  });

  it("leaves out what is too much, and whole lines only", async () => {
    const { descriptor, read } = pipe();
    const output = new SteadyOutput(descriptor);
    const line = `${"x".repeat(999)}\n`;
    for (let i = 0; i < 5_000; i++) output.write(line);
    let left = false;
    void output.left().then(() => {
      left = true;
    });
    let text = "";
    await expect
      .poll(() => {
        text += read();
        return left;
      })
      .toBe(true);
    text += read();
    expect(text.length % line.length).toBe(0);
    // What was being written when the pipe was full comes on top of what waited.
    expect(text.length).toBeLessThan(2 * LIMITS.logWaitingCharacters.value + 100_000);
    expect(text.length).toBeGreaterThanOrEqual(LIMITS.logWaitingCharacters.value - line.length);
  });

  it("that is closed ends nothing", async () => {
    const directory = mkdtempSync(join(tmpdir(), "porthole-output-"));
    endings.push(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, "file"), "");
    const descriptor = openSync(join(directory, "file"), "r");
    endings.push(() => closeSync(descriptor));
    const output = new SteadyOutput(descriptor);
    output.write("not for reading\n");
    await output.left();
  });
});
