import { ROOT_PATH } from "../../text/path.ts";
import type { CommandSpec } from "../command.ts";

export const DELE: CommandSpec = {
  verb: "DELE",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["delete"],
  note: "Files only; a directory is 550.",
  run(context, argument) {
    const path = context.path(argument);
    if (path === undefined) return;
    if (path === ROOT_PATH) return context.fail({ kind: "is-directory" });
    context.call({ name: "remove", path }, () => context.reply(250, "The file was deleted."));
  },
};
