import type { CommandSpec } from "../command.ts";

/** Made by the list of all commands, which FEAT is itself a part of. */
export function createFeat(commands: () => readonly CommandSpec[]): CommandSpec {
  return {
    verb: "FEAT",
    rfc: "RFC 2389 §3",
    login: "before",
    argument: "none",
    syntax: "",
    run(context) {
      const lines = commands().flatMap(
        (command) => command.feature?.(context.policy, context.session)?.split("\n") ?? [],
      );
      const sorted = [...lines, "TVFS", "UTF8"].sort();
      context.replyLines(
        211,
        "Features:",
        sorted.map((line) => ` ${line}`),
        "End of features.",
      );
    },
  };
}
