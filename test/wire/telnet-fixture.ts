/**
 * A Telnet server with a small REPL behind it, on a free port, for one test.
 *
 * @module
 */
import { onTestFinished } from "vitest";
import type { TelnetServerEvent } from "../../src/contracts/events.ts";
import { systemClock } from "../../src/servers/clock.ts";
import { parseTelnetServerOptions, type TelnetServerOptions } from "../../src/servers/telnet/options.ts";
import { createTelnetServerFrom } from "../../src/servers/telnet/server-core.ts";
import type { TelnetServer } from "../../src/servers/telnet/telnet-server.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createLineRepl, type LineRepl } from "./line-repl.ts";
import { connectRaw, type RawClient } from "./raw-client.ts";

export interface TelnetFixture {
  readonly server: TelnetServer;
  readonly repl: LineRepl;
  readonly port: number;
  readonly events: readonly TelnetServerEvent[];
  /** The types of the events so far. */
  readonly told: readonly string[];
  /** Stands still; only with `startTelnetStill`. */
  readonly clock: FakeClock;
  /** Waits for an event, also one that has been. */
  event<Type extends TelnetServerEvent["type"]>(
    type: Type,
    count?: number,
  ): Promise<Extract<TelnetServerEvent, { readonly type: Type }>>;
  connect(): Promise<RawClient>;
  /** Connects and logs in. */
  enter(): Promise<RawClient>;
}

/** Starts a server; the test's end closes it. */
export function startTelnet(options: TelnetServerOptions = {}): Promise<TelnetFixture> {
  return start(options, undefined);
}

/** The same on a clock that the test moves: nothing times out, and no failed login is forgiven, by itself. */
export function startTelnetStill(options: TelnetServerOptions = {}): Promise<TelnetFixture> {
  return start(options, createFakeClock());
}

async function start(options: TelnetServerOptions, clock: FakeClock | undefined): Promise<TelnetFixture> {
  const repl = createLineRepl();
  const settings = parseTelnetServerOptions("test", { port: 0, ...options });
  const server = createTelnetServerFrom(repl, settings, clock ?? systemClock);
  const events: TelnetServerEvent[] = [];
  const watchers = new Set<() => void>();
  server.on("*", (event) => {
    events.push(event);
    for (const look of [...watchers]) look();
  });
  const clients: RawClient[] = [];
  onTestFinished(async () => {
    for (const { socket } of clients) socket.destroy();
    await server.close();
  });
  const { port } = await server.listen();
  const connect = async () => {
    const client = await connectRaw(port, server.addresses[0]?.startsWith("[") ? "::1" : "127.0.0.1");
    clients.push(client);
    return client;
  };
  return {
    server,
    repl,
    port,
    events,
    get told() {
      return events.map(({ type }) => type);
    },
    get clock() {
      if (clock === undefined) throw new Error("this server has a real clock");
      return clock;
    },
    event(type, count = 1) {
      return new Promise((resolve, reject) => {
        const finish = () => {
          watchers.delete(look);
          clearTimeout(timer);
        };
        const look = () => {
          const found = events.filter((event) => event.type === type)[count - 1];
          if (found === undefined) return;
          finish();
          resolve(found as never);
        };
        const timer = setTimeout(() => {
          finish();
          reject(new Error(`no event ${type} (${count}) came: ${JSON.stringify(events)}`));
        }, 30_000);
        watchers.add(look);
        look();
      });
    },
    connect,
    async enter() {
      const client = await connect();
      await client.login();
      await client.until(">>> ");
      return client;
    },
  };
}
