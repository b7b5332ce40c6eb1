import type { CommandSpec } from "../command.ts";
import { startUpload } from "../uploads.ts";

export const APPE: CommandSpec = {
  verb: "APPE",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["write"],
  note: "Not behind REST with an offset: 503.",
  run(context, argument) {
    startUpload(context, argument, "append");
  },
};
