/**
 * The flags that the commands share. One list: each setting's flag, environment variable, meaning and schema are said
 * once here, and the command line, `PORTHOLE_*` and `--help` all come from it.
 *
 * @module
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";

/** Where a server listens; `off`: not at all. */
export type ListenAddress = { readonly host: string; readonly port: number } | "off";

const port = z.coerce.number("a port is a number").int("a port is a whole number").min(0).max(65_535);

/** Reads `[HOST:]PORT` or `off`; an IPv6 address stands in brackets: `[::1]:2323`. */
export const listenAddress: z.ZodType<ListenAddress, string> = z.string().transform((text, context): ListenAddress => {
  if (text === "off") return "off";
  const match = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d+)$/.exec(text);
  const number = port.safeParse(match?.[3]);
  if (match === null || !number.success) {
    context.addIssue(`${JSON.stringify(text)} is not [HOST:]PORT (port 0 to 65535) or off`);
    return z.NEVER;
  }
  return { host: match[1] ?? (match[2] || "127.0.0.1"), port: number.data };
});

/** Reads `A-B`: a range of ports. */
export const portRange: z.ZodType<{ from: number; to: number }, string> = z.string().transform((text, context) => {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (match === null || from < 1 || to > 65_535 || from > to) {
    context.addIssue(`${JSON.stringify(text)} is not a range of ports A-B, 1 to 65535`);
    return z.NEVER;
  }
  return { from, to };
});

/** Reads `self-signed`, `CERT,KEY` or one file that holds both. */
export const tlsFiles: z.ZodType<CommonSettings["tls"], string> = z.string().transform((text, context) => {
  if (text === "self-signed") return text;
  const [cert = "", key = cert, ...more] = text.split(",");
  if (cert === "" || key === "" || more.length > 0) {
    context.addIssue(`${JSON.stringify(text)} is not self-signed, CERT,KEY or a file with both`);
    return z.NEVER;
  }
  return { cert, key };
});

/** Reads `64K`, `16M`, `2G` or a plain number of bytes. */
export const byteSize: z.ZodType<number, string> = z.string().transform((text, context) => {
  const match = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(text);
  const size = Number(match?.[1]) * 1024 ** ["", "k", "m", "g"].indexOf((match?.[2] ?? "").toLowerCase());
  if (match === null || !Number.isSafeInteger(size)) {
    context.addIssue(`${JSON.stringify(text)} is not a size such as 65536, 64K or 16M`);
    return z.NEVER;
  }
  return size;
});

const wholeSeconds = z.coerce
  .number("not a number of seconds")
  .int("not a whole number of seconds")
  .min(1, "less than 1 second")
  .max(86_400, "more than 86400 seconds");

interface Setting {
  /** As commander writes it: `--telnet <address>`. */
  readonly flags: string;
  readonly env?: string;
  readonly help: string;
  readonly default?: unknown;
  /** What the default is called in `--help`. */
  readonly defaultText?: string;
  readonly schema?: z.ZodType;
  readonly choices?: readonly string[];
}

export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  telnet: {
    flags: "--telnet <address>",
    env: "PORTHOLE_TELNET",
    help: "where Telnet listens: [HOST:]PORT, or off; port 0 is any free one",
    default: { host: "127.0.0.1", port: 2323 },
    defaultText: "127.0.0.1:2323",
    schema: listenAddress,
  },
  ftp: {
    flags: "--ftp <address>",
    env: "PORTHOLE_FTP",
    help: "where FTP listens: [HOST:]PORT, or off; port 0 is any free one",
    default: { host: "127.0.0.1", port: 2121 },
    defaultText: "127.0.0.1:2121",
    schema: listenAddress,
  },
  user: { flags: "--user <name>", env: "PORTHOLE_USER", help: "who may log in", default: "micro" },
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
    schema: tlsFiles,
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
  },
  xferlog: {
    flags: "--xferlog <file>",
    env: "PORTHOLE_XFERLOG",
    help: "add every FTP download and upload to a file, as wu-ftpd does",
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
    schema: wholeSeconds,
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
    schema: byteSize,
  },
  raw: {
    flags: "--raw <address>",
    env: "PORTHOLE_RAW",
    help: "a prompt without login on a bare TCP port, for mpremote (socket://): [HOST:]PORT of this machine, or off",
    default: "off",
    schema: listenAddress,
  },
  readOnly: { flags: "--read-only", env: "PORTHOLE_READ_ONLY", help: "let nobody change a file" },
  maxClients: {
    flags: "--max-clients <number>",
    env: "PORTHOLE_MAX_CLIENTS",
    help: "FTP connections at once, 1 to 10000",
    default: 32,
    schema: z.coerce
      .number("not a number")
      .int("not a whole number")
      .min(1, "less than 1")
      .max(10_000, "more than 10000"),
  },
  passivePorts: {
    flags: "--passive-ports <range>",
    env: "PORTHOLE_PASSIVE_PORTS",
    help: "ports for FTP's data connections, A-B",
    defaultText: "any free one",
    schema: portRange,
  },
  passiveHost: {
    flags: "--passive-host <address>",
    env: "PORTHOLE_PASSIVE_HOST",
    help: "the IPv4 address that FTP announces for data connections, behind NAT",
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
  readonly readOnly?: boolean;
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
    if (setting.schema !== undefined) option.argParser(parserOf(setting.schema));
    command.addOption(option);
  }
  return command;
}

function parserOf(schema: z.ZodType): (text: string) => unknown {
  return (text) => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map((issue) => issue.message).join("; "));
  };
}
