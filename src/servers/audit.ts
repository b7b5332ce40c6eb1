/**
 * The audit trail: every event as a line of JSON, and transfers as lines of an xferlog.
 *
 * @module
 */

import type { FtpServerEvent, TelnetServerEvent } from "../contracts/events.ts";
import { LogFile } from "../owner-files/log-file.ts";
import { formatXferlog } from "../protocol/text/xferlog.ts";

type ServerEvent = FtpServerEvent | TelnetServerEvent;

export interface AuditOptions {
  readonly service: "telnet" | "ftp";
  /** Undefined: none is kept. */
  readonly auditLog: string | undefined;
  readonly xferlog?: string | undefined;
  readonly onTrouble: (message: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Audit {
  add(event: ServerEvent): void;
  /** Settles when all lines are written. */
  close(): Promise<void>;
}

/** Opens the files. Rejects with `PORTHOLE_ERR_ARGUMENT` when one can't be written. */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  const { service, auditLog, xferlog, onTrouble, now } = options;
  const open = (path: string | undefined) =>
    path === undefined ? Promise.resolve(undefined) : LogFile.open(path, { onTrouble });
  const trail = await open(auditLog);
  const transfers = await open(xferlog).catch(async (error: unknown) => {
    await trail?.close();
    throw error;
  });
  return {
    add(event) {
      if (event.type === "transfer-progress") return;
      trail?.write(`${JSON.stringify({ time: new Date(now()).toISOString(), service, ...event })}\n`);
      if (transfers === undefined || event.type !== "transfer-end" || event.kind === "listing") return;
      const { seconds, address, bytes, path, ascii, user, kind, result } = event;
      const line = formatXferlog({
        endMs: now(),
        seconds,
        address,
        bytes,
        path,
        ascii,
        direction: kind === "retrieve" ? "out" : "in",
        anonymous: user === "anonymous",
        user,
        complete: result === "complete",
      });
      transfers.write(`${line}\n`);
    },
    async close() {
      await trail?.close();
      await transfers?.close();
    },
  };
}
