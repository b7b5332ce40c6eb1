/**
 * Who may send from another thread: Node's own are used, and files are read and written there too.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { ThreadTurns } from "./thread-turns.ts";

/** libuv's, unless the environment has another number. */
const POOL_THREADS = 4;

/**
 * Those of this thread, whichever server's they are: one for each processor, but never more than half of all.
 */
export const sendingThreads: ThreadTurns = new ThreadTurns(
  Math.min(availableParallelism(), Math.floor(poolThreads() / 2)),
);

function poolThreads(): number {
  const given = Number.parseInt(process.env["UV_THREADPOOL_SIZE"] ?? "", 10);
  return Number.isNaN(given) ? POOL_THREADS : given;
}
