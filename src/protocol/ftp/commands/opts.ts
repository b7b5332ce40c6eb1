import type { MlstFact } from "../actions.ts";
import type { CommandContext, CommandSpec } from "../command.ts";
import { MLST_FACTS } from "../facts.ts";
import { HASH_ALGORITHMS } from "./hash.ts";

export const OPTS: CommandSpec = {
  verb: "OPTS",
  rfc: "RFC 2389 §4",
  login: "before",
  argument: "required",
  syntax: "UTF8 ON | MLST [fact;…] | HASH [algorithm]",
  note: "UTF-8 is always on: switching it off is refused.",
  run(context, argument) {
    const match = /^\s*(\S+)\s*(.*?)\s*$/.exec(argument);
    const option = match?.[2] ?? "";
    switch (match?.[1]?.toUpperCase()) {
      case "UTF8":
      case "UTF-8":
        if (option.toUpperCase() === "OFF") context.reply(504, "UTF-8 is always on.");
        else context.reply(200, "UTF-8 is on.");
        return;
      case "MLST":
        return chooseFacts(context, option);
      case "HASH":
        return chooseHash(context, option);
      default:
        return context.reply(501, "The options are UTF8, MLST and HASH.");
    }
  },
};

/** RFC 3659 §7.9: facts that are not known are passed over, and the answer tells what is in force. */
function chooseFacts(context: CommandContext, option: string): void {
  const asked = new Set(option.toLowerCase().split(";"));
  const facts = MLST_FACTS.filter((fact: MlstFact) => asked.has(fact));
  context.session.facts = facts;
  context.reply(200, `MLST OPTS ${facts.map((fact) => `${fact};`).join("")}`.trimEnd());
}

function chooseHash(context: CommandContext, option: string): void {
  const algorithm =
    option === "" ? context.session.hash : HASH_ALGORITHMS.find((name) => name === option.toUpperCase());
  if (algorithm === undefined) {
    context.reply(501, `The algorithms are ${HASH_ALGORITHMS.join(", ")}.`);
    return;
  }
  context.session.hash = algorithm;
  context.reply(200, algorithm);
}
