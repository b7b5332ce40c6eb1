/** The FTP engine with a client at its other end, for tests of what it says and asks for. */
import { expect } from "vitest";
import type { FtpAction } from "../../src/protocol/ftp/actions.ts";
import { createFtpEngine, type FtpEngine, type FtpEngineOptions } from "../../src/protocol/ftp/engine.ts";
import { playTalk } from "./ftp-transcript.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function start(options: Partial<FtpEngineOptions> = {}): FtpEngine {
  const engine = createFtpEngine({ peer: { address: "127.0.0.1", port: 40_000 }, nowMs: 0, ...options });
  engine.takeOutput();
  return engine;
}

export function said(engine: FtpEngine): string {
  return decoder.decode(engine.takeOutput());
}

export function send(engine: FtpEngine, text: string, nowMs = 0): readonly FtpAction[] {
  return engine.receive(encoder.encode(text), nowMs);
}

export function login(options: Partial<FtpEngineOptions> = {}): FtpEngine {
  const engine = start(options);
  const [action] = send(engine, "USER micro\r\nPASS python\r\n");
  const rights = new Set(["read", "write", "delete", "rename", "make-directory", "list"] as const);
  engine.settle({ id: idOf(action), ok: true, value: { type: "account", account: { user: "micro", rights } } }, 0);
  engine.takeOutput();
  return engine;
}

export function idOf(action: FtpAction | undefined): number {
  if (action === undefined || !("id" in action)) throw new Error("no action with an id");
  return action.id;
}

export function talk(text: string): void {
  expect(playTalk(text)).toBeUndefined();
}

export const PASSIVE = `
  C: PASV
  A: listen
  O: ok address 127.0.0.1 50000
  S: 227~`;
