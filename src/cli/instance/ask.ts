/**
 * Asks the commands of this user that run.
 *
 * @module
 */

import { readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { CommandFailure } from "../failure.ts";
import { instanceDirectory, socketPath, trusted } from "./place.ts";
import type { InstanceRequest } from "./request.ts";
import type { InstanceState } from "./state.ts";

/** How long a process may take whose threads share a slow machine. */
const ANSWER_MS = 5_000;

/** Process ids of the commands that have a socket, the oldest name first. Perhaps not all of them live. */
function candidates(): { readonly directory: string; readonly pids: readonly number[] } {
  const directory = instanceDirectory();
  if (directory === undefined) throw new CommandFailure("there is no status on this platform");
  let names: string[];
  try {
    trusted(directory);
    names = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { directory, pids: [] };
    throw new CommandFailure((error as Error).message);
  }
  const pids = names.map((name) => Number(/^(\d+)\.sock$/.exec(name)?.[1])).filter((pid) => !Number.isNaN(pid));
  return { directory, pids: pids.sort((a, b) => a - b) };
}

/** What an asked process is: its state, or why there is none. */
export type Answered = InstanceState | { readonly pid: number; readonly silent: true };

/** All that run, or the one with this id. Sockets of processes that are gone are taken away. */
export async function askAll(pid?: number): Promise<Answered[]> {
  const { directory, pids } = candidates();
  const asked = await Promise.all(
    pids.filter((one) => pid === undefined || one === pid).map((one) => ask(directory, one, { do: "status" })),
  );
  return asked.filter((one) => one !== undefined) as Answered[];
}

/** @returns whether there was such a session. */
export async function kick(pid: number, session: string): Promise<boolean> {
  const answer = await ask(candidates().directory, pid, { do: "kick", session });
  return answer !== undefined && "kicked" in answer && answer.kicked === true;
}

/** States as they come, until the process ends. */
export async function* watch(pid: number): AsyncGenerator<InstanceState> {
  const path = socketPath(candidates().directory, pid);
  if (path === undefined) return;
  const socket = connect(path);
  socket.on("error", () => socket.destroy());
  socket.write(`${JSON.stringify({ do: "watch" } satisfies InstanceRequest)}\n`);
  try {
    for await (const line of createInterface({ input: socket })) yield JSON.parse(line) as InstanceState;
  } finally {
    socket.destroy();
  }
}

function ask(directory: string, pid: number, request: InstanceRequest): Promise<object | undefined> {
  const path = socketPath(directory, pid);
  if (path === undefined) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const timer = setTimeout(() => {
      resolve({ pid, silent: true });
      socket.destroy();
    }, ANSWER_MS);
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED")
        rmSync(path, { force: true }); // its process was killed
      else if (error.code !== "ENOENT") reject(new CommandFailure(`cannot ask process ${pid}: ${error.message}`));
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text.endsWith("\n") ? (JSON.parse(text) as object) : undefined);
    });
  });
}
