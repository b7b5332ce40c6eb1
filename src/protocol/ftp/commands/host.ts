import type { CommandSpec } from "../command.ts";

export const HOST: CommandSpec = {
  verb: "HOST",
  rfc: "RFC 7151 §3",
  login: "before",
  argument: "required",
  syntax: "name",
  note: "Any name is taken: there is one host.",
  feature: () => "HOST",
  run(context) {
    if (context.session.account !== undefined) context.reply(503, "HOST comes before the login.");
    else context.reply(220, "Welcome.");
  },
};
