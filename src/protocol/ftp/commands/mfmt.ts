import type { CommandSpec } from "../command.ts";
import { formatTimestamp, parseTimestamp } from "../times.ts";

export const MFMT: CommandSpec = {
  verb: "MFMT",
  rfc: "draft-somers-ftp-mfxx",
  login: "after",
  argument: "required",
  syntax: "YYYYMMDDHHMMSS path",
  needs: ["write"],
  feature: () => "MFMT",
  run(context, argument) {
    const match = /^(\S+) (.+)$/.exec(argument);
    const modifiedMs = match === null ? undefined : parseTimestamp(match[1] as string);
    if (match === null || modifiedMs === undefined) {
      return context.reply(501, "MFMT needs YYYYMMDDHHMMSS and a path.");
    }
    const path = context.path(match[2] as string);
    if (path === undefined) return;
    context.call({ name: "set-modified", path, modifiedMs }, () =>
      context.reply(213, `Modify=${formatTimestamp(modifiedMs)}; ${path}`),
    );
  },
};
