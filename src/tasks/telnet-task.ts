/**
 * `network.telnet`: the Telnet server in a thread of its own, behind the device's methods. Who logs in sits at a REPL of
 * the program's thread.
 *
 * @module
 */

import { isMainThread, MessageChannel, type MessagePort } from "node:worker_threads";
import { readCounters } from "../contracts/counters.ts";
import type { Authenticate } from "../contracts/credentials.ts";
import type { TelnetServerEvent } from "../contracts/events.ts";
import type { ReplHost } from "../contracts/repl.ts";
import { type Task, TELNET_STATES, type TelnetState, type TelnetStatus } from "../contracts/task.ts";
import {
  parseTelnetServerOptions,
  type TelnetServerOptions,
  type TelnetServerSettings,
} from "../servers/telnet/options.ts";
import { serveAuthenticate } from "./authenticate-proxy.ts";
import { ConsoleWords } from "./console-words.ts";
import { interruptUnavailable } from "./interrupt.ts";
import { type ReplBridge, serveRepl } from "./repl-bridge.ts";
import { createStatusReader } from "./status-cache.ts";
import { parseThreadOptions, type ThreadOptions, type ThreadSettings } from "./thread-options.ts";
import { watchable } from "./watch.ts";
import { WorkerTask } from "./worker-task.ts";

/** Options of `network.telnet.start()`. */
export interface TelnetTaskOptions extends TelnetServerOptions, ThreadOptions {}

/** The task `network.telnet`. */
export type TelnetTask = Task<TelnetTaskOptions, TelnetStatus>;

/** What a Telnet task is made with. */
export interface TelnetTaskConfig {
  /** Asked at each start; who logs in sits there. */
  readonly repl: () => ReplHost;
  readonly onEvent?: (event: TelnetServerEvent) => void;
  /** As the option of that name, for a `start()` that gives none. */
  readonly guardGroup?: string;
  /** What a host shares with the console thread, so that Ctrl-T reaches this task. Default: words of the task's own. */
  readonly wordsOf?: (host: ReplHost) => ConsoleWords | undefined;
}

/** What the thread is given. */
export interface TelnetThreadData {
  readonly settings: Omit<TelnetServerSettings, "authenticate">;
  readonly replName: string;
  readonly replVersion: string;
  readonly replPort: MessagePort;
  readonly words: SharedArrayBuffer;
  readonly interruptUnavailable: string | undefined;
  /** Where the program checks logins, when it does. */
  readonly authenticatePort: MessagePort | undefined;
}

/** Of a running task, these may change; see `start()`. */
export interface TelnetCredentials {
  readonly user: string;
  readonly password: string;
}

const NOT_STARTED = -1;
const WHAT = "telnet.start";

/**
 * Makes the task; its thread comes with `start()`.
 *
 * `start()` of a running task changes user and password, resumes it when it is paused, and leaves the other options.
 */
export function createTelnetTask(config: TelnetTaskConfig): TelnetTask {
  const ownWords = new ConsoleWords();
  const onEvent = config.onEvent ?? (() => {});
  const readStatus = createStatusReader<TelnetStatus>((state, _, addresses) => {
    const number = state as TelnetState;
    return Object.freeze([number, TELNET_STATES[number] ?? "", addresses] as const);
  });
  const task = new WorkerTask({
    name: "telnet",
    entry: new URL("./telnet-entry.js", import.meta.url),
    notStarted: NOT_STARTED,
    onEvent: (event) => onEvent(event as TelnetServerEvent),
    onFailure: (error) => onEvent({ type: "error", message: error.message }),
    onDropped: (count) => onEvent({ type: "error", message: `${count} events were dropped: the program was busy` }),
  });
  let given: TelnetServerOptions = {};
  let bridge: ReplBridge | undefined;

  function startThread(options: TelnetServerOptions, thread: ThreadSettings): boolean {
    const parsed = parseTelnetServerOptions(WHAT, options);
    const { authenticate, ...settings } = { ...parsed, guardGroup: parsed.guardGroup ?? config.guardGroup };
    const host = config.repl();
    const words = config.wordsOf?.(host) ?? ownWords;
    bridge?.close();
    const repl = new MessageChannel();
    const login = authenticate === undefined ? undefined : createAuthenticateChannel(authenticate);
    const served = serveRepl(host, repl.port1, words);
    bridge = served;
    given = options;
    const data: TelnetThreadData = {
      settings,
      replName: host.name,
      replVersion: host.version,
      replPort: repl.port2,
      words: words.buffer,
      interruptUnavailable: interruptUnavailable(isMainThread),
      authenticatePort: login,
    };
    return task.start({
      data,
      transfer: login === undefined ? [repl.port2] : [repl.port2, login],
      ...thread,
      onEnd: (threadId) => {
        served.close();
        words.forget(threadId);
      },
    });
  }

  function change(options: TelnetServerOptions): boolean {
    const merged = { ...given, ...withoutUndefined({ user: options.user, password: options.password }) };
    const { user, password } = parseTelnetServerOptions(WHAT, merged);
    const credentials: TelnetCredentials = { user, password };
    if (!task.configure(credentials)) return false;
    given = merged;
    return task.block?.state === 0 ? task.resume() : true;
  }

  const made: TelnetTask = {
    start(options = {}) {
      const { thread, rest } = parseThreadOptions(WHAT, options);
      if (!task.running) return startThread(rest, thread);
      parseTelnetServerOptions(WHAT, rest);
      return change(rest);
    },
    pause: ({ force = false } = {}) => task.pause(force),
    resume: () => task.resume(),
    stop({ force = false } = {}) {
      if (!task.stop(force)) return false;
      bridge?.close();
      return true;
    },
    kick: (sessionId) => task.kick(sessionId),
    counters: () => readCounters("telnet", task.counters),
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

function createAuthenticateChannel(authenticate: Authenticate): MessagePort {
  const { port1, port2 } = new MessageChannel();
  serveAuthenticate(authenticate, port1);
  return port2;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
