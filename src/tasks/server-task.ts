/**
 * What `network.telnet` and `network.ftp` have in common: a server in a thread of its own, behind the device's methods.
 *
 * @module
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import { readCounters } from "../contracts/counters.ts";
import { PortholeError } from "../contracts/errors.ts";
import type { Task } from "../contracts/task.ts";
import { createStatusReader } from "./status-cache.ts";
import { watchable } from "./watch.ts";
import { WorkerTask, type WorkerTaskStart } from "./worker-task.ts";

/** Of a running task, these may change; see `start()`. */
export interface TaskCredentials {
  readonly user: string;
  readonly password: string;
}

/** The state number of a task whose thread does not run. */
const NOT_STARTED = -1;
const PAUSED = 0;

/** What makes a task that of one server. */
export interface ServerTaskConfig<Options, Status, Event> {
  /** For messages and for the thread's name. */
  readonly name: "telnet" | "ftp";
  /** The thread's module. */
  readonly entry: URL;
  /** What `status()` gives. */
  readonly status: (state: number, dataState: number, addresses: readonly string[]) => Status;
  readonly onEvent: ((event: Event | { readonly type: "error"; readonly message: string }) => void) | undefined;
  /** Checks the options of a `start()`; throws, and has done nothing then. */
  check(options: Options): void;
  /** What a thread with these options is given. */
  launch(options: Options): WorkerTaskStart;
  /** The checked credentials among the options; undefined when they are not the server's to check. */
  credentials(options: Options): TaskCredentials | undefined;
  /** The thread was told to end, and does. */
  stopping?(): void;
}

/**
 * Makes the task; its thread comes with `start()`.
 *
 * `start()` of a running task changes user and password, resumes it when it is paused, and leaves the other options.
 */
export function createServerTask<
  Options extends Partial<Readonly<Record<"user" | "password", unknown>>>,
  Status,
  Event,
>(config: ServerTaskConfig<Options, Status, Event>): Task<Options, Status> {
  const onEvent = config.onEvent ?? (() => {});
  const readStatus = createStatusReader(config.status);
  const task = new WorkerTask({
    name: config.name,
    entry: config.entry,
    notStarted: NOT_STARTED,
    onEvent: (event) => onEvent(event as Event),
    onFailure: (error) => onEvent({ type: "error", message: error.message }),
    onDropped: (count) => onEvent({ type: "error", message: `${count} events were dropped: the program was busy` }),
  });
  let given: Options | undefined;

  function begin(options: Options): boolean {
    const start = config.launch(options);
    given = options;
    const started = task.start(start);
    const error = task.lastError;
    // What only the thread can see of the options: a directory that is none, a module without a store.
    if (!started && error instanceof PortholeError && error.code === "PORTHOLE_ERR_ARGUMENT") throw error;
    return started;
  }

  function change(options: Options): boolean {
    const merged = { ...given, ...credentialsOf(options) } as Options;
    const credentials = config.credentials(merged);
    if (credentials !== undefined && !task.configure(credentials)) return false;
    given = merged;
    return task.block?.state === PAUSED ? task.resume() : true;
  }

  const made: Task<Options, Status> = {
    start(options = {} as Options) {
      config.check(options);
      return task.running ? change(options) : begin(options);
    },
    pause: ({ force = false } = {}) => task.pause(force),
    resume: () => task.resume(),
    stop({ force = false } = {}) {
      if (!task.stop(force)) return false;
      config.stopping?.();
      return true;
    },
    kick: (sessionId) => task.kick(sessionId),
    counters: () => readCounters(config.name, task.counters),
    status: () => readStatus(task.block, NOT_STARTED),
    stack: () => task.stack(),
    get lastError() {
      return task.lastError;
    },
    get stopped() {
      return task.stopped;
    },
  };
  watchable(made, task);
  return made;
}

/** What of them was given. */
function credentialsOf({ user, password }: Partial<Readonly<Record<"user" | "password", unknown>>>): object {
  return { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
}

/** Serves one end of a new channel; the other end is for the thread, and added to what is sent there. */
export function portFor(transfer: MessagePort[], serve: (port: MessagePort) => void): MessagePort {
  const { port1, port2 } = new MessageChannel();
  serve(port1);
  transfer.push(port2);
  return port2;
}
