import type { CommandSpec } from "../command.ts";

export const TYPE: CommandSpec = {
  verb: "TYPE",
  rfc: "RFC 959 §3.1.1",
  login: "after",
  argument: "required",
  syntax: "A [N] | I | L 8",
  note: "Until the first TYPE, bytes go as they are. EBCDIC, Telnet and carriage control formats are refused.",
  run(context, argument) {
    const type = argument.replace(/\s+/g, "").toUpperCase();
    if (type === "I" || type === "L8") {
      context.session.type = "image";
      context.reply(200, "The type is image (binary).");
    } else if (type === "A" || type === "AN") {
      context.session.type = "ascii";
      context.reply(200, "The type is ASCII, non-print.");
    } else if (/^(?:[AE][NTC]?|L\d{1,3})$/.test(type)) {
      context.reply(504, "The types are A, I and L 8.");
    } else {
      context.reply(501, "The types are A, I and L 8.");
    }
  },
};
