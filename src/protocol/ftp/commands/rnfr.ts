import { ROOT_PATH } from "../../text/path.ts";
import type { CommandSpec } from "../command.ts";

export const RNFR: CommandSpec = {
  verb: "RNFR",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["rename"],
  run(context, argument) {
    const path = context.path(argument);
    if (path === undefined) return;
    if (path === ROOT_PATH) return context.fail({ kind: "denied" });
    context.stat(path, () => {
      context.session.renameFrom = path;
      context.reply(350, "Send RNTO with the new name.");
    });
  },
};
