/**
 * What the commands log, on stderr: lines for people, or one JSON line an event with `--json`.
 *
 * @module
 */

import type { Logger } from "pino";
import type { NetworkEvent } from "../network.ts";
import { hostPort, printable } from "./readable.ts";

type LineLevel = "error" | "warn" | "info" | "debug";
export type LogLevel = LineLevel | "silent";

/** An event of a server as the log has it: `{"event":"listening","service":"telnet","host":…,"port":…}`. */
export type LoggedEvent = NetworkEvent;

export interface Log {
  /** False: an event of this type is below the log's level. */
  isTold(type: LoggedEvent["type"]): boolean;
  event(event: LoggedEvent): void;
  tell(level: LineLevel, message: string, fields?: object): void;
}

interface LogSettings {
  readonly level: LogLevel;
  readonly json: boolean;
  /** Takes lines with their ends. Default: stderr, also while that is shown to a remote user. */
  readonly write?: (line: string) => void;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/** A log whose logger is loaded with the first line that there is to tell. */
export function createLog(settings: LogSettings): Log {
  const { level, json } = settings;
  const isTold = (itsLevel: LineLevel) => LEVELS.indexOf(itsLevel) >= LEVELS.indexOf(level);
  let logger: Logger | undefined;
  let loading: Promise<Logger> | undefined;
  function tell(itsLevel: LineLevel, fields: object, message: string | undefined): void {
    if (!isTold(itsLevel)) return;
    if (logger !== undefined) {
      logger[itsLevel](fields, message);
      return;
    }
    loading ??= load(settings);
    void loading.then((loaded) => {
      logger = loaded;
      loaded[itsLevel](fields, message);
    });
  }
  return {
    isTold: (type) => isTold(levelOf(type)),
    event(event) {
      if (!isTold(levelOf(event.type))) return;
      const { type, message, ...fields } = { message: undefined, ...event };
      tell(levelOf(event.type), { event: type, ...fields }, message ?? (json ? undefined : describe(event)));
    },
    tell: (itsLevel, message, fields = {}) => tell(itsLevel, fields, message),
  };
}

async function load({ level, json, write }: LogSettings): Promise<Logger> {
  const { pino } = await import("pino");
  const options = {
    level,
    base: null,
    messageKey: "message",
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Past process.stderr, which goes to a remote user while there is one.
  const stderr = write === undefined ? pino.destination({ dest: 2, sync: true }) : { write };
  return json
    ? pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, stderr)
    : pino(options, { write: (line: string) => void stderr.write(`${readable(JSON.parse(line))}\n`) });
}

function levelOf(type: LoggedEvent["type"]): LineLevel {
  switch (type) {
    case "error":
      return "error";
    case "login-failed":
    case "locked-out":
    case "refused":
      return "warn";
    case "transfer-progress":
    case "upload": // the end of its transfer is told too
    case "connected":
      return "debug";
    default:
      return "info";
  }
}

function readable(record: { time: number; level: string; message?: string }): string {
  const clock = new Date(record.time).toTimeString().slice(0, 8);
  const mark = record.level === "info" || record.level === "debug" ? "" : `${record.level}: `;
  return `${clock} ${mark}${printable(record.message ?? "")}`;
}

/** One line for people. */
function describe(event: LoggedEvent): string {
  const { service } = event;
  if (event.type === "error") return `${service}: ${event.message}`;
  if (event.type === "listening") return `${service}: listening on ${hostPort(event.host, event.port)}`;
  if (event.type === "protected") {
    return `${service}: the password is the one that everybody knows: only this machine is let in`;
  }
  if (event.type === "closed") return `${service}: closed`;
  if (event.type === "certificate") return `${service}: certificate with SHA-256 fingerprint ${event.fingerprint}`;
  const peer = hostPort(event.address, event.port);
  switch (event.type) {
    case "connected":
      return `${service}: ${peer} connected`;
    case "login-failed":
      return `${service}: ${peer} login failed (attempt ${event.attempt})`;
    case "locked-out":
      return `${service}: ${peer} is locked out for ${event.seconds} s`;
    case "logged-in":
      return `${service}: ${peer} logged in as ${event.user}`;
    case "watching":
      return `${service}: ${peer} watches as ${event.user}`;
    case "left":
      return `${service}: ${peer} left (${event.reason}) after ${event.seconds.toFixed(1)} s`;
    case "refused":
      return `${service}: ${peer} refused: ${event.reason}`;
    case "upload":
      return `${service}: ${peer} uploaded ${event.path}`;
    case "change":
      return `${service}: ${peer} ${event.change} ${event.path}${event.to === undefined ? "" : ` to ${event.to}`}`;
    case "transfer-end":
      return `${service}: ${peer} ${event.kind} ${event.path} ${event.result}, ${event.bytes} bytes in ${event.seconds.toFixed(1)} s`;
    default:
      return `${service}: ${peer} ${event.kind} ${event.path}, ${event.bytes} bytes`;
  }
}
