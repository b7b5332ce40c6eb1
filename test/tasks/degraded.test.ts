/**
 * Where a busy program cannot be interrupted: the server says so once, at login, and everything else works.
 */
import { afterEach, describe, expect, it } from "vitest";
import { connectTo, logIn, makeBusy, type Program, permissionArgs, type RawClient, startProgram } from "./program.ts";
import { type Command, runtimeIt } from "./runtimes.ts";

let program: Program | undefined;
afterEach(() => program?.kill());

/** Logs in and gives all that was shown, the prompt last. */
async function welcome(port: number): Promise<{ readonly client: RawClient; readonly shown: string }> {
  const client = await connectTo(port);
  await client.expect("Login as: ");
  client.type("micro\r\n");
  await client.expect("Password: ");
  client.type("python\r\n");
  await client.expect(/Type "help\(\)" for more information\.[\s\S]*> $/);
  return { client, shown: client.text() };
}

/** All that works there, and the words about what does not. */
async function allButInterrupts(
  why: string,
  options: { readonly command?: Command; readonly args?: string[]; readonly file?: string } = {},
): Promise<void> {
  program = await startProgram(options.file ?? "node-program.mjs", options.args, {}, options.command);
  const { port } = program;
  for (let login = 1; login <= 2; login++) {
    const { client, shown } = await welcome(port);
    expect(shown.split("Ctrl-C does not reach a busy program here").length - 1).toBe(1);
    expect(shown).toContain(`[Ctrl-C does not reach a busy program here: ${why}.]`);
    client.socket.destroy();
  }
  const client = await logIn(port);
  client.type("let n: number = 40; n + 2\r");
  await client.expect("42");
  client.clear();
  client.type("for (let i = 0; i < 2000; i++) process.stdout.write('line ' + i + '\\n'); 'done' + '!'\r");
  await client.expect("done!");
  expect(client.text()).toContain("line 1999\r\n");
  client.clear();
  client.type("half ty\x03");
  await client.expect(/half ty\r\n> $/);
  client.clear();
  client.type("process.stdout.write('wa' + 'its'); await new Promise(() => {})\r");
  await client.expect("waits");
  client.type("\x03");
  await client.expect("KeyboardInterrupt");
  client.clear();
  const { goesOn, letGo } = await makeBusy();
  client.type(`fs = await import("node:fs"); 0\r`);
  await client.expect(/\r\n0\r\n> $/);
  client.type(`process.stdout.write("ru" + "ns"); while (${goesOn}); "o" + "ver"\r`);
  await client.expect("runs");
  client.type("\x03");
  await client.expect(`[the program is busy and cannot be interrupted: ${why}]`);
  client.type("'aft' + 'er'\r");
  letGo();
  await client.expect("'over'");
  await client.expect("'after'");
  expect(client.text()).not.toContain("KeyboardInterrupt");
}

describe("a program that cannot be interrupted", () => {
  it("under --permission", () => allButInterrupts("not under --permission", { args: permissionArgs() }));
  it("in a worker thread", () =>
    allButInterrupts("the program runs in a worker thread", { file: "nested-program.mjs" }));
  runtimeIt("on Bun", "bun", (command) => allButInterrupts("not on Bun", { command }), 60_000);
  runtimeIt("on Deno", "deno", (command) => allButInterrupts("not on Deno", { command }), 60_000);
});
