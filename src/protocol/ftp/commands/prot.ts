import type { CommandSpec } from "../command.ts";

export const PROT: CommandSpec = {
  verb: "PROT",
  rfc: "RFC 2228 §3, RFC 4217",
  login: "before",
  argument: "required",
  syntax: "P | C",
  note: "C is refused with 534 where TLS is required.",
  feature: (policy) => (policy.tls === "off" ? undefined : "PROT"),
  run(context, argument) {
    const { session, policy } = context;
    const level = argument.trim().toUpperCase();
    if (!session.secure) return context.reply(503, "Send AUTH TLS first.");
    if (!session.bufferSizeAgreed) return context.reply(503, "Send PBSZ 0 first.");
    if (level === "S" || level === "E") return context.reply(536, "The levels are P and C.");
    if (level !== "P" && level !== "C") return context.reply(504, "The levels are P and C.");
    if (level === "C" && policy.tls === "required") return context.reply(534, "Data connections must be private.");
    session.privateData = level === "P";
    context.send({ type: "protect", private: session.privateData });
    context.reply(200, `Data connections are ${session.privateData ? "private" : "clear"}.`);
  },
};
