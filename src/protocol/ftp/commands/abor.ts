import type { CommandSpec } from "../command.ts";

export const ABOR: CommandSpec = {
  verb: "ABOR",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "none",
  syntax: "",
  note: "A transfer under way is answered 426 first. TELNET IP and Synch before it, and a lost urgent octet, do no harm.",
  run(context) {
    context.reply(226, "Nothing is being transferred now.");
  },
};
