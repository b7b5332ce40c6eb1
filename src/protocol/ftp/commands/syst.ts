import type { CommandSpec } from "../command.ts";

export const SYST: CommandSpec = {
  verb: "SYST",
  rfc: "RFC 959 §4.1.3",
  login: "before",
  argument: "none",
  syntax: "",
  run(context) {
    context.reply(215, context.policy.system);
  },
};
