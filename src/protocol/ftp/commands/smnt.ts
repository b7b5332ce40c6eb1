import type { CommandSpec } from "../command.ts";

export const SMNT: CommandSpec = {
  verb: "SMNT",
  rfc: "RFC 959 §4.1.1",
  login: "after",
  argument: "optional",
  syntax: "path",
  support: "refused",
  note: "What is mounted where, the server's owner decides.",
  run(context) {
    context.reply(502, "Nothing can be mounted.");
  },
};
