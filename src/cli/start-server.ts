/**
 * Starting a server for a command, which ends when that cannot be.
 *
 * @module
 */

import type { Task } from "../contracts/task.ts";
import { CommandFailure } from "./failure.ts";

/** @throws {@link CommandFailure} with the reason, also when it is in the options. */
export function startServer<Options>(task: Task<Options, unknown>, options: Options): void {
  let started: boolean;
  try {
    started = task.start(options);
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    if (typeof code === "string" && code.startsWith("PORTHOLE_ERR_")) throw new CommandFailure(message);
    throw error;
  }
  if (!started) throw new CommandFailure(task.lastError?.message ?? "the server did not start");
}
