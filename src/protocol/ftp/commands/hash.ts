import type { HashAlgorithm } from "../actions.ts";
import type { CommandSpec } from "../command.ts";

/** What HASH can be told to use with OPTS. */
export const HASH_ALGORITHMS: readonly HashAlgorithm[] = ["SHA-256", "SHA-512", "SHA-1", "MD5", "CRC32"];

export const HASH: CommandSpec = {
  verb: "HASH",
  rfc: "draft-bryan-ftpext-hash",
  login: "after",
  argument: "required",
  syntax: "path",
  needs: ["read"],
  note: "Of the whole file: RANG is not there.",
  feature: (_policy, session) =>
    `HASH ${HASH_ALGORITHMS.map((algorithm) => `${algorithm}${algorithm === session.hash ? "*" : ""}`).join(";")}`,
  run(context, argument) {
    const path = context.path(argument);
    if (path === undefined) return;
    const algorithm = context.session.hash;
    context.stat(path, (entry) => {
      if (entry.type !== "file") return context.fail({ kind: "is-directory" });
      const endBytes = entry.sizeBytes;
      context.call({ name: "hash", path, algorithm, startBytes: 0, endBytes }, (value) => {
        if (value?.type !== "text") return context.fail({ kind: "failed" });
        context.reply(213, `${algorithm} 0-${endBytes} ${value.text} ${argument}`);
      });
    });
  },
};
