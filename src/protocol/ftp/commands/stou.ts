import type { CommandSpec } from "../command.ts";
import { startUpload } from "../uploads.ts";

export const STOU: CommandSpec = {
  verb: "STOU",
  rfc: "RFC 959 §4.1.3, RFC 1123 §4.1.2.9",
  login: "after",
  argument: "optional",
  syntax: "[path]",
  needs: ["write"],
  note: "The path, when given, is where the new name is derived from. The 150 reply tells the name.",
  run(context, argument) {
    startUpload(context, argument === "" ? "upload" : argument, "unique");
  },
};
