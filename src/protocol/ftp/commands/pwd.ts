import type { CommandSpec } from "../command.ts";
import { quotePath } from "../replies.ts";

export const PWD: CommandSpec = {
  verb: "PWD",
  aliases: ["XPWD"],
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "none",
  syntax: "",
  run(context) {
    context.reply(257, `${quotePath(context.session.cwd)} is the current directory.`);
  },
};
