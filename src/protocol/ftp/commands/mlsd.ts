import type { CommandSpec } from "../command.ts";
import { startListing } from "../listings.ts";

export const MLSD: CommandSpec = {
  verb: "MLSD",
  rfc: "RFC 3659 §7",
  login: "after",
  argument: "optional",
  syntax: "[path]",
  needs: ["list"],
  note: "A file is 501, a missing directory 550.",
  run(context, argument) {
    startListing(context, argument, { format: "mlsd", facts: context.session.facts });
  },
};
