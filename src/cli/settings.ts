/**
 * The flags that the commands share. One list: each setting's flag, environment variable, meaning and form are said
 * once here, and the command line, `PORTHOLE_*` and `--help` all come from it.
 *
 * @module
 */

import { isIPv4 } from "node:net";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isAnnouncedName, MOST_NAME_BYTES } from "../servers/announced-name.ts";

/** Where a server listens; `off`: not at all. */
export type ListenAddress = { readonly host: string; readonly port: number } | "off";

/** What commander tells with the option: `error: option '--ftp <address>' argument 'x' is invalid. …`. */
function wrong(text: string, allowed: string): InvalidArgumentError {
  return new InvalidArgumentError(`${JSON.stringify(text)} is not ${allowed}`);
}

/** Reads `[HOST:]PORT` or `off`; an IPv6 address stands in brackets: `[::1]:2323`. */
export function listenAddress(text: string): ListenAddress {
  if (text === "off") return "off";
  const match = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d+)$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw wrong(text, "[HOST:]PORT (port 0 to 65535) or off");
  return { host: match[1] ?? (match[2] || "127.0.0.1"), port };
}

/** Reads `A-B`: a range of ports. */
export function portRange(text: string): { readonly from: number; readonly to: number } {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (match === null || from < 1 || to > 65_535 || from > to) throw wrong(text, "a range of ports A-B, 1 to 65535");
  return { from, to };
}

/** Reads `self-signed`, `CERT,KEY` or one file that holds both. */
export function tlsFiles(text: string): "self-signed" | { readonly cert: string; readonly key: string } {
  if (text === "self-signed") return text;
  const [cert = "", key = cert, ...more] = text.split(",");
  if (cert === "" || key === "" || more.length > 0) throw wrong(text, "self-signed, CERT,KEY or a file with both");
  return { cert, key };
}

/** Reads `64K`, `16M`, `2G` or a plain number of bytes. */
export function byteSize(text: string): number {
  const match = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(text);
  const size = Number(match?.[1]) * 1024 ** ["", "k", "m", "g"].indexOf((match?.[2] ?? "").toLowerCase());
  if (match === null || !Number.isSafeInteger(size)) throw wrong(text, "a size such as 65536, 64K or 16M");
  return size;
}

/** Reads a whole number from `least` to `most`; `what` is its unit in messages: `seconds`. */
function wholeNumber(least: number, most: number, what = ""): (text: string) => number {
  const unit = what === "" ? "" : ` of ${what}`;
  return (text) => {
    const number = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(number)) throw new InvalidArgumentError(`not a number${unit}`);
    if (!Number.isInteger(number)) throw new InvalidArgumentError(`not a whole number${unit}`);
    if (number < least) throw new InvalidArgumentError(`less than ${least}`);
    if (number > most) throw new InvalidArgumentError(`more than ${most}`);
    return number;
  };
}

function ipv4Address(text: string): string {
  if (!isIPv4(text)) throw wrong(text, "an IPv4 address");
  return text;
}

/** Reads a name, or what a switch in the environment says. */
function announcedName(text: string): boolean | string {
  if (/^(1|yes|on|true)$/i.test(text)) return true;
  if (!isAnnouncedName(text)) throw wrong(text, `a name of 1 to ${MOST_NAME_BYTES} bytes`);
  return text;
}

/** Reads what must not be empty, such as a name. */
function someText(text: string): string {
  if (text === "") throw new InvalidArgumentError("must not be empty");
  return text;
}

/** Reads a size that is not 0, which some take for no bound. */
function someBytes(text: string): number {
  const size = byteSize(text);
  if (size < 1) throw new InvalidArgumentError("less than 1");
  return size;
}

interface Setting {
  /** As commander writes it: `--telnet <address>`. */
  readonly flags: string;
  readonly env?: string;
  readonly help: string;
  readonly default?: unknown;
  /** What the default is called in `--help`. */
  readonly defaultText?: string;
  /** Checks and reads the text of the flag or variable. */
  readonly read?: (text: string) => unknown;
  readonly choices?: readonly string[];
}

