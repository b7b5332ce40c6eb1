/**
 * Where a command's password comes from.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { CommandFailure } from "./failure.ts";

/** The password of `--password-file`, else of `--password` or `PORTHOLE_PASSWORD`, else undefined: the default one. */
export async function readPassword(settings: {
  readonly password?: string;
  readonly passwordFile?: string;
}): Promise<string | undefined> {
  if (settings.passwordFile === undefined) return settings.password;
  let text: string;
  try {
    text = await readFile(settings.passwordFile, "utf8");
  } catch (error) {
    throw new CommandFailure(`cannot read the password file ${settings.passwordFile}: ${(error as Error).message}`);
  }
  const line = text.split(/\r?\n/, 1)[0] ?? "";
  if (line === "")
    throw new CommandFailure(`the password file ${settings.passwordFile} has no password on its first line`);
  return line;
}
