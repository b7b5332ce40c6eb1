import type { CommandContext, CommandSpec } from "../command.ts";
import { formatTimestamp, parseTimestamp } from "../times.ts";

/** The commands of SITE, with the syntax that SITE HELP shows. */
const SITE_COMMANDS: Readonly<Record<string, { readonly syntax: string; readonly run: CommandSpec["run"] }>> = {
  CHMOD: { syntax: "CHMOD mode path", run: changeMode },
  HELP: { syntax: "HELP", run: help },
  UTIME: { syntax: "UTIME YYYYMMDDhhmm[ss] path | UTIME path accessed modified created UTC", run: setTimes },
};

export const SITE: CommandSpec = {
  verb: "SITE",
  rfc: "RFC 959 §4.1.3",
  login: "before",
  argument: "required",
  syntax: "HELP | CHMOD mode path | UTIME time path",
  note: "CHMOD and UTIME need the right to write.",
  run(context, argument) {
    const match = /^\s*(\S+) ?(.*)$/.exec(argument);
    const command = SITE_COMMANDS[match?.[1]?.toUpperCase() ?? ""];
    if (command === undefined) return context.reply(504, "There is no such SITE command.");
    if (command.run !== help && context.session.account === undefined) return context.reply(530, "Log in first.");
    command.run(context, match?.[2] ?? "");
  },
};

function help(context: CommandContext): void {
  const lines = Object.values(SITE_COMMANDS).map(({ syntax }) => ` ${syntax}`);
  context.replyLines(214, "The SITE commands are:", lines, "End of help.");
}

function changeMode(context: CommandContext, argument: string): void {
  const match = /^0?([0-7]{3}) (.+)$/.exec(argument.trimStart());
  if (match === null) {
    context.reply(501, "CHMOD needs three octal digits and a path.");
    return;
  }
  if (!context.allowed("write")) return;
  const path = context.path(match[2] as string);
  if (path === undefined) return;
  const mode = Number.parseInt(match[1] as string, 8);
  context.call({ name: "set-mode", path, mode }, () => context.reply(200, "The mode was changed."));
}

function setTimes(context: CommandContext, argument: string): void {
  const before = /^(\d{12}(?:\d\d)?) (.+)$/.exec(argument.trimStart());
  const behind = /^(.+) \d{14} (\d{14}) \d{14} UTC$/i.exec(argument);
  const [time, written] = behind !== null ? [behind[2], behind[1]] : [before?.[1], before?.[2]];
  const modifiedMs = time === undefined ? undefined : parseTimestamp(time);
  if (modifiedMs === undefined || written === undefined) {
    context.reply(501, "UTIME needs YYYYMMDDhhmm[ss] and a path.");
    return;
  }
  if (!context.allowed("write")) return;
  const path = context.path(written);
  if (path === undefined) return;
  context.call({ name: "set-modified", path, modifiedMs }, () =>
    context.reply(200, `The time is ${formatTimestamp(modifiedMs)}.`),
  );
}
