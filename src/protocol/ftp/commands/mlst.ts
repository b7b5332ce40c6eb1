import type { MlstFact } from "../actions.ts";
import type { CommandSpec } from "../command.ts";
import { createFactsFormatter, MLST_FACTS } from "../facts.ts";

export const MLST: CommandSpec = {
  verb: "MLST",
  rfc: "RFC 3659 §7",
  login: "after",
  argument: "optional",
  syntax: "[path]",
  needs: ["list"],
  note: "The path is told whole.",
  feature: (_policy, session) => `MLST ${MLST_FACTS.map((fact) => markedFact(fact, session.facts)).join("")}`,
  run(context, argument) {
    const { session } = context;
    const path = context.path(argument);
    if (path === undefined) return;
    context.stat(path, (entry) => {
      if (session.account === undefined) return context.fail({ kind: "denied" });
      const facts = createFactsFormatter(session.facts, session.account)(entry);
      context.replyLines(250, "Listing follows:", [` ${facts} ${path}`], "End of listing.");
    });
  },
};

function markedFact(fact: MlstFact, enabled: readonly MlstFact[]): string {
  return `${fact}${enabled.includes(fact) ? "*" : ""};`;
}
