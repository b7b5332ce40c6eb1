import type { CommandContext, CommandSpec } from "../command.ts";
import { startInlineListing } from "../listings.ts";

export const STAT: CommandSpec = {
  verb: "STAT",
  rfc: "RFC 959 §4.1.3",
  login: "after",
  argument: "optional",
  syntax: "[path | pattern]",
  note: "Without a path it is answered while a transfer runs, and tells how far that is.",
  run(context, argument) {
    if (argument.trim() === "") context.replyLines(211, "Status of the server:", describe(context), "End of status.");
    else if (context.allowed("list")) startInlineListing(context, argument);
  },
};

function describe(context: CommandContext): string[] {
  const { session, policy, running } = context;
  const lines = [
    ` Connected from ${policy.peer.address}`,
    ` Logged in as ${session.account?.user ?? "nobody"}`,
    ` TYPE: ${session.type === "ascii" ? "ASCII, non-print" : "image"}; STRU: file; MODE: stream`,
    ` Control connection: ${session.secure ? "TLS" : "plain"}; data connections: ${session.privateData ? "TLS" : "plain"}`,
  ];
  if (running === undefined) {
    lines.push(` Nothing is being transferred${session.dataReady ? "; a data connection is expected" : ""}`);
  } else {
    const { transfer, bytes } = running;
    const doing = { retrieve: "Sending", store: "Receiving", listing: "Listing" }[transfer.kind];
    lines.push(` ${doing} ${transfer.path}: ${bytes} bytes so far`);
  }
  return lines;
}
