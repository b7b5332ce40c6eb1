import type { CommandSpec } from "../command.ts";

export const QUIT: CommandSpec = {
  verb: "QUIT",
  rfc: "RFC 959 §4.1.1",
  login: "before",
  argument: "none",
  syntax: "",
  note: "Behind a transfer it waits for the transfer's end.",
  run(context) {
    context.reply(221, "Goodbye.");
    context.close("quit");
  },
};
