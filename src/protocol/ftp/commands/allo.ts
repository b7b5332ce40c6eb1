import type { CommandSpec } from "../command.ts";
import { parseBytes } from "../numbers.ts";

export const ALLO: CommandSpec = {
  verb: "ALLO",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "required",
  syntax: "bytes [R record-size]",
  note: "Answered 200, which cameras insist on; the store may refuse the upload that follows when it has no room.",
  run(context, argument) {
    const match = /^(\d+)(?:\s+R\s+\d+)?$/i.exec(argument.trim());
    const bytes = match === null ? undefined : parseBytes(match[1] as string);
    if (bytes === undefined) return context.reply(501, "ALLO needs a number of bytes.");
    context.session.expectedBytes = bytes === 0 ? undefined : bytes;
    context.reply(200, "Noted.");
  },
};
