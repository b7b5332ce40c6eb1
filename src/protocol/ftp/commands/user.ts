import type { CommandSpec } from "../command.ts";

export const USER: CommandSpec = {
  verb: "USER",
  rfc: "RFC 959 §4.1.1",
  login: "before",
  argument: "required",
  syntax: "name",
  note: "Any name is answered 331, so that nobody learns which exist. After a login it begins a new one.",
  run(context, argument) {
    if (context.policy.tls === "required" && !context.session.secure) {
      context.reply(530, "Logins must be private: send AUTH TLS first.");
      return;
    }
    context.forgetLogin();
    context.session.user = argument;
    context.reply(331, "Send the password.");
  },
};
