import { ROOT_PATH } from "../../text/path.ts";
import type { CommandContext, CommandSpec } from "../command.ts";

/** Makes a directory the current one, when it is one. */
export function changeDirectory(context: CommandContext, argument: string): void {
  const path = argument === "" || argument === "~" ? ROOT_PATH : context.path(argument);
  if (path === undefined) return;
  context.stat(path, (entry) => {
    if (entry.type !== "directory") return context.fail({ kind: "not-directory" });
    context.session.cwd = path;
    context.reply(250, "The directory was changed.");
  });
}

export const CWD: CommandSpec = {
  verb: "CWD",
  aliases: ["XCWD"],
  rfc: "RFC 959 §4.1.1",
  login: "after",
  argument: "optional",
  syntax: "[path]",
  note: "Without a path, and for `~`, the root.",
  run: changeDirectory,
};
