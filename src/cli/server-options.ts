/**
 * From the command line's settings to the options of the tasks.
 *
 * @module
 */

import type { TelnetTaskOptions } from "../tasks/telnet-task.ts";
import { readPassword } from "./password.ts";
import type { CommonSettings, ListenAddress } from "./settings.ts";

async function accountOptions(settings: CommonSettings) {
  const password = await readPassword(settings);
  return {
    user: settings.user,
    timeout: settings.timeout,
    ...(password === undefined ? {} : { password }),
    ...(settings.allowDefaultPassword === true ? { allowDefaultPassword: true } : {}),
  };
}

export async function telnetOptions(
  address: Exclude<ListenAddress, "off">,
  settings: CommonSettings,
): Promise<TelnetTaskOptions> {
  return { ...(await accountOptions(settings)), ...address };
}
