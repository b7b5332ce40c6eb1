/**
 * What the program's thread and the thread that answers `porthole status` tell each other.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { AskedPlaces, OpenedPorts } from "./ports.ts";

export interface InstanceThreadData {
  /** `serve /srv/files`. */
  readonly what: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** See `beat.ts`. */
  readonly beat: SharedArrayBuffer;
}

/** What the thread is told. */
export type InstanceOrder =
  | {
      readonly type: "run";
      readonly service: "telnet" | "ftp";
      readonly control: SharedArrayBuffer;
      readonly counters: SharedArrayBuffer;
      readonly port: MessagePort;
    }
  | { readonly type: "open"; readonly places: AskedPlaces }
  | { readonly type: "pong" };

/** What the thread tells. */
export type InstanceReport =
  | { readonly type: "opened"; readonly opened: OpenedPorts }
  /** Is the event loop free? */
  | { readonly type: "ping" };
