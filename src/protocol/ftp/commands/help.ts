import type { CommandSpec } from "../command.ts";

const VERBS_A_LINE = 8;

/** Made by the list of all commands, which HELP is itself a part of. */
export function createHelp(commands: () => readonly CommandSpec[]): CommandSpec {
  return {
    verb: "HELP",
    rfc: "RFC 959 §4.1.3",
    login: "before",
    argument: "optional",
    syntax: "[command]",
    run(context, argument) {
      const asked = argument.trim().toUpperCase();
      if (asked === "") {
        const lines = verbLines(commands());
        return context.replyLines(214, "The commands are (* is always refused):", lines, "HELP command tells more.");
      }
      const command = commands().find(({ verb, aliases }) => verb === asked || aliases?.includes(asked));
      if (command === undefined) return context.reply(504, "There is no such command.");
      context.reply(214, `Syntax: ${`${asked} ${command.syntax}`.trim()}`);
    },
  };
}

function verbLines(commands: readonly CommandSpec[]): string[] {
  const verbs = commands
    .flatMap(({ verb, aliases, support }) =>
      [verb, ...(aliases ?? [])].map((name) => `${name}${support === "refused" ? "*" : ""}`),
    )
    .sort();
  const lines: string[] = [];
  for (let at = 0; at < verbs.length; at += VERBS_A_LINE) {
    const line = verbs.slice(at, at + VERBS_A_LINE).map((verb) => verb.padEnd(8));
    lines.push(` ${line.join("").trimEnd()}`);
  }
  return lines;
}
