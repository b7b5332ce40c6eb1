/**
 * The names that unfinished uploads have on disk.
 *
 * @module
 */

import { createHash, randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who writes an unfinished upload. */
export interface UploadOwner {
  /** Tells machines and containers apart whose process numbers say nothing here. */
  readonly host: string;
  readonly pid: number;
}

const PATTERN = /^\.porthole-([0-9a-f]{8})-([0-9]{1,10})-[0-9a-f]{16}\.part$/i;

let thisHost: string | undefined;
/** This thread's own, so that a name costs no random numbers. */
const thread = randomBytes(4).toString("hex");
let count = 0;

/** A new name, never used before. */
export function createUploadName(): string {
  count = (count + 1) >>> 0;
  return `.porthole-${hostTag()}-${process.pid}-${thread}${count.toString(16).padStart(8, "0")}.part`;
}

/** True for a name that only an unfinished upload has; also in other case, for file systems that don't tell. */
export function isUploadName(name: string): boolean {
  return name.startsWith(".") && PATTERN.test(name);
}

export function uploadOwner(name: string): UploadOwner | undefined {
  const found = PATTERN.exec(name);
  return found === null ? undefined : { host: (found[1] ?? "").toLowerCase(), pid: Number(found[2]) };
}

export function hostTag(): string {
  thisHost ??= createHash("sha256").update(`${hostname()}\n${processNamespace()}`).digest("hex").slice(0, 8);
  return thisHost;
}

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
