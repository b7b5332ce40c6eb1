/**
 * The thread that answers `porthole status` and Prometheus. It looks at the memory of the tasks' threads and is told
 * their events, so that it needs nothing of the program, which may be busy.
 *
 * @module
 */

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { readCounters, type ServerCounters } from "../../contracts/counters.ts";
import type { NetworkEvent } from "../../network.ts";
import { ControlBlock } from "../../tasks/control-block.ts";
import { createStatusReader } from "../../tasks/status-cache.ts";
import type { WatcherMessage, WatcherOrder } from "../../tasks/task-thread.ts";
import { silentMs, takeLagSeconds } from "./beat.ts";
import type { InstanceOrder, InstanceReport, InstanceThreadData } from "./messages.ts";
import { type AskedPlaces, openPorts } from "./ports.ts";
import { parseSession } from "./request.ts";
import { type InstanceState, type ServerState, SessionBook, serverState } from "./state.ts";

/** How long the program's event loop may take for a turn before the program counts as busy. */
const FREE_MS = 250;
const KICK_MS = 2_000;
const NOT_STARTED = -1;

type Service = "telnet" | "ftp";

/** A task as its newest thread shows it. */
class Watched {
  readonly book = new SessionBook();
  readonly #service: Service;
  readonly #port: MessagePort;
  readonly #counters: Float64Array;
  readonly #read: () => ServerState | undefined;
  readonly #waiting = new Map<number, (kicked: boolean) => void>();

  constructor(order: Extract<InstanceOrder, { type: "run" }>) {
    const { service, port } = order;
    this.#service = service;
    this.#port = port;
    this.#counters = new Float64Array(order.counters);
    const block = new ControlBlock(order.control);
    const reader = createStatusReader((state, _, addresses) => serverState(service, state, addresses));
    this.#read = () => reader(block, NOT_STARTED);
    port.on("message", (message: WatcherMessage) => {
      if (message.type === "kicked") this.#waiting.get(message.sessionId)?.(message.kicked);
      else this.book.take({ service, ...(message.event as object) } as NetworkEvent, Date.now());
    });
  }

  get state(): ServerState | undefined {
    return this.#read();
  }

  counters(): ServerCounters {
    return readCounters(this.#service, this.#counters);
  }

  kick(sessionId: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), KICK_MS);
      this.#waiting.set(sessionId, (kicked) => {
        this.#waiting.delete(sessionId);
        clearTimeout(timer);
        resolve(kicked);
      });
      this.#port.postMessage({ sessionId } satisfies WatcherOrder);
    });
  }

  close(): void {
    this.#port.close();
  }
}

if (parentPort === null) throw new Error("bug: the instance's entry was loaded in the main thread");
const program = parentPort;
const { what, version, sinceMs, beat } = workerData as InstanceThreadData;
const tasks = new Map<Service, Watched>();
const report = (message: InstanceReport): void => program.postMessage(message);

/** Settles when the program has answered a ping that may have been on its way already. */
let ponged: Promise<void> | undefined;
let pong: () => void = () => {};

function ping(): Promise<void> {
  ponged ??= new Promise<void>((resolve) => {
    pong = () => {
      ponged = undefined;
      resolve();
    };
    report({ type: "ping" });
  });
  return ponged;
}

/** How long the program has been busy, in milliseconds; undefined: it is not. */
async function busyMs(): Promise<number | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<true>((resolve) => {
    timer = setTimeout(resolve, FREE_MS, true);
  });
  const busy = await Promise.race([ping(), late]);
  clearTimeout(timer);
  return busy === true ? Math.max(FREE_MS, silentMs(beat)) : undefined;
}

async function look(): Promise<InstanceState> {
  const busy = await busyMs();
  const running = [...tasks.values()].filter(({ state }) => state !== undefined);
  return {
    pid: process.pid,
    version,
    what,
    sinceMs,
    nowMs: Date.now(),
    ...(busy === undefined ? {} : { busyMs: busy }),
    servers: running.flatMap(({ state }) => state ?? []),
    sessions: running.flatMap(({ book }) => book.all),
  };
}

async function kick(session: string): Promise<boolean> {
  const parsed = parseSession(session);
  if (parsed === undefined) return false;
  const task = tasks.get(parsed.service);
  return task?.state === undefined ? false : task.kick(parsed.id);
}

/** What a task has counted that never ran: nothing. */
const countersOf = (service: Service) => () =>
  tasks.get(service)?.counters() ?? readCounters(service, new Float64Array());

async function open(places: AskedPlaces): Promise<void> {
  const counted = { telnet: countersOf("telnet"), ftp: countersOf("ftp") };
  const opened = await openPorts(places, {
    answers: { look, kick },
    counted,
    lagSeconds: () => takeLagSeconds(beat),
  });
  report({ type: "opened", opened });
}

program.on("message", (order: InstanceOrder) => {
  switch (order.type) {
    case "run":
      tasks.get(order.service)?.close();
      tasks.set(order.service, new Watched(order));
      break;
    case "open":
      void open(order.places);
      break;
    case "pong":
      pong();
      break;
  }
});
