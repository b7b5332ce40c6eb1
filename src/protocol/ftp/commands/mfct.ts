import type { CommandSpec } from "../command.ts";

export const MFCT: CommandSpec = {
  verb: "MFCT",
  rfc: "draft-somers-ftp-mfxx",
  login: "after",
  argument: "optional",
  syntax: "YYYYMMDDHHMMSS path",
  support: "refused",
  note: "No store can set a time of creation.",
  run(context) {
    context.reply(502, "The time of creation cannot be set.");
  },
};
