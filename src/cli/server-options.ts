/**
 * From the command line's settings to the options of tasks and servers.
 *
 * @module
 */

import { LIMITS } from "../contracts/limits.ts";
import type { Store } from "../contracts/store.ts";
import { type FtpSettings, ftpSettings } from "../servers/ftp/settings.ts";
import { type TlsOptions, tlsSettings } from "../servers/tls-settings.ts";
import type { FtpTaskOptions } from "../tasks/ftp-task.ts";
import type { TelnetTaskOptions } from "../tasks/telnet-task.ts";
import { CommandFailure } from "./failure.ts";
import type { MetricsPlace } from "./instance/ports.ts";
import { readPassword } from "./password.ts";
import type { CommonSettings, ListenAddress } from "./settings.ts";

async function accountOptions(settings: CommonSettings) {
  const shared = {
    timeout: settings.timeout,
    ...(settings.allowDefaultPassword === true ? { allowDefaultPassword: true } : {}),
    ...tlsOptions(settings),
    ...(settings.announce === undefined ? {} : { announce: settings.announce }),
    ...(settings.auditLog === undefined ? {} : { auditLog: settings.auditLog }),
  };
  return { ...shared, ...(await credentials(settings)) };
}

async function credentials(
  settings: CommonSettings,
): Promise<{ readonly users: string } | { readonly user: string; readonly password?: string }> {
  if (settings.users !== undefined) return { users: settings.users };
  const password = await readPassword(settings);
  const mostBytes = LIMITS.telnetLoginLineBytes.value;
  for (const [name, text = ""] of [
    ["user", settings.user],
    ["password", password],
  ]) {
    if (Buffer.byteLength(text) > mostBytes) throw new CommandFailure(`the ${name} has more than ${mostBytes} bytes`);
  }
  return { user: settings.user, ...(password === undefined ? {} : { password }) };
}

/**
 * The settings of an FTP server in this thread. All of it was read from the command line, so that nothing is left to be
 * checked by schemas, which take megabytes.
 */
export async function ftpServerSettings(store: Store, settings: CommonSettings): Promise<FtpSettings> {
  const { tls } = tlsOptions(settings);
  return ftpSettings({
    ...(await credentials(settings)),
    store,
    timeout: settings.timeout,
    allowDefaultPassword: settings.allowDefaultPassword,
    tls: tls && tlsSettings(tls),
    announce: settings.announce,
    auditLog: settings.auditLog,
    maxClients: settings.maxClients,
    maxUploadBytes: settings.maxUpload,
    anonymous: settings.anonymous,
    xferlog: settings.xferlog,
    readOnly: settings.readOnly,
    passivePorts: settings.passivePorts,
    passiveHost: settings.passiveHost,
  });
}

/** Where Prometheus asks; undefined: nowhere. */
export function metricsPlace({ metrics = "off" }: CommonSettings): MetricsPlace | undefined {
  return metrics === "off" ? undefined : metrics;
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
    ...(settings.maxUpload === undefined ? {} : { maxUploadBytes: settings.maxUpload }),
    ...(settings.anonymous === true ? { anonymous: true } : {}),
    ...(settings.xferlog === undefined ? {} : { xferlog: settings.xferlog }),
    ...(settings.readOnly === true ? { readOnly: true } : {}),
    ...(settings.passivePorts === undefined ? {} : { passivePorts: settings.passivePorts }),
    ...(settings.passiveHost === undefined ? {} : { passiveHost: settings.passiveHost }),
  };
}
