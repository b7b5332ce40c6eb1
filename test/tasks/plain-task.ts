import type { WorkerTask, WorkerTaskConfig, WorkerTaskStart } from "../../src/tasks/worker-task.ts";

const dist = new URL("../../dist/tasks/worker-task.js", import.meta.url).href;
const module = (await import(dist)) as { WorkerTask: new (config: WorkerTaskConfig) => WorkerTask };

export interface PlainTask {
  readonly task: WorkerTask;
  readonly events: { readonly type: string }[];
  readonly failures: Error[];
  readonly dropped: number[];
  start(data?: Record<string, unknown>, options?: Omit<WorkerTaskStart, "data">): boolean;
}

/** A task over the built files with the listener of `fixtures/plain-entry.mjs` in its thread. */
export function createPlainTask(config: Partial<WorkerTaskConfig> = {}): PlainTask {
  const events: { readonly type: string }[] = [];
  const failures: Error[] = [];
  const dropped: number[] = [];
  const task = new module.WorkerTask({
    name: "plain",
    entry: new URL("./fixtures/plain-entry.mjs", import.meta.url),
    notStarted: -1,
    onEvent: (event) => events.push(event as { type: string }),
    onFailure: (error) => failures.push(error),
    onDropped: (count) => dropped.push(count),
    ...config,
  });
  return { task, events, failures, dropped, start: (data = {}, options = {}) => task.start({ data, ...options }) };
}
