/**
 * Lets `porthole status` and `porthole kick` ask this process: one JSON line in, one or many out, over a socket that
 * only this user can open.
 *
 * @module
 */

import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { LIMITS } from "../../contracts/limits.ts";
import type { NetworkEvent } from "../../network.ts";
import { VERSION } from "../version.ts";
import { instanceDirectory, openInstanceDirectory, socketPath } from "./place.ts";
import { type InstanceState, type RunningServers, SessionBook, serverStates } from "./state.ts";

/** What is asked. */
export type InstanceRequest =
  | { readonly do: "status" }
  | { readonly do: "watch" }
  | { readonly do: "kick"; readonly session: string };

const WATCH_EVERY_MS = 250;

export interface Instance {
  /** Takes what the servers tell. */
  event(event: NetworkEvent): void;
  /** Begins to answer. What is against it is told to `onFailure` and changes nothing else. */
  publish(servers: RunningServers, onFailure: (message: string) => void): void;
  close(): void;
}

/** @param what - the command and what it serves: `serve /srv/files`. */
export function createInstance(what: string): Instance {
  const book = new SessionBook();
  const sinceMs = Date.now();
  const open = new Set<Socket>();
  let server: Server | undefined;
  let path: string | undefined;

  function look(running: RunningServers): InstanceState {
    const servers = serverStates(running);
    const services = new Set(servers.map(({ service }) => service));
    const sessions = book.all.filter(({ session }) => services.has(session.startsWith("ftp") ? "ftp" : "telnet"));
    return { pid: process.pid, version: VERSION, what, sinceMs, nowMs: Date.now(), servers, sessions };
  }

  function serve(socket: Socket, running: RunningServers): void {
    if (open.size >= LIMITS.statusConnections.value) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.unref();
    // For the whole request, and then for its answer to be read: who says a byte now and then is waited for no longer.
    const giveUp = (): void => void socket.destroy();
    let deadline = setTimeout(giveUp, LIMITS.statusRequestSeconds.value * 1000).unref();
    let timer: NodeJS.Timeout | undefined;
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(deadline);
      clearInterval(timer);
      open.delete(socket);
    });
    const send = (answer: unknown): void => {
      // Who does not read is not waited for.
      if (socket.writableLength === 0) socket.write(`${JSON.stringify(answer)}\n`);
    };
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end < 0 && text.length <= LIMITS.statusRequestCharacters.value) return;
      socket.removeAllListeners("data");
      socket.resume();
      clearTimeout(deadline);
      const request = parseRequest(text.slice(0, end));
      if (request?.do === "watch") {
        send(look(running));
        timer = setInterval(() => send(look(running)), WATCH_EVERY_MS).unref();
      } else {
        send(request === undefined ? { error: "that is no request" } : answer(request, running));
        socket.end();
        deadline = setTimeout(giveUp, LIMITS.statusRequestSeconds.value * 1000).unref();
      }
    });
  }

  function answer(request: InstanceRequest, running: RunningServers): unknown {
    if (request.do !== "kick") return look(running);
    const [, service, id] = /^(ftp|telnet)\/(\d{1,15})$/.exec(request.session) ?? [];
    const task = service === "ftp" ? running.ftp : service === "telnet" ? running.telnet : undefined;
    return { kicked: task?.kick(Number(id)) ?? false };
  }

  const close = (): void => {
    process.off("exit", close);
    server?.close();
    for (const socket of open) socket.destroy();
    if (path !== undefined) rmSync(path, { force: true });
    path = undefined;
  };

  return {
    event: (event) => book.take(event, Date.now()),
    publish(running, onFailure) {
      const directory = instanceDirectory();
      if (directory === undefined) return;
      try {
        openInstanceDirectory(directory);
        const place = socketPath(directory, process.pid);
        if (place === undefined) throw new Error(`the name of ${directory} is too long for a socket in it`);
        rmSync(place, { force: true }); // of a process that had the same number and was killed
        const made = createServer((socket) => serve(socket, running));
        made.on("error", (error) => onFailure(`porthole status cannot ask this process: ${error.message}`));
        made.listen(place, () => chmodSync(place, 0o600));
        made.unref();
        path = place;
        server = made;
        process.on("exit", close);
      } catch (error) {
        onFailure(`porthole status cannot ask this process: ${(error as Error).message}`);
      }
    },
    close,
  };
}

function parseRequest(text: string): InstanceRequest | undefined {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof request !== "object" || request === null || !("do" in request)) return undefined;
  if (request.do === "status" || request.do === "watch") return { do: request.do };
  if (request.do === "kick" && "session" in request && typeof request.session === "string") {
    return { do: "kick", session: request.session };
  }
  return undefined;
}
