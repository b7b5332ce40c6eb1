import { parseIpv4 } from "../addresses.ts";
import type { CommandSpec } from "../command.ts";

export const PASV: CommandSpec = {
  verb: "PASV",
  rfc: "RFC 959 §4.1.2",
  login: "after",
  argument: "none",
  syntax: "",
  note: "425 on IPv6, which its reply cannot tell; EPSV can.",
  feature: () => "PASV",
  run(context) {
    const { session, policy } = context;
    if (session.extendedPassiveOnly) return context.reply(501, "EPSV ALL was sent: only EPSV is left.");
    if (policy.peer.family === 6) return context.reply(425, "PASV cannot tell an IPv6 address; send EPSV.");
    session.dataReady = false;
    context.ask(
      (id) => ({ type: "listen", id, extended: false }),
      (outcome) => {
        const address = outcome.ok && outcome.value?.type === "address" ? outcome.value : undefined;
        const octets = address === undefined ? undefined : parseIpv4(address.host);
        if (address === undefined || octets === undefined) {
          return context.reply(425, "There is no port for a data connection at the moment.");
        }
        session.dataReady = true;
        const numbers = [...octets, address.port >> 8, address.port & 255];
        context.reply(227, `Entering Passive Mode (${numbers.join(",")}).`);
      },
    );
  },
};
