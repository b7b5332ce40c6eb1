/**
 * From the command line's settings to the options of the tasks.
 *
 * @module
 */

import type { FtpTaskOptions } from "../tasks/ftp-task.ts";
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

export async function ftpOptions(
  address: Exclude<ListenAddress, "off">,
  settings: CommonSettings,
): Promise<FtpTaskOptions> {
  return {
    ...(await accountOptions(settings)),
    ...address,
    maxClients: settings.maxClients,
    ...(settings.readOnly === true ? { readOnly: true } : {}),
    ...(settings.passivePorts === undefined ? {} : { passivePorts: settings.passivePorts }),
    ...(settings.passiveHost === undefined ? {} : { passiveHost: settings.passiveHost }),
  };
}
