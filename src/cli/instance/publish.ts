/**
 * Lets `porthole status`, `porthole kick` and Prometheus ask this process. A thread of its own answers them, so that they
 * are answered also while the program is busy.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Network } from "../../network.ts";
import { watchTask } from "../../tasks/watch.ts";
import type { Log } from "../log.ts";
import { VERSION } from "../version.ts";
import { createBeat, startBeat } from "./beat.ts";
import type { InstanceOrder, InstanceReport, InstanceThreadData } from "./messages.ts";
import {
  type AskedPlaces,
  type MetricsPlace,
  type OpenedPorts,
  socketPlace,
  tellOpened,
  warnOfSocket,
} from "./ports.ts";

export interface Instance {
  /**
   * Begins to answer.
   *
   * @throws CommandFailure when the metrics, which somebody asked for, can't be had. What is against `porthole status`
   * is only logged.
   */
  publish(log: Log): Promise<void>;
  close(): void;
}

export interface InstanceOptions {
  /** The command and what it serves: `serve /srv/files`. */
  readonly what: string;
  /** Nothing of it must have been started yet. */
  readonly network: Network;
  /** Default: no metrics. */
  readonly metrics?: MetricsPlace | undefined;
}

export function createInstance({ what, network, metrics }: InstanceOptions): Instance {
  const beat = createBeat();
  const data: InstanceThreadData = { what, version: VERSION, sinceMs: Date.now(), beat };
  const worker = new Worker(new URL("./instance-entry.js", import.meta.url), {
    name: "porthole-status",
    workerData: data,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  let opened: (ports: OpenedPorts) => void = () => {};
  let failed: (error: Error) => void = () => {};
  worker.on("message", (report: InstanceReport) => {
    if (report.type === "opened") opened(report.opened);
    else order({ type: "pong" });
  });
  worker.on("error", (error: Error) => failed(error));
  worker.unref();
  const order = (message: InstanceOrder): void => worker.postMessage(message);
  for (const service of ["telnet", "ftp"] as const) {
    watchTask(network[service], ({ control, counters, port }) =>
      worker.postMessage({ type: "run", service, control, counters, port } satisfies InstanceOrder, [port]),
    );
  }

  let stopBeat: () => void = () => {};
  let path: string | undefined;
  const close = (): void => {
    process.off("exit", close);
    stopBeat();
    void worker.terminate();
    if (path !== undefined) rmSync(path, { force: true });
    path = undefined;
  };

  return {
    async publish(log) {
      path = socketPlace(log);
      process.on("exit", close);
      stopBeat = startBeat(beat, metrics !== undefined);
      const places: AskedPlaces = { socket: path, metrics };
      const ports = await new Promise<OpenedPorts>((resolve) => {
        opened = resolve;
        failed = ({ message }) => resolve({ metrics: undefined, socketFailure: message, metricsFailure: message });
        worker.ref(); // nothing else may keep the program alive while it waits
        order({ type: "open", places });
      });
      worker.unref();
      failed = (error) => warnOfSocket(log, error.message);
      tellOpened(ports, places, log);
    },
    close,
  };
}
