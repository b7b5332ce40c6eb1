import type { CommandSpec } from "../command.ts";

export const STRU: CommandSpec = {
  verb: "STRU",
  rfc: "RFC 959 §3.1.2",
  login: "after",
  argument: "required",
  syntax: "F",
  note: "Record and page structure are refused.",
  run(context, argument) {
    const structure = argument.trim().toUpperCase();
    if (structure === "F") context.reply(200, "The structure is file.");
    else context.reply(structure === "R" || structure === "P" ? 504 : 501, "The only structure is F.");
  },
};
