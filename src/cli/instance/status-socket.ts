/**
 * The socket that `porthole status` and `porthole kick` ask: one JSON line in, one or many out. Only this user can open
 * it.
 *
 * @module
 */

import { once } from "node:events";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { LIMITS } from "../../contracts/limits.ts";
import { parseRequest } from "./request.ts";
import type { InstanceState } from "./state.ts";

const WATCH_EVERY_MS = 250;

export interface StatusAnswers {
  look(): Promise<InstanceState>;
  /** @param session - `ftp/3`. @returns false when there is none. */
  kick(session: string): Promise<boolean>;
}

/** Begins to answer. Rejects with what is against it. */
export async function openStatusSocket(path: string, answers: StatusAnswers): Promise<Server> {
  const open = new Set<Socket>();
  rmSync(path, { force: true }); // of a process that had the same number and was killed
  const server = createServer((socket) => {
    if (open.size >= LIMITS.statusConnections.value) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    serve(socket, answers);
  });
  const listening = once(server, "listening");
  server.listen(path);
  if (existsSync(path)) chmodSync(path, 0o600); // the directory is closed to others anyway
  await listening;
  return server;
}

function serve(socket: Socket, { look, kick }: StatusAnswers): void {
  // For the whole request, and then for its answer to be read: who says a byte now and then is waited for no longer.
  const giveUp = (): void => void socket.destroy();
  let deadline = setTimeout(giveUp, LIMITS.statusRequestSeconds.value * 1000);
  socket.on("error", () => {});
  socket.on("close", () => clearTimeout(deadline));
  const send = (answer: unknown): void => {
    // Who does not read is not waited for.
    if (socket.writable && socket.writableLength === 0) socket.write(`${JSON.stringify(answer)}\n`);
  };
  const watch = async (): Promise<void> => {
    send(await look());
    const timer = setInterval(() => void look().then(send), WATCH_EVERY_MS);
    socket.on("close", () => clearInterval(timer));
    if (socket.destroyed) clearInterval(timer);
  };
  const answer = async (text: string): Promise<void> => {
    const request = parseRequest(text);
    clearTimeout(deadline);
    if (request?.do === "watch") return watch();
    if (request === undefined) send({ error: "that is no request" });
    else send(request.do === "kick" ? { kicked: await kick(request.session) } : await look());
    socket.end();
    deadline = setTimeout(giveUp, LIMITS.statusRequestSeconds.value * 1000);
    if (socket.destroyed) clearTimeout(deadline);
  };
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\n");
    if (end < 0 && text.length <= LIMITS.statusRequestCharacters.value) return;
    socket.removeAllListeners("data");
    socket.resume();
    void answer(text.slice(0, end));
  });
}
