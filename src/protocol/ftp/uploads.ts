/**
 * STOR, APPE and STOU.
 *
 * @module
 */

import { ROOT_PATH } from "../text/path.ts";
import type { CommandContext } from "./command.ts";
import { dataConnectionAllowed, runTransfer, takeTransferPromises } from "./transfers.ts";

/** Starts an upload. With an offset from REST, `replace` becomes an update in place. */
export function startUpload(context: CommandContext, argument: string, mode: "replace" | "append" | "unique"): void {
  const { startBytes, expectedBytes } = takeTransferPromises(context);
  const ascii = context.session.type === "ascii";
  const path = context.path(argument, { creates: true });
  if (path === undefined) return;
  if (path === ROOT_PATH) {
    context.fail({ kind: "is-directory" });
    return;
  }
  if (!dataConnectionAllowed(context)) return;
  const restarts = startBytes > 0;
  if (restarts && ascii) {
    context.reply(554, "An offset needs TYPE I.");
    return;
  }
  if (restarts && mode !== "replace") {
    context.reply(503, `REST does not go with ${context.verb}.`);
    return;
  }
  runTransfer(
    context,
    { kind: "store", path, mode: restarts ? "update" : mode, startBytes, ascii, expectedBytes },
    { creates: true, restarts },
  );
}
