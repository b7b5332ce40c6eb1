import type { HashAlgorithm } from "../actions.ts";
import type { CommandContext, CommandSpec } from "../command.ts";
import { parseBytes } from "../numbers.ts";

const ALGORITHMS: Readonly<Record<string, HashAlgorithm>> = {
  XCRC: "CRC32",
  XMD5: "MD5",
  XSHA: "SHA-1",
  XSHA1: "SHA-1",
  XSHA256: "SHA-256",
  XSHA512: "SHA-512",
};
const [first, ...others] = Object.keys(ALGORITHMS) as [string, ...string[]];

export const XCRC: CommandSpec = {
  verb: first,
  aliases: others,
  rfc: "no RFC: as GlobalSCAPE and ProFTPD have them",
  login: "after",
  argument: "required",
  syntax: 'path | "path" [start [end]]',
  needs: ["read"],
  feature: () => [first, ...others].join("\n"),
  run(context, argument) {
    const request = parseRequest(argument);
    if (request === undefined)
      return context.reply(501, "That needs a path, or one in quotes with a start and an end.");
    const path = context.path(request.path);
    const algorithm = ALGORITHMS[context.verb];
    if (path === undefined || algorithm === undefined) return;
    answer(context, { name: "hash", path, algorithm, startBytes: request.startBytes, endBytes: request.endBytes });
  },
};

function answer(context: CommandContext, call: Parameters<CommandContext["call"]>[0]): void {
  context.call(call, (value) => {
    if (value?.type === "text") context.reply(250, value.text.toUpperCase());
    else context.fail({ kind: "failed" });
  });
}

interface Request {
  readonly path: string;
  readonly startBytes: number;
  readonly endBytes: number | undefined;
}

function parseRequest(argument: string): Request | undefined {
  if (!argument.startsWith('"')) return { path: argument, startBytes: 0, endBytes: undefined };
  const match = /^"((?:[^"]|"")+)"(?: +(\d+)(?: +(\d+))?)? *$/.exec(argument);
  if (match === null) return undefined;
  const startBytes = parseBytes(match[2] ?? "0");
  const endBytes = match[3] === undefined ? undefined : parseBytes(match[3]);
  if (startBytes === undefined || (match[3] !== undefined && (endBytes === undefined || endBytes < startBytes))) {
    return undefined;
  }
  return { path: (match[1] as string).replaceAll('""', '"'), startBytes, endBytes };
}
