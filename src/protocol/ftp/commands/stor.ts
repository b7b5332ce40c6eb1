import type { CommandSpec } from "../command.ts";
import { startUpload } from "../uploads.ts";

export const STOR: CommandSpec = {
  verb: "STOR",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["write"],
  note: "TYPE A stores CR LF as LF. Behind REST it goes on at the offset and keeps what is before and behind.",
  run(context, argument) {
    startUpload(context, argument, "replace");
  },
};
