import type { CommandSpec } from "../command.ts";

export const AVBL: CommandSpec = {
  verb: "AVBL",
  rfc: "draft-peterson-streamlined-ftp-command-extensions",
  login: "after",
  argument: "optional",
  syntax: "[path]",
  needs: ["write", "list"],
  note: "Bytes that may still be written there.",
  feature: () => "AVBL",
  run(context, argument) {
    const path = context.path(argument);
    if (path === undefined) return;
    context.call({ name: "free-bytes", path }, (value) => {
      if (value?.type === "number") context.reply(213, String(value.value));
      else context.fail({ kind: "failed" });
    });
  },
};
