import type { CommandSpec } from "../command.ts";
import { parseBytes } from "../numbers.ts";

export const REST: CommandSpec = {
  verb: "REST",
  rfc: "RFC 3659 §5",
  login: "after",
  argument: "required",
  syntax: "offset",
  note: "Counts for the next transfer command, whatever comes between. Offsets need TYPE I.",
  feature: () => "REST STREAM",
  run(context, argument) {
    const startBytes = parseBytes(argument.trim());
    if (startBytes === undefined) return context.reply(501, "REST needs a number of bytes.");
    if (startBytes > 0 && context.session.type === "ascii") return context.reply(501, "An offset needs TYPE I.");
    context.session.restartBytes = startBytes;
    context.reply(350, `The next transfer begins at byte ${startBytes}.`);
  },
};
