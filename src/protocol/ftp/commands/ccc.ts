import type { CommandSpec } from "../command.ts";

export const CCC: CommandSpec = {
  verb: "CCC",
  rfc: "RFC 2228 §3, RFC 4217",
  login: "before",
  argument: "none",
  syntax: "",
  support: "refused",
  note: "A private control connection stays private.",
  run(context) {
    if (context.session.secure) context.reply(534, "The control connection stays private.");
    else context.reply(533, "The control connection is not private.");
  },
};
