import type { CommandSpec } from "../command.ts";

export const SIZE: CommandSpec = {
  verb: "SIZE",
  rfc: "RFC 3659 §4",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["read", "list"],
  note: "550 after TYPE A, since the converted size is not known without reading the file; 550 for a directory.",
  feature: () => "SIZE",
  run(context, argument) {
    const path = context.path(argument);
    if (path === undefined) return;
    if (context.session.type === "ascii") return context.reply(550, "SIZE is not told for TYPE A; send TYPE I.");
    context.stat(path, (entry) => {
      if (entry.type === "file") context.reply(213, String(entry.sizeBytes));
      else context.fail({ kind: "is-directory" });
    });
  },
};
