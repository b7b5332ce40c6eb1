/**
 * The thread's side of a task: answers the program's commands one after the other, publishes its state, hands events on.
 *
 * @module
 */

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type ServerCounters, writeCounters } from "../contracts/counters.ts";
import { LIMITS } from "../contracts/limits.ts";
import { ControlBlock } from "./control-block.ts";
import { toFailure } from "./failure.ts";
import { findOwnStack } from "./stack.ts";

/** What the program tells the thread; the answer goes through the control block. */
export interface TaskCommand {
  readonly sequence: number;
  readonly name: "pause" | "resume" | "stop" | "configure" | "kick";
  readonly force: boolean;
  readonly data?: unknown;
}

/** What the thread is made with. */
export interface TaskThreadData {
  readonly control: SharedArrayBuffer;
  readonly sequence: number;
  readonly stackBytes: number | undefined;
  /** The task's figures: those of threads before, which this one goes on from. */
  readonly counters: SharedArrayBuffer;
  /** Where somebody else in this process is told the events too, and can send clients away. */
  readonly watcher: MessagePort | undefined;
  /** The state number while nothing runs. */
  readonly notStarted: number;
  readonly task: unknown;
}

/** What the thread tells the program, beside the control block. */
export type TaskMessage =
  | { readonly type: "event"; readonly event: unknown }
  /** Events that were dropped since the last one, because the program took none. */
  | { readonly type: "dropped"; readonly count: number };

/** What a watcher says: send this client away. */
export interface WatcherOrder {
  readonly sessionId: number;
}

/** What a watcher is told. */
export type WatcherMessage =
  | { readonly type: "event"; readonly event: unknown }
  | { readonly type: "kicked"; readonly sessionId: number; readonly kicked: boolean };

/** What a task's thread may do with its program. */
export interface TaskContext {
  /** Publishes the state, and what it is at the data channel; `status()` reads them. */
  publishState(state: number, dataState?: number): void;
  /** Publishes what is listened on, as `host:port`. */
  publishAddresses(addresses: readonly string[]): void;
  /** Publishes what the server has counted; `counters()` reads it. */
  publishCounters(counters: ServerCounters): void;
  /** Hands an event to the program; `minor` ones are dropped first when the program takes none. */
  emit(event: unknown, minor?: boolean): void;
}

/** A task's work. Each call is made once the one before is done; what it throws is the command's failure. */
export interface TaskHandlers {
  /** False: refused, because a client is in. */
  pause(force: boolean): Promise<boolean>;
  resume(): Promise<boolean>;
  stop(force: boolean): Promise<boolean>;
  configure(data: unknown): Promise<boolean>;
  /** False: there is no such session. */
  kick(sessionId: number): Promise<boolean>;
}

/** Runs a task in the calling thread: `start` listens and gives what answers the commands that follow. */
export function serveTask<Data>(start: (data: Data, context: TaskContext) => Promise<TaskHandlers>): void {
  if (parentPort === null) throw new Error("bug: a task's entry was loaded in the main thread");
  const port = parentPort;
  const thread = workerData as TaskThreadData;
  const block = new ControlBlock(thread.control);
  let handlers: TaskHandlers | undefined;
  let pending: number | undefined = thread.sequence;

  // The default goes on: the thread ends and the program is told by an event. This only makes status() true at once.
  process.on("uncaughtExceptionMonitor", (error) => {
    block.state = thread.notStarted;
    block.publishAddresses([]);
    if (pending !== undefined) block.answerFailure(pending, toFailure(error));
  });
  const stack = findOwnStack(thread.stackBytes);
  if (stack !== undefined) block.stackRange = stack;

  const run = async (sequence: number, work: () => Promise<boolean>): Promise<void> => {
    pending = sequence;
    try {
      block.answer(sequence, (await work()) ? "done" : "refused");
    } catch (error) {
      block.answerFailure(sequence, toFailure(error));
    }
    pending = undefined;
  };
  let queue = run(thread.sequence, async () => {
    handlers = await start(thread.task as Data, createContext(thread, block, port));
    return true;
  });
  thread.watcher?.on("message", ({ sessionId }: WatcherOrder) => {
    queue = queue.then(async () => {
      const kicked = (await handlers?.kick(sessionId).catch(() => false)) ?? false;
      thread.watcher?.postMessage({ type: "kicked", sessionId, kicked } satisfies WatcherMessage);
    });
  });
  thread.watcher?.unref();
  port.on("message", (command: TaskCommand) => {
    queue = queue.then(() => run(command.sequence, () => perform(handlers, command)));
  });
}

async function perform(handlers: TaskHandlers | undefined, command: TaskCommand): Promise<boolean> {
  if (handlers === undefined) return false;
  switch (command.name) {
    case "pause":
      return handlers.pause(command.force);
    case "resume":
      return handlers.resume();
    case "stop":
      return handlers.stop(command.force);
    case "configure":
      return handlers.configure(command.data);
    case "kick":
      return handlers.kick(command.data as number);
  }
}

function createContext({ counters, watcher }: TaskThreadData, block: ControlBlock, port: MessagePort): TaskContext {
  const figures = new Float64Array(counters);
  const before = figures.slice();
  const limit = LIMITS.taskWaitingEvents.value;
  let posted = block.eventsSeen;
  let dropped = 0;
  const post = (message: TaskMessage): void => {
    posted = (posted + 1) | 0;
    port.postMessage(message);
  };
  return {
    publishState(state, dataState) {
      block.state = state;
      if (dataState !== undefined) block.dataState = dataState;
    },
    publishAddresses(addresses) {
      block.publishAddresses(addresses);
    },
    publishCounters(now) {
      writeCounters(figures, now, before);
    },
    emit(event, minor = false) {
      watcher?.postMessage({ type: "event", event } satisfies WatcherMessage);
      const waiting = (posted - block.eventsSeen) | 0;
      if (waiting >= (minor ? limit / 2 : limit)) {
        if (!minor) dropped += 1;
        return;
      }
      if (dropped > 0) {
        post({ type: "dropped", count: dropped });
        dropped = 0;
      }
      post({ type: "event", event });
    },
  };
}
