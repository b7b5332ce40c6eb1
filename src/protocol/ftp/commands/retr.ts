import type { CommandSpec } from "../command.ts";
import { dataConnectionAllowed, runTransfer, takeTransferPromises } from "../transfers.ts";

export const RETR: CommandSpec = {
  verb: "RETR",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["read"],
  note: "TYPE A sends each LF as CR LF.",
  run(context, argument) {
    const { startBytes } = takeTransferPromises(context);
    const ascii = context.session.type === "ascii";
    const path = context.path(argument);
    if (path === undefined || !dataConnectionAllowed(context)) return;
    if (ascii && startBytes > 0) return context.reply(554, "An offset needs TYPE I.");
    runTransfer(context, { kind: "retrieve", path, startBytes, ascii }, { restarts: startBytes > 0 });
  },
};
