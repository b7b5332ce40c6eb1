import { ROOT_PATH } from "../../text/path.ts";
import type { CommandSpec } from "../command.ts";
import { quotePath } from "../replies.ts";

export const MKD: CommandSpec = {
  verb: "MKD",
  aliases: ["XMKD"],
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["make-directory"],
  run(context, argument) {
    const path = context.path(argument, { creates: true });
    if (path === undefined) return;
    if (path === ROOT_PATH) return context.fail({ kind: "exists" });
    context.call({ name: "make-directory", path }, () => context.reply(257, `${quotePath(path)} was made.`), {
      creates: true,
    });
  },
};
