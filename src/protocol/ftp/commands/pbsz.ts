import type { CommandSpec } from "../command.ts";
import { parseBytes } from "../numbers.ts";

export const PBSZ: CommandSpec = {
  verb: "PBSZ",
  rfc: "RFC 2228 §3, RFC 4217",
  login: "before",
  argument: "required",
  syntax: "0",
  feature: (policy) => (policy.tls === "off" ? undefined : "PBSZ"),
  run(context, argument) {
    if (!context.session.secure) return context.reply(503, "Send AUTH TLS first.");
    if (parseBytes(argument.trim()) === undefined) return context.reply(501, "PBSZ needs a number.");
    context.session.bufferSizeAgreed = true;
    context.reply(200, "PBSZ=0");
  },
};
