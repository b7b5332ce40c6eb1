import type { CommandSpec } from "../command.ts";
import { changeDirectory } from "./cwd.ts";

export const CDUP: CommandSpec = {
  verb: "CDUP",
  aliases: ["XCUP"],
  rfc: "RFC 959 §4.1.1",
  login: "after",
  argument: "none",
  syntax: "",
  note: "In the root it stays there.",
  run(context) {
    changeDirectory(context, "..");
  },
};
