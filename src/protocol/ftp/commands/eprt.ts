import { activeAllowed, connectTo } from "../active.ts";
import { parseAddress } from "../addresses.ts";
import type { CommandSpec } from "../command.ts";

export const EPRT: CommandSpec = {
  verb: "EPRT",
  rfc: "RFC 2428 §2",
  login: "after",
  argument: "required",
  syntax: "|protocol|address|port|",
  note: "As PORT.",
  feature: (policy) => (policy.active ? "EPRT" : undefined),
  run(context, argument) {
    if (!activeAllowed(context)) return;
    const match = /^([!-~])(\d{1,5})\1([0-9A-Fa-f:.]{2,45})\1(\d{1,5})\1$/.exec(argument.trim());
    if (match === null) return context.reply(501, "EPRT needs |protocol|address|port|.");
    const [protocol, host, port] = [match[2] as string, match[3] as string, Number(match[4])];
    if (protocol !== "1" && protocol !== "2") return context.reply(522, "Unknown network protocol, use (1,2)");
    const address = parseAddress(host);
    if (address?.written !== (protocol === "1" ? 4 : 6) || port > 65_535) {
      return context.reply(501, "That is no address of that protocol, or no port.");
    }
    connectTo(context, address.host, port);
  },
};
