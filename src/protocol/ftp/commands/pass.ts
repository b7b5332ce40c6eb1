import { Secret } from "../../../contracts/credentials.ts";
import type { FtpOutcome } from "../actions.ts";
import type { CommandContext, CommandSpec } from "../command.ts";

export const PASS: CommandSpec = {
  verb: "PASS",
  rfc: "RFC 959 §4.1.1",
  login: "before",
  argument: "optional",
  syntax: "password",
  run(context, argument) {
    const { session } = context;
    const { user } = session;
    if (session.account !== undefined) {
      context.reply(503, "You are logged in; send USER first for another login.");
    } else if (user === undefined) {
      context.reply(503, "Send USER first.");
    } else {
      context.ask(
        (id) => ({ type: "authenticate", id, user, secret: new Secret(argument) }),
        (outcome) => answer(context, outcome),
      );
    }
  },
};

function answer(context: CommandContext, outcome: FtpOutcome): void {
  const { session, policy } = context;
  session.user = undefined;
  if (outcome.ok && outcome.value?.type === "account") {
    session.account = outcome.value.account;
    session.failedLogins = 0;
    context.reply(230, "You are logged in.");
    return;
  }
  session.failedLogins++;
  if (!outcome.ok && outcome.kind === "too-many-sessions") {
    context.fail(outcome);
    context.close("too many sessions of the account");
  } else if (session.failedLogins >= policy.loginTries) {
    context.reply(421, "Too many wrong logins.");
    context.close("too many wrong logins");
  } else if (!outcome.ok && outcome.kind !== "bad-credentials") {
    context.reply(530, "Logging in is not possible at the moment.");
  } else {
    context.fail({ kind: "bad-credentials" });
  }
}
