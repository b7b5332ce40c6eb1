/**
 * Memory in which the program's thread shows that its event loop turns, and how late it was at most.
 *
 * @module
 */

import { createLagMeter } from "../../lag-meter.ts";

const EVERY_MS = 1_000;
const Place = { LAST_MS: 0, LATE_SECONDS: 1 } as const;
const PLACES = 2;

export function createBeat(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(PLACES * Float64Array.BYTES_PER_ELEMENT);
  new Float64Array(buffer)[Place.LAST_MS] = Date.now();
  return buffer;
}

/**
 * Program's side: shows it once a second, without keeping the program alive.
 *
 * @param withLag - measure how late the event loop is, too.
 * @returns what ends it.
 */
export function startBeat(buffer: SharedArrayBuffer, withLag: boolean): () => void {
  const row = new Float64Array(buffer);
  const meter = withLag ? createLagMeter() : undefined;
  const timer = setInterval(() => {
    row[Place.LAST_MS] = Date.now();
    row[Place.LATE_SECONDS] = Math.max(row[Place.LATE_SECONDS] ?? 0, meter?.take() ?? 0);
  }, EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    meter?.close();
  };
}

/** The other side: for how long the event loop has shown nothing, in milliseconds. */
export function silentMs(buffer: SharedArrayBuffer): number {
  return Math.max(0, Date.now() - (new Float64Array(buffer)[Place.LAST_MS] ?? 0));
}

/** The other side: how late it was at most since this was last called, also when it stands still now. */
export function takeLagSeconds(buffer: SharedArrayBuffer): number {
  const row = new Float64Array(buffer);
  const lateSeconds = row[Place.LATE_SECONDS] ?? 0;
  row[Place.LATE_SECONDS] = 0;
  // A timer that is a little late is not yet news.
  const lateNowMs = silentMs(buffer) - EVERY_MS;
  return Math.max(lateSeconds, lateNowMs > EVERY_MS / 4 ? lateNowMs / 1000 : 0);
}
