/**
 * Where a running command is asked: the socket of `porthole status`, and the port of Prometheus.
 *
 * @module
 */

import type { ServerCounters } from "../../contracts/counters.ts";
import type { Counted } from "../../metrics.ts";
import { CommandFailure } from "../failure.ts";
import type { Log } from "../log.ts";
import { hostPort } from "../readable.ts";
import type { MetricsPlace } from "./metrics-port.ts";
import { instanceDirectory, openInstanceDirectory, socketPath } from "./place.ts";
import { openStatusSocket, type StatusAnswers } from "./status-socket.ts";

export type { MetricsPlace } from "./metrics-port.ts";

export interface AskedPlaces {
  /** Undefined: nobody can ask how it is. */
  readonly socket: string | undefined;
  /** Undefined: there are no metrics. */
  readonly metrics: MetricsPlace | undefined;
}

/** What became of it. */
export interface OpenedPorts {
  readonly metrics: MetricsPlace | undefined;
  readonly socketFailure: string | undefined;
  readonly metricsFailure: string | undefined;
}

export interface PortSources {
  readonly answers: StatusAnswers;
  readonly counted: Readonly<Record<string, () => ServerCounters>>;
  /** Default: that of this thread. */
  readonly lagSeconds?: () => number;
}

/** Opens what is asked for. Never rejects. */
export async function openPorts(places: AskedPlaces, sources: PortSources): Promise<OpenedPorts> {
  const { answers, counted, lagSeconds } = sources;
  let socketFailure: string | undefined;
  let metricsFailure: string | undefined;
  let bound: MetricsPlace | undefined;
  try {
    if (places.socket !== undefined) await openStatusSocket(places.socket, answers);
  } catch (error) {
    socketFailure = messageOf(error);
  }
  try {
    if (places.metrics !== undefined) {
      const { metrics } = await import("../../metrics.ts");
      const { openMetricsPort } = await import("./metrics-port.ts");
      const servers: Record<string, Counted> = {};
      for (const [name, counters] of Object.entries(counted)) servers[name] = { counters };
      const given = await metrics(servers, lagSeconds === undefined ? {} : { lagSeconds });
      bound = await openMetricsPort(places.metrics, given);
    }
  } catch (error) {
    metricsFailure = messageOf(error);
  }
  return { metrics: bound, socketFailure, metricsFailure };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Where the socket comes, in a directory that is this user's own. Undefined on Windows, and where that can't be: `log` is told. */
export function socketPlace(log: Log): string | undefined {
  const directory = instanceDirectory();
  if (directory === undefined) return undefined;
  try {
    openInstanceDirectory(directory);
    const path = socketPath(directory, process.pid);
    if (path === undefined) throw new Error(`the name of ${directory} is too long for a socket in it`);
    return path;
  } catch (error) {
    warnOfSocket(log, messageOf(error));
    return undefined;
  }
}

export function warnOfSocket(log: Log, reason: string): void {
  log.tell("warn", `porthole status cannot ask this process: ${reason}`);
}

/**
 * Tells the log what was opened.
 *
 * @throws CommandFailure when there are no metrics although somebody asked for them.
 */
export function tellOpened(opened: OpenedPorts, asked: AskedPlaces, log: Log): void {
  if (opened.socketFailure !== undefined && asked.socket !== undefined) warnOfSocket(log, opened.socketFailure);
  if (asked.metrics === undefined) return;
  if (opened.metrics === undefined) {
    throw new CommandFailure(`cannot give metrics: ${opened.metricsFailure}; pass another --metrics`);
  }
  const { host, port } = opened.metrics;
  const url = `http://${hostPort(host, port)}/metrics`;
  log.tell("info", `metrics: at ${url}`, { event: "listening", service: "metrics", host, port });
}
