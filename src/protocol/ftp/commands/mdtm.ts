import { parsePath } from "../../text/path.ts";
import type { CommandContext, CommandSpec } from "../command.ts";
import { formatTimestamp, parseTimestamp } from "../times.ts";

export const MDTM: CommandSpec = {
  verb: "MDTM",
  rfc: "RFC 3659 §3",
  login: "after",
  argument: "required",
  syntax: "[YYYYMMDDHHMMSS] path",
  needs: ["read", "list"],
  note: "With a time in front it sets the time, as older clients want, unless a file has that whole text as its name.",
  feature: () => "MDTM",
  run(context, argument) {
    const path = parsePath(argument, context.session.cwd);
    if (path === undefined) {
      if (!setTime(context, argument)) context.fail({ kind: "bad-name" });
      return;
    }
    context.stat(
      path,
      (entry) => {
        const time = entry.type === "file" ? formatTimestamp(entry.modifiedMs) : undefined;
        if (entry.type === "directory") context.fail({ kind: "is-directory" });
        else if (time === undefined) context.reply(550, "The time of that file is not known.");
        else context.reply(213, time);
      },
      (failure) => {
        if (!setTime(context, argument)) context.fail(failure);
      },
    );
  },
};

/** `MDTM time[±minutes] path`; false when the argument is none. */
function setTime(context: CommandContext, argument: string): boolean {
  const match = /^(\d{14}(?:\.\d+)?)([+-]\d{1,3})? (.+)$/.exec(argument);
  const local = match === null ? undefined : parseTimestamp(match[1] as string);
  if (match === null || local === undefined) return false;
  if (!context.allowed("write")) return true;
  const path = context.path(match[3] as string);
  if (path === undefined) return true;
  const modifiedMs = local - Number(match[2] ?? "0") * 60_000;
  context.call({ name: "set-modified", path, modifiedMs }, () => context.reply(213, `${formatTimestamp(modifiedMs)}`));
  return true;
}
