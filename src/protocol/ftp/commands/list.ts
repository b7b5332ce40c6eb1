import type { CommandSpec } from "../command.ts";
import { startListing } from "../listings.ts";

export const LIST: CommandSpec = {
  verb: "LIST",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "optional",
  syntax: "[-flags] [path | pattern]",
  needs: ["list"],
  note: "Lines as of ls -l, in UTC. Flags as of ls are taken and change nothing but -a for patterns.",
  run(context, argument) {
    startListing(context, argument, { format: "list" });
  },
};
