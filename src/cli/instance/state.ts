/**
 * What a running command is doing, made of what its servers tell.
 *
 * @module
 */

import { FTP_STATES, TELNET_STATES } from "../../contracts/task.ts";
import type { NetworkEvent } from "../../network.ts";

export interface SessionState {
  /** `ftp/3`: what `porthole kick` takes. */
  readonly session: string;
  /** Undefined before a right login. */
  readonly user: string | undefined;
  readonly address: string;
  readonly port: number;
  readonly sinceMs: number;
  readonly doing: "login" | "idle" | "at the prompt" | "watching" | "transfer";
  readonly transfer?: {
    readonly kind: "retrieve" | "store" | "append" | "listing";
    readonly path: string;
    readonly bytes: number;
    readonly totalBytes?: number;
    readonly seconds: number;
  };
}

export interface ServerState {
  readonly service: "telnet" | "ftp";
  /** The device's text: `Listen`, `Ready`. */
  readonly state: string;
  readonly addresses: readonly string[];
}

export interface InstanceState {
  readonly pid: number;
  readonly version: string;
  /** `serve /srv/files`. */
  readonly what: string;
  readonly sinceMs: number;
  readonly nowMs: number;
  /** For how long the program's event loop has not turned; undefined: it turns. */
  readonly busyMs?: number;
  readonly servers: readonly ServerState[];
  readonly sessions: readonly SessionState[];
}

/** Keeps the sessions of one command. */
export class SessionBook {
  readonly #sessions: Map<string, SessionState> = new Map();

  get all(): readonly SessionState[] {
    return [...this.#sessions.values()];
  }

  take(event: NetworkEvent, nowMs: number): void {
    if (event.type === "closed") {
      for (const key of this.#sessions.keys()) if (key.startsWith(event.service)) this.#sessions.delete(key);
      return;
    }
    if (!("sessionId" in event)) return;
    const session = `${event.service}/${event.sessionId}`;
    const before = this.#sessions.get(session);
    const { address, port } = event;
    const base = before ?? { session, user: undefined, address, port, sinceMs: nowMs, doing: "login" as const };
    const { transfer: _over, ...still } = base;
    switch (event.type) {
      case "left":
      case "refused":
        this.#sessions.delete(session);
        return;
      case "logged-in":
        this.#set({ ...still, user: event.user, doing: event.service === "ftp" ? "idle" : "at the prompt" });
        return;
      case "watching":
        this.#set({ ...still, user: event.user, doing: "watching" });
        return;
      case "transfer-start":
      case "transfer-progress": {
        // A transfer's news may come after its end when many were waiting.
        if (before === undefined) return;
        const { kind, path, bytes, totalBytes, seconds } = event;
        const transfer = { kind, path, bytes, seconds, ...(totalBytes === undefined ? {} : { totalBytes }) };
        this.#set({ ...base, doing: "transfer", transfer });
        return;
      }
      case "transfer-end":
        if (before !== undefined) this.#set({ ...still, doing: "idle" });
        return;
      case "connected":
        this.#set(base);
        return;
      default:
    }
  }

  #set(state: SessionState): void {
    this.#sessions.set(state.session, state);
  }
}

/** A server in the device's words; undefined when it does not run. */
export function serverState(
  service: "telnet" | "ftp",
  state: number,
  addresses: readonly string[],
): ServerState | undefined {
  const texts: Readonly<Record<number, string>> = service === "telnet" ? TELNET_STATES : FTP_STATES;
  return state === -1 ? undefined : { service, state: texts[state] ?? "", addresses };
}
