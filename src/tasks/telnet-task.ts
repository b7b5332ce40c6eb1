/**
 * `network.telnet`: the Telnet server in a thread of its own, behind the device's methods. Who logs in sits at a REPL of
 * the program's thread.
 *
 * @module
 */

import { isMainThread, type MessagePort } from "node:worker_threads";
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
import { createServerTask, portFor } from "./server-task.ts";
import { parseThreadOptions, type ThreadOptions, type ThreadSettings } from "./thread-options.ts";

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

const WHAT = "telnet.start";

/** Makes the task; its thread comes with `start()`. */
export function createTelnetTask(config: TelnetTaskConfig): TelnetTask {
  const ownWords = new ConsoleWords();
  let bridge: ReplBridge | undefined;

  function takeApart(options: TelnetTaskOptions): { thread: ThreadSettings; server: TelnetServerSettings } {
    const { thread, rest } = parseThreadOptions(WHAT, options);
    return { thread, server: parseTelnetServerOptions(WHAT, rest) };
  }

  return createServerTask<TelnetTaskOptions, TelnetStatus, TelnetServerEvent>({
    name: "telnet",
    entry: new URL("./telnet-entry.js", import.meta.url),
    onEvent: config.onEvent,
    status(state, _, addresses) {
      const number = state as TelnetState;
      return Object.freeze([number, TELNET_STATES[number] ?? "", addresses] as const);
    },
    check: takeApart,
    launch(options) {
      const { thread, server } = takeApart(options);
      const { authenticate, ...settings } = { ...server, guardGroup: server.guardGroup ?? config.guardGroup };
      const host = config.repl();
      const words = config.wordsOf?.(host) ?? ownWords;
      const transfer: MessagePort[] = [];
      bridge?.close();
      let served: ReplBridge | undefined;
      const replPort = portFor(transfer, (port) => {
        served = serveRepl(host, port, words);
      });
      bridge = served;
      const data: TelnetThreadData = {
        settings,
        replName: host.name,
        replVersion: host.version,
        replPort,
        words: words.buffer,
        interruptUnavailable: interruptUnavailable(isMainThread),
        authenticatePort: authenticate && portFor(transfer, (port) => serveAuthenticate(authenticate, port)),
      };
      return {
        data,
        transfer,
        ...thread,
        onEnd(threadId) {
          served?.close();
          words.forget(threadId);
        },
      };
    },
    credentials(options) {
      const { user, password } = takeApart(options).server;
      return { user, password };
    },
    stopping: () => bridge?.close(),
  });
}
