/**
 * From the command line's settings to the options of the tasks.
 *
 * @module
 */

import type { TlsOptions } from "../servers/tls-options.ts";
import type { FtpTaskOptions } from "../tasks/ftp-task.ts";
import type { TelnetTaskOptions } from "../tasks/telnet-task.ts";
import { CommandFailure } from "./failure.ts";
import { readPassword } from "./password.ts";
import type { CommonSettings, ListenAddress } from "./settings.ts";

async function accountOptions(settings: CommonSettings) {
  const shared = {
    timeout: settings.timeout,
    ...(settings.allowDefaultPassword === true ? { allowDefaultPassword: true } : {}),
    ...tlsOptions(settings),
    ...(settings.auditLog === undefined ? {} : { auditLog: settings.auditLog }),
  };
  if (settings.users !== undefined) return { ...shared, users: settings.users };
  const password = await readPassword(settings);
  return { ...shared, user: settings.user, ...(password === undefined ? {} : { password }) };
}

function tlsOptions({ tls, tlsRequired = false }: CommonSettings): { readonly tls?: TlsOptions } {
  if (tls !== undefined) {
    return { tls: { ...(tls === "self-signed" ? { selfSigned: true } : tls), required: tlsRequired } };
  }
  if (tlsRequired) throw new CommandFailure("--tls-required needs --tls");
  return {};
}

export async function telnetOptions(
  address: Exclude<ListenAddress, "off">,
  settings: CommonSettings,
): Promise<TelnetTaskOptions> {
  const { record } = settings;
  return { ...(await accountOptions(settings)), ...address, ...(record === undefined ? {} : { record }) };
}

export async function ftpOptions(
  address: Exclude<ListenAddress, "off">,
  settings: CommonSettings,
): Promise<FtpTaskOptions> {
  return {
    ...(await accountOptions(settings)),
    ...address,
    maxClients: settings.maxClients,
    ...(settings.anonymous === true ? { anonymous: true } : {}),
    ...(settings.xferlog === undefined ? {} : { xferlog: settings.xferlog }),
    ...(settings.readOnly === true ? { readOnly: true } : {}),
    ...(settings.passivePorts === undefined ? {} : { passivePorts: settings.passivePorts }),
    ...(settings.passiveHost === undefined ? {} : { passiveHost: settings.passiveHost }),
  };
}
