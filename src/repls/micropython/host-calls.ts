/**
 * Calls from Python to the host, as the board's thread makes them: it blocks until the answer is there or Ctrl-C ends
 * the wait.
 *
 * @module
 */

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { LIMITS } from "../../contracts/limits.ts";
import type { BoardConsole } from "./board-console.ts";
import type { HostCall, HostReply } from "./host-call.ts";

/** Gives the function that Python calls: a method's name and its arguments as JSON; the answer is JSON too. */
export function createHostCalls(port: MessagePort, console: BoardConsole): (method: unknown, json: unknown) => string {
  let last = 0;
  return (method, json) => {
    if (typeof method !== "string" || typeof json !== "string" || json.length > LIMITS.boardCallCharacters.value)
      return JSON.stringify({ error: "ValueError", text: "the arguments are too long" });
    const call: HostCall = { id: ++last, method, json };
    port.postMessage(call);
    let reply: HostReply | undefined;
    const answered = (): boolean => {
      // Answers to calls that were interrupted come late, and are dropped.
      while (reply?.id !== call.id) {
        const received = receiveMessageOnPort(port) as { readonly message: HostReply } | undefined;
        if (received === undefined) return false;
        reply = received.message;
      }
      return true;
    };
    if (console.wait(answered) === "interrupted" || reply === undefined) return "{}";
    return reply.json;
  };
}
