/**
 * What servers count, as Prometheus reads it.
 *
 * @module
 */

import type { Registry } from "prom-client";
import {
  type ServerCounters,
  TRANSFER_DIRECTIONS,
  TRANSFER_RESULTS,
  type TransferDirection,
} from "./contracts/counters.ts";
import { createLagMeter, type LagMeter } from "./lag-meter.ts";

/** A server or a task. */
export interface Counted {
  /** What has happened so far, as plain figures. */
  counters(): ServerCounters;
}

/** Where the figures go. */
export interface MetricsOptions {
  /** Where the metrics are put beside those of the program. Default: a registry of their own. */
  readonly registry?: Registry;
  /** How late the event loop was at most since it was last asked for, in seconds. Default: that of this thread. */
  readonly lagSeconds?: () => number;
}

/** The figures, as Prometheus wants them. The page "Metrics" names each. */
export interface Metrics {
  /** Where the metrics are, with those of the program when its registry was given. */
  readonly registry: Registry;
  /** The value of the `Content-Type` header. */
  readonly contentType: string;
  /** What Prometheus is answered. */
  text(): Promise<string>;
  /** Takes the metrics out of the registry, and measures the event loop no longer. */
  close(): void;
}

const NAMES = {
  listening: "porthole_listening",
  ftpSessions: "porthole_ftp_sessions",
  telnetSessions: "porthole_telnet_sessions",
  ftpConnections: "porthole_ftp_connections_total",
  telnetConnections: "porthole_telnet_connections_total",
  ftpLogins: "porthole_ftp_logins_total",
  telnetLogins: "porthole_telnet_logins_total",
  ftpLockOuts: "porthole_ftp_lockouts_total",
  telnetLockOuts: "porthole_telnet_lockouts_total",
  commands: "porthole_ftp_commands_total",
  transfers: "porthole_ftp_transfers_total",
  bytes: "porthole_ftp_transfer_bytes_total",
  accelerated: "porthole_ftp_accelerated",
  lag: "porthole_event_loop_lag_seconds",
} as const;

/**
 * Gives the figures of servers to Prometheus. Each look at them reads what is now; nothing is measured in between but
 * the event loop.
 *
 * @param servers - by the name that becomes the label `server`; a `Network` is one.
 * @example
 * import { createServer } from "node:http";
 * import { metrics, network } from "porthole";
 *
 * const { contentType, text } = await metrics(network);
 * createServer(async (_, response) => {
 *   response.setHeader("Content-Type", contentType).end(await text());
 * }).listen(9464, "127.0.0.1");
 */
export async function metrics<Servers extends { readonly [Name in keyof Servers]: Counted }>(
  servers: Servers,
  options: MetricsOptions = {},
): Promise<Metrics> {
  const { default: prom } = await import("prom-client"); // only who wants metrics waits for it
  const registry = options.registry ?? new prom.Registry();
  let meter: LagMeter | undefined;
  if (options.lagSeconds === undefined) meter = createLagMeter();
  const lagSeconds = options.lagSeconds ?? (() => meter?.take() ?? 0);

  type Sample = readonly [labels: Record<string, string>, value: number];
  const look = (service: ServerCounters["service"] | undefined, samples: (counters: ServerCounters) => Sample[]) =>
    Object.entries<Counted>(servers).flatMap(([server, counted]) => {
      const counters = counted.counters();
      if (service !== undefined && counters.service !== service) return [];
      return samples(counters).map(([labels, value]): Sample => [{ server, ...labels }, value]);
    });
  const gauge = (name: string, help: string, samples: () => Sample[]): void => {
    const labelNames = name === NAMES.lag ? [] : ["server"];
    new prom.Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.set(labels, value);
      },
    });
  };
  const counter = (name: string, help: string, labelNames: readonly string[], samples: () => Sample[]): void => {
    new prom.Counter({
      name,
      help,
      labelNames: ["server", ...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.inc(labels, value);
      },
    });
  };
  const one = (value: number | boolean): Sample[] => [[{}, Number(value)]];
  const logins = ({ logins, failedLogins }: ServerCounters): Sample[] => [
    [{ result: "accepted" }, logins],
    [{ result: "denied" }, failedLogins],
  ];
  const connections = ({ connections, refused }: ServerCounters): Sample[] => [
    [{ result: "accepted" }, connections],
    [{ result: "refused" }, refused],
  ];
  const perDirection = (samples: (direction: TransferDirection) => Sample[]): Sample[] =>
    TRANSFER_DIRECTIONS.flatMap((direction) =>
      samples(direction).map(([labels, value]): Sample => [{ direction, ...labels }, value]),
    );

  gauge(NAMES.listening, "1 while the server takes connections.", () =>
    look(undefined, ({ listening }) => one(listening)),
  );
  gauge(NAMES.ftpSessions, "FTP connections now.", () => look("ftp", ({ sessions }) => one(sessions)));
  gauge(NAMES.telnetSessions, "Telnet connections now.", () => look("telnet", ({ sessions }) => one(sessions)));
  counter(NAMES.ftpConnections, "FTP connections that came.", ["result"], () => look("ftp", connections));
  counter(NAMES.telnetConnections, "Telnet connections that came.", ["result"], () => look("telnet", connections));
  counter(NAMES.ftpLogins, "FTP logins.", ["result"], () => look("ftp", logins));
  counter(NAMES.telnetLogins, "Telnet logins.", ["result"], () => look("telnet", logins));
  counter(NAMES.ftpLockOuts, "Addresses locked out of FTP for guessing.", [], () =>
    look("ftp", ({ lockOuts }) => one(lockOuts)),
  );
  counter(NAMES.telnetLockOuts, "Addresses locked out of Telnet for guessing.", [], () =>
    look("telnet", ({ lockOuts }) => one(lockOuts)),
  );
  counter(NAMES.commands, "FTP commands.", [], () => look("ftp", ({ commands }) => one(commands)));
  counter(NAMES.transfers, "FTP transfers that ended.", ["direction", "result"], () =>
    look("ftp", ({ transfers }) =>
      perDirection((direction) => TRANSFER_RESULTS.map((result): Sample => [{ result }, transfers[direction][result]])),
    ),
  );
  counter(NAMES.bytes, "Bytes of FTP transfers.", ["direction"], () =>
    look("ftp", ({ transferBytes }) => perDirection((direction) => one(transferBytes[direction]))),
  );
  gauge(NAMES.accelerated, "1 while downloads go through system calls that Node has no name for.", () =>
    look("ftp", ({ accelerated }) => one(accelerated)),
  );
  gauge(NAMES.lag, "How late the program's event loop was at most since the last look.", () => one(lagSeconds()));

  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    close() {
      meter?.close();
      for (const name of Object.values(NAMES)) registry.removeSingleMetric(name);
    },
  };
}
