/**
 * The program's side of a task: a worker thread that is started, paused, resumed and stopped by calls that return when
 * it is done, as on the device.
 *
 * @module
 */

import { MessageChannel, type MessagePort, type Transferable, Worker } from "node:worker_threads";
import { FIGURES, Figure } from "../contracts/counters.ts";
import { PortholeError } from "../contracts/errors.ts";
import { type Answer, ControlBlock } from "./control-block.ts";
import { fromFailure } from "./failure.ts";
import { readHighWaterBytes } from "./stack.ts";
import type { TaskCommand, TaskMessage, TaskThreadData } from "./task-thread.ts";

/** How a task's thread is made. */
export interface WorkerTaskConfig {
  /** For messages and for the thread's name: `telnet`. */
  readonly name: string;
  /** Module that calls `serveTask`. */
  readonly entry: URL;
  /** State number while nothing runs. */
  readonly notStarted: number;
  readonly onEvent: (event: unknown) => void;
  /** The task failed or ended by itself; also in {@link WorkerTask.lastError}. */
  readonly onFailure: (error: Error) => void;
  /** So many events were dropped, because the program took none for long. */
  readonly onDropped?: (count: number) => void;
  /** How long `start` and the other calls wait before the thread counts as hung and is ended. */
  readonly startTimeoutMs?: number;
  readonly commandTimeoutMs?: number;
}

/** What one `start` is given. */
export interface WorkerTaskStart {
  /** Plain data for the thread. */
  readonly data: unknown;
  readonly transfer?: readonly Transferable[];
  /** Stack of the thread in MiB. */
  readonly stackSizeMb?: number;
  /** Most MiB of JavaScript objects in the thread, which ends beyond it; undefined: the runtime's own limit. */
  readonly heapSizeMb?: number;
  /** True: the program goes on for as long as the task runs. */
  readonly keepAlive?: boolean;
  /** Called once when the thread is gone, whatever ended it, with the id that it had. */
  readonly onEnd?: (threadId: number) => void;
}

const DEFAULT_STACK_MB = 4;
const DEFAULT_START_TIMEOUT_MS = 15_000;
const DEFAULT_COMMAND_TIMEOUT_MS = 5_000;
const BYTES_PER_MB = 1_048_576;
/** Room for short-lived objects: a server has few, and V8 keeps what it once took, up to three times 16 MiB. */
const YOUNG_OBJECTS_MB = 6;

/** A thread of a task that somebody else in this process looks at; see `WorkerTask.watch`. */
export interface WatchedRun {
  /** A {@link ControlBlock}'s. */
  readonly control: SharedArrayBuffer;
  /** A row of figures; the same for every thread of a task. */
  readonly counters: SharedArrayBuffer;
  /** Gives `WatcherMessage`, takes `WatcherOrder`; closes with the thread. */
  readonly port: MessagePort;
}

/** A thread that runs, with what belongs to it alone. */
interface Run {
  readonly worker: Worker;
  readonly block: ControlBlock;
  readonly ended: Promise<void>;
  lastSequence: number;
  /** The program asked for its end: an exit is no failure. */
  ending: boolean;
}

/** One task; at most one thread of it runs. */
export class WorkerTask {
  readonly #config: WorkerTaskConfig;
  readonly #counters = new SharedArrayBuffer(FIGURES * Float64Array.BYTES_PER_ELEMENT);
  #watcher: ((run: WatchedRun) => void) | undefined;
  #run: Run | undefined;
  #lastError: Error | undefined;
  #stopped: Promise<void> = Promise.resolve();

  constructor(config: WorkerTaskConfig) {
    this.#config = config;
  }

  /** True while a thread runs, listening or paused. */
  get running(): boolean {
    return this.#live() !== undefined;
  }

  /** What the running thread publishes. */
  get block(): ControlBlock | undefined {
    return this.#live()?.block;
  }

  /** What all threads of the task have counted. */
  get counters(): Float64Array {
    return new Float64Array(this.#counters);
  }

  /** From the next `start()` on each thread is shown to one more, who may hand the port to a thread of its own. */
  watch(watcher: (run: WatchedRun) => void): void {
    this.#watcher = watcher;
  }

  get lastError(): Error | undefined {
    return this.#lastError;
  }

  get stopped(): Promise<void> {
    return this.#stopped;
  }

  /** Makes a thread and waits until it listens. A thread that runs already must be stopped first. */
  start(start: WorkerTaskStart): boolean {
    this.#lastError = undefined;
    let run: Run;
    try {
      run = this.#create(start);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#fail(
        new PortholeError("PORTHOLE_ERR_TASK_FAILED", `cannot start ${this.#config.name}: no thread: ${reason}`, {
          cause: error,
        }),
      );
    }
    this.#run = run;
    this.#stopped = run.ended;
    const answer = run.block.waitForAnswer(run.lastSequence, this.#config.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS);
    if (answer.result === "done") return true;
    this.#end(run);
    return this.#fail(this.#errorOf(answer, "start"));
  }

  pause(force: boolean): boolean {
    return this.#command("pause", force);
  }

  resume(): boolean {
    return this.#command("resume", false);
  }

  /** False: there is no such session. */
  kick(sessionId: number): boolean {
    return this.#command("kick", false, sessionId);
  }

  /** Gives the running thread new settings. */
  configure(data: unknown): boolean {
    return this.#command("configure", false, data);
  }

  /** False: refused, a client is in. The thread of a task that does not answer is ended all the same. */
  stop(force: boolean): boolean {
    const run = this.#live();
    if (run === undefined) return true;
    const done = this.#command("stop", force);
    if (done) this.#end(run);
    return done || !this.running;
  }

  /** Bytes; -1 when nothing runs, null where the platform cannot tell. */
  stack(): number | null {
    const block = this.block;
    if (block === undefined) return -1;
    const range = block.stackRange;
    return range === undefined ? null : (readHighWaterBytes(range) ?? null);
  }

  #live(): Run | undefined {
    const run = this.#run;
    // A crash shows in the block before the program's event loop has heard of it.
    return run === undefined || run.block.state === this.#config.notStarted ? undefined : run;
  }

