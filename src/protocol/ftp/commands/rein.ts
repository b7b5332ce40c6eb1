import type { CommandSpec } from "../command.ts";
import { MLST_FACTS } from "../facts.ts";

export const REIN: CommandSpec = {
  verb: "REIN",
  rfc: "RFC 959 §4.1.1",
  login: "before",
  argument: "none",
  syntax: "",
  note: "TLS on the control connection stays; PBSZ and PROT have to be sent again.",
  run(context) {
    const { session, policy } = context;
    context.forgetLogin();
    session.facts = MLST_FACTS;
    session.hash = "SHA-256";
    session.bufferSizeAgreed = policy.implicitTls;
    if (session.privateData !== policy.implicitTls) {
      session.privateData = policy.implicitTls;
      context.send({ type: "protect", private: session.privateData });
    }
    context.reply(220, "Ready for a new login.");
  },
};
