/**
 * Tests with real clients: a client that is not installed is a visible skip, or a failure when
 * `PORTHOLE_REQUIRE_CLIENTS` is set.
 *
 * @module
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { it } from "vitest";

/** Where a program is, by its name or by the first of several names that exists. */
export function findClient(...names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not there: on to the next folder.
      }
    }
  }
  return undefined;
}

/**
 * A test that needs an installed program.
 *
 * @param binary - Its name, or names of which one will do.
 * @param test - Is given the program's path.
 */
export function clientIt(
  name: string,
  binary: string | readonly string[],
  test: (path: string) => Promise<void> | void,
  timeoutMs?: number,
): void {
  const names = typeof binary === "string" ? [binary] : binary;
  const path = findClient(...names);
  const required = (process.env["PORTHOLE_REQUIRE_CLIENTS"] ?? "") !== "";
  if (path === undefined && !required) {
    it.skip(`${name} (${names.join(" or ")} is not installed)`);
    return;
  }
  it(
    name,
    async () => {
      if (path === undefined) throw new Error(`${names.join(" or ")} is not installed, and clients are required`);
      await test(path);
    },
    timeoutMs,
  );
}
