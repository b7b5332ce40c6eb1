import type { CommandSpec } from "../command.ts";

export const NOOP: CommandSpec = {
  verb: "NOOP",
  rfc: "RFC 959 §4.1.3",
  login: "before",
  argument: "none",
  syntax: "",
  note: "Answered while a transfer runs.",
  run(context) {
    context.reply(200, "Still here.");
  },
};
