import type { CommandSpec } from "../command.ts";

export const MODE: CommandSpec = {
  verb: "MODE",
  rfc: "RFC 959 §3.4",
  login: "after",
  argument: "required",
  syntax: "S",
  note: "Block, compressed and deflate mode are refused.",
  run(context, argument) {
    const mode = argument.trim().toUpperCase();
    if (mode === "S") context.reply(200, "The mode is stream.");
    else context.reply(/^[BCZ]$/.test(mode) ? 504 : 501, "The only mode is S.");
  },
};
