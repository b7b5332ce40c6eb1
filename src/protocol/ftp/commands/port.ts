import { activeAllowed, connectTo } from "../active.ts";
import { formatIpv4 } from "../addresses.ts";
import type { CommandSpec } from "../command.ts";

export const PORT: CommandSpec = {
  verb: "PORT",
  rfc: "RFC 959 §4.1.2",
  login: "after",
  argument: "required",
  syntax: "h1,h2,h3,h4,p1,p2",
  note: "Only where active transfers are allowed, only to the client's own address, only to ports from 1024 on.",
  run(context, argument) {
    if (!activeAllowed(context)) return;
    const numbers = /^\d{1,3}(?:,\d{1,3}){5}$/.test(argument.trim()) ? argument.split(",").map(Number) : [];
    if (numbers.length !== 6 || numbers.some((number) => number > 255)) {
      return context.reply(501, "PORT needs six numbers from 0 to 255 with commas between them.");
    }
    const port = (numbers[4] as number) * 256 + (numbers[5] as number);
    connectTo(context, formatIpv4(numbers.slice(0, 4)), port);
  },
};
