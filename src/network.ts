/**
 * `network`: the device's servers as background tasks of this program.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import type { FtpServerEvent, TelnetServerEvent } from "./contracts/events.ts";
import type { ReplHost } from "./contracts/repl.ts";
import { consoleWordsOf } from "./program-console.ts";
import { defaultReplHost } from "./repl.ts";
import { createFtpTask, type FtpTask, type FtpTaskConfig } from "./tasks/ftp-task.ts";
import { createTelnetTask, type TelnetTask } from "./tasks/telnet-task.ts";

/** What a server tells, and which one. */
export type NetworkEvent =
  | ({ readonly service: "telnet" } & TelnetServerEvent)
  | ({ readonly service: "ftp" } & FtpServerEvent);

/** What tasks of one's own are made with. */
export interface NetworkOptions {
  /** Asked at each start where who logs in sits. Default: at the last `repl()`, or at one that is made then. */
  readonly repl?: () => ReplHost;
  /**
   * Files of an `ftp.start()` that names none: a directory, a store, a module, or mounts. Default: the working directory.
   */
  readonly files?: FtpTaskConfig["files"];
  /** Told what both servers tell, in order, in the thread that made them. */
  readonly onEvent?: (event: NetworkEvent) => void;
}

/** The two servers as tasks. */
export interface Network {
  /** `network.telnet`: a prompt of the program. */
  readonly telnet: TelnetTask;
  /** `network.ftp`: files. */
  readonly ftp: FtpTask;
}

/** Makes tasks of one's own; nothing runs before `start()`. */
export function createNetwork(options: NetworkOptions = {}): Network {
  const { repl = defaultReplHost, files, onEvent } = options;
  const guardGroup = randomUUID(); // who guesses at one server is slowed down at the other
  return {
    telnet: createTelnetTask({
      repl,
      guardGroup,
      wordsOf: consoleWordsOf,
      onEvent: (event) => onEvent?.({ service: "telnet", ...event }),
    }),
    ftp: createFtpTask({
      guardGroup,
      ...(files === undefined ? {} : { files }),
      onEvent: (event) => onEvent?.({ service: "ftp", ...event }),
    }),
  };
}

/** The servers of this program, as the device has them: `network.telnet.start()`, `network.ftp.start()`. */
export const network: Network = createNetwork();
