/**
 * A real FTP server on a free port of this machine, for tests of clients.
 *
 * @module
 */

import { AssertionError, deepStrictEqual } from "node:assert";
import type { FtpServerEvent } from "../contracts/events.ts";
import type { Store } from "../contracts/store.ts";
import type { FtpServer } from "../servers/ftp/ftp-server.ts";
import { createFtpServer } from "../servers/ftp/server.ts";
import type { FtpServerOptions } from "../servers/ftp/settings.ts";
import { createMemoryStore } from "../stores/memory.ts";
import { type EventLog, logEvents } from "./event-log.ts";
import { type FtpFault, FtpFaults } from "./ftp-faults.ts";
import { relayFtp } from "./ftp-relay.ts";
import { Ground } from "./sockets.ts";
import { listNames, readFile, writeFile } from "./store-files.ts";
import { Transcript } from "./transcript.ts";

/** Everything that `createFtpServer` takes, files, and what is to go wrong. */
export interface TestFtpOptions extends Omit<FtpServerOptions, "store"> {
  /** Default: an empty one in memory. It stays open. */
  readonly store?: Store;
  /** What is there at the start, by path; directories are made. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What goes wrong, first come, first served. */
  readonly faults?: readonly FtpFault[];
  /** A loopback address. Default `127.0.0.1`. */
  readonly host?: string;
}

/** A real server on a free port of this machine. Disposing of it (`await using`) is `close()`. */
export interface TestFtpServer extends AsyncDisposable {
  /** Where it listens. */
  readonly host: string;
  /** A free port. */
  readonly port: number;
  /** Who can log in. Default `micro`. */
  readonly user: string;
  /** That user's password. Default `python`. */
  readonly password: string;
  /** `ftp://user:password@host:port/`. */
  readonly url: string;
  /** The server itself. */
  readonly server: FtpServer;
  /** Its files. */
  readonly store: Store;
  /** What client and server said on the control connections, until AUTH TLS. */
  readonly transcript: Transcript;
  /** What the server told. */
  readonly events: EventLog<FtpServerEvent>;
  /** One more thing that goes wrong. */
  fault(fault: FtpFault): void;
  /** From now on all goes well. */
  clearFaults(): void;
  /** Puts a file there, and the directories above it. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** A file's bytes; undefined when it is not there. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Names in a directory, sorted; a directory's ends in `/`. */
  list(path?: string): Promise<string[]>;
  /** Rejects with an `AssertionError` unless the file is there with this content. */
  assertFile(path: string, content: string | Uint8Array): Promise<void>;
  /** Closes it at once, whoever is connected. */
  close(): Promise<void>;
}

/** Starts a server of which nothing is left after `close()`. */
export async function startTestFtpServer(options: TestFtpOptions = {}): Promise<TestFtpServer> {
  const { store = createMemoryStore(), files = {}, faults: given = [], host = "127.0.0.1", ...rest } = options;
  const faults = new FtpFaults();
  for (const fault of given) faults.add(fault);
  for (const [path, content] of Object.entries(files)) await writeFile(store, path, content);
  const server = createFtpServer({ ...rest, store });
  const events = logEvents<FtpServerEvent>(server.on);
  const { port: serverPort } = await server.listen({ host, port: 0 });
  const ground = new Ground();
  const transcript = new Transcript();
  const port = await relayFtp({ ground, host, serverPort, faults, transcript });
  const { user = "micro", password = "python" } = rest;
  const account = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const close = async (): Promise<void> => {
    await ground.close();
    await server.close({ graceSeconds: 0 });
  };
  return {
    host,
    port,
    user,
    password,
    url: `ftp://${account}@${host.includes(":") ? `[${host}]` : host}:${port}/`,
    server,
    store,
    transcript,
    events,
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    write: (path, content) => writeFile(store, path, content),
    read: (path) => readFile(store, path),
    list: (path = "/") => listNames(store, path),
    async assertFile(path, content) {
      const bytes = await readFile(store, path);
      if (bytes === undefined) {
        const message = `there is no file ${path}; the client said:\n${transcript}`;
        throw new AssertionError({ message, actual: undefined, expected: content, operator: "assertFile" });
      }
      if (typeof content === "string") deepStrictEqual(Buffer.from(bytes).toString("utf8"), content);
      else deepStrictEqual(Buffer.from(bytes), Buffer.from(content));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Runs `use` with a server and closes the server afterwards, whatever happens.
 *
 * @example
 * import { Client } from "basic-ftp";
 * import { withFtpServer } from "porthole/testing";
 *
 * await withFtpServer({ files: { "/a.txt": "hello" } }, async (server) => {
 *   const client = new Client();
 *   await client.access(server);
 * });
 */
export async function withFtpServer<Result>(use: (server: TestFtpServer) => Promise<Result>): Promise<Result>;
export async function withFtpServer<Result>(
  options: TestFtpOptions,
  use: (server: TestFtpServer) => Promise<Result>,
): Promise<Result>;
export async function withFtpServer<Result>(
  ...given: [(server: TestFtpServer) => Promise<Result>] | [TestFtpOptions, (server: TestFtpServer) => Promise<Result>]
): Promise<Result> {
  const [options, use] = given.length === 1 ? [{}, given[0]] : given;
  const server = await startTestFtpServer(options);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}