  #create(start: WorkerTaskStart): Run {
    const { name, entry, notStarted } = this.#config;
    const block = new ControlBlock();
    const sequence = 1;
    const stackSizeMb = start.stackSizeMb ?? DEFAULT_STACK_MB;
    const channel = this.#watcher === undefined ? undefined : new MessageChannel();
    const thread: TaskThreadData = {
      counters: this.#counters,
      watcher: channel?.port2,
      control: block.buffer,
      sequence,
      stackBytes: "bun" in process.versions ? undefined : stackSizeMb * BYTES_PER_MB,
      notStarted,
      task: start.data,
    };
    const worker = new Worker(entry, {
      name: `porthole-${name}`,
      workerData: thread,
      transferList: [...(start.transfer ?? []), ...(channel === undefined ? [] : [channel.port2])],
      // The program's own flags, loaders and hooks are not for this thread.
      execArgv: [],
      resourceLimits: {
        stackSizeMb,
        maxYoungGenerationSizeMb: YOUNG_OBJECTS_MB,
        ...(start.heapSizeMb === undefined ? {} : { maxOldGenerationSizeMb: start.heapSizeMb }),
      },
    });
    if (channel !== undefined) {
      this.#watcher?.({ control: block.buffer, counters: this.#counters, port: channel.port1 });
    }
    let settle: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const { threadId } = worker;
    const run: Run = { worker, block, ended, lastSequence: sequence, ending: false };
    worker.on("message", (message: TaskMessage) => {
      block.countEvent();
      if (message.type === "event") this.#config.onEvent(message.event);
      else this.#config.onDropped?.(message.count);
    });
    worker.on("error", (error: Error) => this.#crashed(run, error));
    worker.on("exit", (code) => {
      block.state = notStarted;
      if (this.#run === undefined || this.#run === run) this.#forgetNow();
      settle();
      start.onEnd?.(threadId);
      if (!run.ending) this.#crashed(run, new Error(`its thread ended with code ${code}`));
      if (this.#run === run) this.#run = undefined;
    });
    // Last, since a listener for messages holds the program again.
    if (start.keepAlive !== true) worker.unref();
    return run;
  }

  #command(name: TaskCommand["name"], force: boolean, data?: unknown): boolean {
    const run = this.#live();
    if (run === undefined) return false;
    this.#lastError = undefined;
    const sequence = ++run.lastSequence;
    const command: TaskCommand = { sequence, name, force, data };
    run.worker.postMessage(command);
    const answer = run.block.waitForAnswer(sequence, this.#config.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS);
    if (answer.result === "done") return true;
    if (answer.result === "silent") this.#end(run);
    const error = this.#errorOf(answer, name);
    if (answer.result !== "refused") return this.#fail(error);
    this.#lastError = error;
    return false;
  }

  #errorOf(answer: Exclude<Answer, { result: "done" }>, what: string): Error {
    const name = this.#config.name;
    switch (answer.result) {
      case "failed":
        return fromFailure(answer.failure);
      case "refused":
        if (what === "kick") {
          return new PortholeError("PORTHOLE_ERR_STATE", `cannot kick a client of ${name}: there is no such session`);
        }
        return new PortholeError(
          "PORTHOLE_ERR_STATE",
          `cannot ${what} ${name}: a client is in; pass { force: true } to send it away first`,
        );
      case "silent":
        return new PortholeError("PORTHOLE_ERR_TASK_FAILED", `${name} did not answer ${what}; its thread was ended`);
    }
  }

  /** Ends the thread; what it holds is closed by the runtime. Works while this thread goes on without a turn. */
  #end(run: Run): void {
    run.ending = true;
    run.block.state = this.#config.notStarted;
    if (this.#run === run) this.#run = undefined;
    this.#forgetNow();
    // So that a program which waits for `stopped` lives until then.
    run.worker.ref();
    void run.worker.terminate();
  }

  #crashed(run: Run, cause: Error): void {
    if (run.ending) return;
    run.ending = true;
    run.block.state = this.#config.notStarted;
    const error = new PortholeError(
      "PORTHOLE_ERR_TASK_FAILED",
      `${this.#config.name} ended by itself: ${cause.message}; start it again`,
      { cause },
    );
    if (this.#run === run) this.#lastError = error;
    if (this.#run === run) this.#run = undefined;
    this.#config.onFailure(error);
  }

  /** Nothing of what was now is still so. */
  #forgetNow(): void {
    for (const place of [Figure.LISTENING, Figure.ACCELERATED, Figure.SESSIONS]) this.counters[place] = 0;
  }

  #fail(error: Error): false {
    this.#lastError = error;
    this.#config.onFailure(error);
    return false;
  }
}
