import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { NODE } from "./runtimes.ts";

const module = new URL("../../dist/native/helper-thread.js", import.meta.url).href;
const entry = new URL("../../dist/servers/ftp/receiver/receiver-entry.js", import.meta.url).href;
const program = `
  const { startHelperThread } = await import("${module}");
  const start = () => startHelperThread("test", new URL("${entry}"), () => {}, () => {});
  console.log(start() === undefined ? "none" : "a thread");
`;

it("a thread that cannot be had is none, and throws nothing", async () => {
  const run = async (...flags: string[]): Promise<string> =>
    (await promisify(execFile)(NODE, [...flags, "--input-type=module", "-e", program])).stdout.trim();
  expect(await run()).toBe("a thread");
  const flag = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
  expect(await run(flag, "--allow-fs-read=*")).toBe("none");
});
