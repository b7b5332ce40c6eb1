/**
 * Lets `porthole status`, `porthole kick` and Prometheus ask a command whose server is in this thread, which is never
 * busy.
 *
 * @module
 */

import { rmSync } from "node:fs";
import type { FtpServer } from "../../servers/ftp/ftp-server.ts";
import type { FtpSessionInfo } from "../../servers/ftp/session-host.ts";
import type { Log } from "../log.ts";
import { VERSION } from "../version.ts";
import { type AskedPlaces, type MetricsPlace, openPorts, socketPlace, tellOpened } from "./ports.ts";
import { parseSession } from "./request.ts";
import { type InstanceState, type SessionState, serverState } from "./state.ts";

export interface OwnInstance {
  /** How it is now. */
  look(): InstanceState;
  /**
   * Begins to answer.
   *
   * @throws CommandFailure when the metrics, which somebody asked for, can't be had.
   */
  publish(metrics: MetricsPlace | undefined, log: Log): Promise<void>;
  close(): void;
}

/** @param what - the command and what it serves: `serve /srv/files`. */
export function createOwnInstance(what: string, server: FtpServer): OwnInstance {
  const sinceMs = Date.now();
  let socket: string | undefined;
  const close = (): void => {
    process.off("exit", close);
    if (socket !== undefined) rmSync(socket, { force: true });
    socket = undefined;
  };
  const look = (): InstanceState => {
    const found = serverState("ftp", server.state, server.addresses);
    const servers = found === undefined ? [] : [found];
    const nowMs = Date.now();
    const sessions = server.sessions().map((session) => sessionState(session, nowMs));
    return { pid: process.pid, version: VERSION, what, sinceMs, nowMs, servers, sessions };
  };
  const kick = async (session: string): Promise<boolean> => {
    const parsed = parseSession(session);
    return parsed?.service === "ftp" && server.kick(parsed.id);
  };
  return {
    look,
    async publish(metrics, log) {
      socket = socketPlace(log);
      process.on("exit", close);
      const asked: AskedPlaces = { socket, metrics };
      const answers = { look: async () => look(), kick };
      tellOpened(await openPorts(asked, { answers, counted: { ftp: () => server.counters() } }), asked, log);
    },
    close,
  };
}

function sessionState(
  { sessionId, address, port, user, seconds, transfer }: FtpSessionInfo,
  nowMs: number,
): SessionState {
  const sinceMs = nowMs - Math.round(seconds * 1000);
  const base = { session: `ftp/${sessionId}`, user, address, port, sinceMs };
  if (transfer === undefined) return { ...base, doing: user === undefined ? "login" : "idle" };
  const { kind, path, bytes, totalBytes, seconds: transferSeconds } = transfer;
  const told = { kind, path, bytes, ...(totalBytes === undefined ? {} : { totalBytes }), seconds: transferSeconds };
  return { ...base, doing: "transfer", transfer: told };
}
