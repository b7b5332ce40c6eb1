import type { CommandSpec } from "../command.ts";

export const EPSV: CommandSpec = {
  verb: "EPSV",
  rfc: "RFC 2428 §3",
  login: "after",
  argument: "optional",
  syntax: "[1 | 2 | ALL]",
  feature: (policy) => (policy.extendedPassive ? "EPSV" : undefined),
  run(context, argument) {
    const { session, policy } = context;
    const wanted = argument.trim().toUpperCase();
    const own = policy.peer.family === 4 ? "1" : "2";
    if (!policy.extendedPassive) return context.reply(502, "Send PASV.");
    if (wanted === "ALL") {
      session.extendedPassiveOnly = true;
      return context.reply(200, "Only EPSV is left from now on.");
    }
    if (wanted !== "" && wanted !== own) {
      const isNumber = /^\d{1,5}$/.test(wanted);
      return context.reply(
        isNumber ? 522 : 501,
        `The network protocol of this connection is another one, use (${own})`,
      );
    }
    session.dataReady = false;
    context.ask(
      (id) => ({ type: "listen", id, extended: true }),
      (outcome) => {
        if (!outcome.ok || outcome.value?.type !== "address") {
          return context.reply(425, "There is no port for a data connection at the moment.");
        }
        session.dataReady = true;
        context.reply(229, `Entering Extended Passive Mode (|||${outcome.value.port}|)`);
      },
    );
  },
};
