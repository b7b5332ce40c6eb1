/**
 * Interrupts that race with short lines, for a while, on this Node and on the newest one: each may be the one that ends
 * a process.
 */
import { describe, expect, it } from "vitest";
import { logIn, startProgram } from "./program.ts";
import { NODE, runtimeIt } from "./runtimes.ts";

const SECONDS = Number(
  process.env["PORTHOLE_HAMMER_SECONDS"] ?? (process.env["PORTHOLE_REQUIRE_CLIENTS"] === undefined ? 5 : 15),
);
const TEST_MS = SECONDS * 1_000 + 60_000;

async function hammer(node: string): Promise<void> {
  const program = await startProgram("node-program.mjs", [], {}, [node]);
  try {
    const client = await logIn(program.port);
    const version = await program.ask("process.version");
    // A Node that was just installed has to be read from the disk first.
    client.type("for (;;);\r");
    await client.expect("for (;;);");
    client.type("\x03");
    await client.expect("KeyboardInterrupt");
    const end = performance.now() + SECONDS * 1_000;
    let rounds = 0;
    let stopped = 0;
    while (performance.now() < end) {
      rounds += 1;
      client.clear();
      // Some are over before an interrupt stops the program, some are not: it first waits 50 ms for an answer.
      client.type(
        `{ const end = Date.now() + ${40 + ((rounds * 7) % 120)}; while (Date.now() < end); } "over" + ${rounds}\r`,
      );
      await new Promise((resolve) => setTimeout(resolve, rounds % 25));
      client.type("\x03");
      await client.expect(new RegExp(`'over${rounds}'|KeyboardInterrupt|\\n> `));
      client.type(`\x15"alive" + ${rounds}\r`);
      await client.expect(`'alive${rounds}'`);
      expect(client.text()).not.toMatch(/Error|Generator|busy/);
      if (client.text().includes("KeyboardInterrupt")) stopped += 1;
    }
    console.log(`${version}: ${rounds} races in ${SECONDS} s, ${stopped} lines stopped`);
    expect(stopped).toBeGreaterThan(0);
    expect(program.stderr()).toBe("");
    expect(program.child.exitCode).toBeNull();
  } finally {
    program.kill();
  }
}

describe("interrupts that race with short lines cause no crash, no wrong error and no lost line", () => {
  it("on this Node", () => hammer(NODE), TEST_MS);
  runtimeIt("on the newest Node", "node", ([node]) => hammer(node), TEST_MS);
});
