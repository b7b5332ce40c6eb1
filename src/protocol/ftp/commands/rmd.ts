import { ROOT_PATH } from "../../text/path.ts";
import type { CommandSpec } from "../command.ts";

export const RMD: CommandSpec = {
  verb: "RMD",
  aliases: ["XRMD"],
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["delete"],
  note: "Empty directories only; a file is 550.",
  run(context, argument) {
    const path = context.path(argument);
    if (path === undefined) return;
    if (path === ROOT_PATH) return context.fail({ kind: "denied" });
    context.call({ name: "remove-directory", path }, () => context.reply(250, "The directory was removed."));
  },
};