export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  telnet: {
    flags: "--telnet <address>",
    env: "PORTHOLE_TELNET",
    help: "where Telnet listens: [HOST:]PORT, or off; port 0 is any free one",
    default: { host: "127.0.0.1", port: 2323 },
    defaultText: "127.0.0.1:2323",
    read: listenAddress,
  },
  ftp: {
    flags: "--ftp <address>",
    env: "PORTHOLE_FTP",
    help: "where FTP listens: [HOST:]PORT, or off; port 0 is any free one",
    default: { host: "127.0.0.1", port: 2121 },
    defaultText: "127.0.0.1:2121",
    read: listenAddress,
  },
  user: { flags: "--user <name>", env: "PORTHOLE_USER", help: "who may log in", default: "micro", read: someText },
  password: {
    flags: "--password <text>",
    env: "PORTHOLE_PASSWORD",
    help: "with which password; other users of the machine see a command line, so rather use --password-file or PORTHOLE_PASSWORD",
    defaultText: "python",
  },
  passwordFile: {
    flags: "--password-file <file>",
    env: "PORTHOLE_PASSWORD_FILE",
    help: "a file with the password on its first line",
  },
  users: {
    flags: "--users <file>",
    env: "PORTHOLE_USERS",
    help: "a JSON file of several users with hashes of `porthole passwd`, instead of user and password",
    read: someText,
  },
  anonymous: {
    flags: "--anonymous",
    env: "PORTHOLE_ANONYMOUS",
    help: "let guests list and read files over FTP",
  },
  tls: {
    flags: "--tls <certificate>",
    env: "PORTHOLE_TLS",
    help: "encrypt: self-signed, or PEM files as CERT,KEY; Telnet wholly, FTP by AUTH TLS",
    read: tlsFiles,
  },
  tlsRequired: {
    flags: "--tls-required",
    env: "PORTHOLE_TLS_REQUIRED",
    help: "no FTP login and no file without encryption",
  },
  auditLog: {
    flags: "--audit-log <file>",
    env: "PORTHOLE_AUDIT_LOG",
    help: "add every event to a file, as lines of JSON",
    read: someText,
  },
  xferlog: {
    flags: "--xferlog <file>",
    env: "PORTHOLE_XFERLOG",
    help: "add every FTP download and upload to a file, as wu-ftpd does",
    read: someText,
  },
  record: {
    flags: "--record <dir>",
    env: "PORTHOLE_RECORD",
    help: "record what Telnet users are shown, as asciicast v2",
  },
  timeout: {
    flags: "--timeout <seconds>",
    env: "PORTHOLE_TIMEOUT",
    help: "how long a session may be idle, 1 to 86400 seconds",
    default: 300,
    read: wholeNumber(1, 86_400, "seconds"),
  },
  allowDefaultPassword: {
    flags: "--allow-default-password",
    env: "PORTHOLE_ALLOW_DEFAULT_PASSWORD",
    help: "listen beyond this machine even with the password that everybody knows",
  },
  console: {
    flags: "--no-console",
    help: "no prompt on this terminal, for services: runs until SIGTERM",
  },
  logLevel: {
    flags: "--log-level <level>",
    env: "PORTHOLE_LOG_LEVEL",
    help: "how much is logged to stderr",
    choices: ["silent", "error", "warn", "info", "debug"],
    defaultText: "warn at a prompt, else info",
  },
  json: { flags: "--json", env: "PORTHOLE_JSON", help: "log one JSON line an event to stderr" },
  files: {
    flags: "--files <dir>",
    env: "PORTHOLE_FILES",
    help: "the directory that FTP shows",
  },
  flash: {
    flags: "--flash <dir>",
    env: "PORTHOLE_FLASH",
    help: "the directory that is the board's /flash",
    defaultText: "a directory of your own that keeps its files",
  },
  sd: {
    flags: "--sd <dir>",
    env: "PORTHOLE_SD",
    help: "the directory that is the board's /sd",
    defaultText: "a directory of your own that keeps its files",
  },
  memory: {
    flags: "--memory <size>",
    env: "PORTHOLE_MEMORY",
    help: "the most that the board's Python may use, 1M to 2000M",
    defaultText: "64M",
    read: byteSize,
  },
  raw: {
    flags: "--raw <address>",
    env: "PORTHOLE_RAW",
    help: "a prompt without login on a bare TCP port, for mpremote (socket://): [HOST:]PORT of this machine, or off",
    default: "off",
    read: listenAddress,
  },
  announce: {
    flags: "--announce [name]",
    env: "PORTHOLE_ANNOUNCE",
    help: "announce the servers by mDNS (Bonjour, Avahi), under this name or this machine's",
    read: announcedName,
  },
  metrics: {
    flags: "--metrics <address>",
    env: "PORTHOLE_METRICS",
    help: "where Prometheus gets /metrics, without a login: [HOST:]PORT, or off",
    default: "off",
    read: listenAddress,
  },
  readOnly: { flags: "--read-only", env: "PORTHOLE_READ_ONLY", help: "let nobody change a file" },
  maxUpload: {
    flags: "--max-upload <size>",
    env: "PORTHOLE_MAX_UPLOAD",
    help: "the most that a file may have when it is uploaded over FTP, such as 5M",
    defaultText: "no bound",
    read: someBytes,
  },
  maxClients: {
    flags: "--max-clients <number>",
    env: "PORTHOLE_MAX_CLIENTS",
    help: "FTP connections at once, 1 to 10000",
    default: 32,
    read: wholeNumber(1, 10_000),
  },
  passivePorts: {
    flags: "--passive-ports <range>",
    env: "PORTHOLE_PASSIVE_PORTS",
    help: "ports for FTP's data connections, A-B",
    defaultText: "any free one",
    read: portRange,
  },
  passiveHost: {
    flags: "--passive-host <address>",
    env: "PORTHOLE_PASSIVE_HOST",
    help: "the IPv4 address that FTP announces for data connections, behind NAT",
    read: ipv4Address,
  },
};

