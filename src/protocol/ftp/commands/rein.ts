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
    const { session } = context;
    context.forgetLogin();
    session.facts = MLST_FACTS;
    session.hash = "SHA-256";
    session.bufferSizeAgreed = false;
    if (session.privateData) {
      session.privateData = false;
      context.send({ type: "protect", private: false });
    }
    context.reply(220, "Ready for a new login.");
  },
};
