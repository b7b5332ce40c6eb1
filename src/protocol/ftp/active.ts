/**
 * PORT and EPRT: to which address the server may connect (RFC 2577 §3).
 *
 * @module
 */

import { parseAddress } from "./addresses.ts";
import type { CommandContext } from "./command.ts";

const FIRST_UNPRIVILEGED_PORT = 1024;

/** False when PORT and EPRT are not to be used now, and then the reply is given. */
export function activeAllowed(context: CommandContext): boolean {
  if (!context.policy.active) context.reply(502, "Active transfers are not allowed here; send PASV or EPSV.");
  else if (context.session.extendedPassiveOnly) context.reply(501, "EPSV ALL was sent: only EPSV is left.");
  else return true;
  return false;
}

/** Answers PORT and EPRT: nobody but the client itself is connected to, and no service of the client's machine. */
export function connectTo(context: CommandContext, host: string, port: number): void {
  const { session, policy } = context;
  if (parseAddress(policy.peer.address)?.host !== host) {
    context.reply(504, "That is not your address.");
    return;
  }
  if (port < FIRST_UNPRIVILEGED_PORT) {
    context.reply(504, "Ports below 1024 are not connected to.");
    return;
  }
  session.dataReady = false;
  context.ask(
    (id) => ({ type: "connect-to", id, host, port }),
    (outcome) => {
      session.dataReady = outcome.ok;
      if (outcome.ok) context.reply(200, "The next transfer connects to you.");
      else context.reply(425, "No data connection can be made.");
    },
  );
}
