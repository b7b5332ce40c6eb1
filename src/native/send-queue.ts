/**
 * What the system still holds of what was sent on a connection: Node learns of a slow client's progress only when a third
 * of megabytes has left. Linux tells it in a table of all connections (proc(5), /proc/net/tcp).
 *
 * @module
 */

import { fstatSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** So long one look at the table serves all who ask. */
const FRESH_MS = 200;

/** Columns of a line. */
const QUEUES = 4;
const INODE = 9;

const tables = new Map<string, { readonly atMs: number; readonly bytes: Promise<ReadonlyMap<number, number>> }>();

/**
 * Bytes that the peer has not acknowledged yet; 0 where nobody can tell. Never rejects.
 *
 * @param descriptor - The socket's.
 */
export async function unacknowledgedBytes(
  socket: { readonly localAddress?: string | undefined },
  descriptor: number,
): Promise<number> {
  if (process.platform !== "linux") return 0;
  try {
    const inode = fstatSync(descriptor).ino;
    const table = socket.localAddress?.includes(":") === true ? "/proc/net/tcp6" : "/proc/net/tcp";
    return (await look(table)).get(inode) ?? 0;
  } catch {
    return 0;
  }
}

function look(table: string): Promise<ReadonlyMap<number, number>> {
  const atMs = performance.now();
  const last = tables.get(table);
  if (last !== undefined && atMs - last.atMs < FRESH_MS) return last.bytes;
  const bytes = readFile(table, "latin1").then(parse);
  tables.set(table, { atMs, bytes });
  return bytes;
}

function parse(text: string): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const line of text.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    const sending = Number.parseInt(columns[QUEUES] ?? "", 16);
    if (sending > 0) found.set(Number(columns[INODE]), sending);
  }
  return found;
}
