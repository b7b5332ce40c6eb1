import type { CommandSpec } from "../command.ts";
import { startListing } from "../listings.ts";

export const NLST: CommandSpec = {
  verb: "NLST",
  rfc: "RFC 959 §4.1.3, RFC 1123 §4.1.2.7",
  login: "after",
  argument: "optional",
  syntax: "[-flags] [path | pattern]",
  needs: ["list"],
  note: "Each name is usable as it stands: below a path that was given, it begins with that path.",
  run(context, argument) {
    startListing(context, argument, { format: "nlst" });
  },
};
