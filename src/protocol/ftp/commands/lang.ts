import type { CommandSpec } from "../command.ts";

export const LANG: CommandSpec = {
  verb: "LANG",
  rfc: "RFC 2640 §4",
  login: "before",
  argument: "optional",
  syntax: "[language]",
  support: "refused",
  note: "Replies are in English only.",
  run(context) {
    context.reply(502, "Replies are in English only.");
  },
};
