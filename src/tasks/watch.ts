/**
 * Lets the command look at tasks from a thread of its own, so that it sees them also while the program is busy.
 *
 * @module
 */

import type { WatchedRun, WorkerTask } from "./worker-task.ts";

const tasks = new WeakMap<object, WorkerTask>();

/** Says which threads are a task's. */
export function watchable(task: object, worker: WorkerTask): void {
  tasks.set(task, worker);
}

/** Calls `watcher` with each thread that the task starts from now on, before it runs. */
export function watchTask(task: object, watcher: (run: WatchedRun) => void): void {
  const worker = tasks.get(task);
  if (worker === undefined) throw new Error("bug: only tasks of Porthole can be watched");
  worker.watch(watcher);
}
