import type { CommandSpec } from "../command.ts";

export const AUTH: CommandSpec = {
  verb: "AUTH",
  rfc: "RFC 4217 §4, RFC 2228 §3",
  login: "before",
  argument: "required",
  syntax: "TLS",
  note: "SSL means TLS too. A login before it is forgotten, and so is what was sent behind it in plain.",
  feature: (policy) => (policy.tls === "off" ? undefined : "AUTH TLS"),
  run(context, argument) {
    const { session, policy } = context;
    const mechanism = argument.trim().toUpperCase();
    if (policy.tls === "off") return context.reply(502, "TLS is not offered here.");
    if (session.secure) return context.reply(503, "TLS is in force already.");
    if (mechanism !== "TLS" && mechanism !== "TLS-C" && mechanism !== "SSL") {
      return context.reply(504, "The mechanism is TLS.");
    }
    context.forgetLogin();
    context.reply(234, "Begin TLS now.");
    context.upgrade();
  },
};
