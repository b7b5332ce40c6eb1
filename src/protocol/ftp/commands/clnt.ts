import type { CommandSpec } from "../command.ts";

export const CLNT: CommandSpec = {
  verb: "CLNT",
  rfc: "no RFC: as FileZilla, lftp and Total Commander send it",
  login: "before",
  argument: "optional",
  syntax: "[name]",
  feature: () => "CLNT",
  run(context) {
    context.reply(200, "Welcome.");
  },
};
