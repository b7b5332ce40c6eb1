/**
 * A function `passiveHost` of the program, asked from a task's thread. While the program is busy, PASV waits.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import { LIMITS } from "../contracts/limits.ts";
import type { PassiveHost } from "../servers/ftp/passive-host.ts";
import { answerCalls, CallPort } from "./call-port.ts";

type HostOf = Exclude<PassiveHost, string>;

/** Program's side. */
export function servePassiveHost(hostOf: HostOf, port: MessagePort): void {
  answerCalls<string>(port, async (clientAddress) => ({ value: await hostOf(clientAddress) }));
}

/** Thread's side. */
export function createPassiveHostProxy(port: MessagePort): HostOf {
  const calls = new CallPort<string>(port, LIMITS.taskStoreCalls.value);
  return async (clientAddress) => (await calls.call(clientAddress)) as string | undefined;
}
