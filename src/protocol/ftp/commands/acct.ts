import type { CommandSpec } from "../command.ts";

export const ACCT: CommandSpec = {
  verb: "ACCT",
  rfc: "RFC 959 §4.1.1",
  login: "before",
  argument: "optional",
  syntax: "account",
  note: "Superfluous: a login needs no account.",
  run(context) {
    context.reply(202, "No account is needed.");
  },
};
