/**
 * A Telnet server on a free port of this machine, for tests of clients: Porthole's own, or one that says what the test
 * wants.
 *
 * @module
 */

import type { TelnetServerEvent } from "../contracts/events.ts";
import type { ReplHost } from "../contracts/repl.ts";
import type { TelnetServerOptions } from "../servers/telnet/options.ts";
import { createTelnetServer } from "../servers/telnet/server.ts";
import type { TelnetServer } from "../servers/telnet/telnet-server.ts";
import { createAnswerRepl, type LineAnswer } from "./answer-repl.ts";
import { type Dialogue, startDialogue } from "./dialogue.ts";
import { type EventLog, logEvents } from "./event-log.ts";
import { Transcript } from "./transcript.ts";

/** Everything that `createTelnetServer` takes, and answers for users. */
export interface TestTelnetOptions extends Omit<TelnetServerOptions, "host" | "port"> {
  /** Where users sit. Default: at one that gives `answers`. */
  readonly repl?: ReplHost;
  /** What lines are answered with; `exit` leaves. Default none. */
  readonly answers?: Readonly<Record<string, LineAnswer>>;
  /** Default `>>> `. */
  readonly prompt?: string;
  /** A loopback address. Default `127.0.0.1`. */
  readonly host?: string;
}

/** The test speaks for the server: its own prompts, delays and faults. */
export interface TestTelnetDialogue {
  /** What it says to each client. */
  readonly dialogue: Dialogue;
  /** Sends back what is typed. Default true. */
  readonly echo?: boolean;
  /** A loopback address. Default `127.0.0.1`. */
  readonly host?: string;
}

/** A real server on a free port of this machine. Disposing of it (`await using`) is `close()`. */
export interface TestTelnetServer extends AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  /** A free port. */
  readonly port: number;
  /** Lines that came; what the server said too when a dialogue speaks for it. */
  readonly transcript: Transcript;
  /** Porthole's server; undefined when a dialogue speaks for it. */
  readonly server: TelnetServer | undefined;
  /** What the server told; nothing when a dialogue speaks for it. */
  readonly events: EventLog<TelnetServerEvent>;
  /** Closes it at once, whoever is connected. Rejects with the first failure of a dialogue. */
  close(): Promise<void>;
}

/** Starts a server of which nothing is left after `close()`. */
export async function startTestTelnetServer(
  options: TestTelnetOptions | TestTelnetDialogue = {},
): Promise<TestTelnetServer> {
  if ("dialogue" in options) {
    const { dialogue, ...rest } = options;
    const scripted = await startDialogue(dialogue, rest);
    return { ...scripted, server: undefined, events: logEvents<TelnetServerEvent>(() => {}) };
  }
  const { repl, answers = {}, prompt = ">>> ", host = "127.0.0.1", ...rest } = options;
  const transcript = new Transcript();
  const onLine = (line: string): void => transcript.add(1, "client", line);
  const server = createTelnetServer({ ...rest, repl: repl ?? createAnswerRepl({ prompt, answers, onLine }) });
  const events = logEvents<TelnetServerEvent>(server.on);
  const { port } = await server.listen({ host, port: 0 });
  const close = async (): Promise<void> => {
    await server.close();
  };
  return { host, port, transcript, server, events, close, [Symbol.asyncDispose]: close };
}

/** @inline */
type Use<Result> = (server: TestTelnetServer) => Promise<Result>;

/**
 * Runs `use` with a server and closes the server afterwards, whatever happens.
 *
 * @example
 * import { Telnet } from "telnet-client";
 * import { shell, withTelnetServer } from "porthole/testing";
 *
 * await withTelnetServer({ dialogue: shell({ answers: { uptime: "up 3 days" } }) }, async ({ port }) => {
 *   const client = new Telnet();
 *   await client.connect({ port, shellPrompt: "$ ", negotiationMandatory: false });
 * });
 */
export async function withTelnetServer<Result>(use: Use<Result>): Promise<Result>;
export async function withTelnetServer<Result>(
  options: TestTelnetOptions | TestTelnetDialogue,
  use: Use<Result>,
): Promise<Result>;
export async function withTelnetServer<Result>(
  ...given: [Use<Result>] | [TestTelnetOptions | TestTelnetDialogue, Use<Result>]
): Promise<Result> {
  const [options, use] = given.length === 1 ? [{}, given[0]] : given;
  const server = await startTestTelnetServer(options);
  let result: Result;
  try {
    result = await use(server);
  } catch (error) {
    // What the test says went wrong comes first.
    await server.close().catch(() => {});
    throw error;
  }
  await server.close();
  return result;
}