export type SettingName = keyof CommonSettings;

/** What commander hands to a command's action. */
export interface CommonSettings {
  readonly telnet: ListenAddress;
  readonly ftp: ListenAddress;
  readonly user: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly users?: string;
  readonly anonymous?: boolean;
  readonly tls?: "self-signed" | { readonly cert: string; readonly key: string };
  readonly tlsRequired?: boolean;
  readonly auditLog?: string;
  readonly xferlog?: string;
  readonly record?: string;
  readonly timeout: number;
  readonly allowDefaultPassword?: boolean;
  readonly console: boolean;
  readonly logLevel?: "silent" | "error" | "warn" | "info" | "debug";
  readonly json?: boolean;
  readonly files?: string;
  readonly flash?: string;
  readonly sd?: string;
  /** Bytes. */
  readonly memory?: number;
  readonly raw?: ListenAddress;
  readonly announce?: boolean | string;
  readonly metrics?: ListenAddress;
  readonly readOnly?: boolean;
  /** Bytes. */
  readonly maxUpload?: number;
  readonly maxClients: number;
  readonly passivePorts?: { readonly from: number; readonly to: number };
  readonly passiveHost?: string;
}

/** Gives `command` the flags of `names`, in that order. */
export function addSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const setting: Setting = SETTINGS[name];
    // Commander tells a default only when there is a value.
    const told = setting.default === undefined && setting.defaultText !== undefined;
    const option = new Option(setting.flags, told ? `${setting.help} (default: ${setting.defaultText})` : setting.help);
    if (setting.env !== undefined) option.env(setting.env);
    if (setting.default !== undefined) option.default(setting.default, setting.defaultText);
    if (setting.choices !== undefined) option.choices(setting.choices);
    if (setting.read !== undefined) option.argParser(setting.read);
    command.addOption(option);
  }
  return command;
}
