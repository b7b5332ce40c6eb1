import { ROOT_PATH } from "../../text/path.ts";
import type { CommandSpec } from "../command.ts";

export const RNTO: CommandSpec = {
  verb: "RNTO",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["rename"],
  note: "Right behind RNFR only. An existing file there is replaced, a directory is not.",
  run(context, argument) {
    const from = context.session.renameFrom;
    context.session.renameFrom = undefined;
    if (from === undefined) return context.reply(503, "Send RNFR first.");
    const to = context.path(argument, { creates: true });
    if (to === undefined) return;
    if (to === ROOT_PATH) return context.fail({ kind: "exists" });
    context.call({ name: "rename", path: from, to }, () => context.reply(250, "The name was changed."), {
      creates: true,
    });
  },
};
