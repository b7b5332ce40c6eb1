/**
 * An FTP server for a test, and a client that says exactly what the test wants.
 *
 * @module
 */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type ConnectionOptions, connect as secureConnect, type TLSSocket } from "node:tls";
import {
  createFtpServer,
  createMemoryStore,
  type FtpServer,
  type FtpServerEvent,
  type Store,
} from "../../src/index.ts";
import { parsePath } from "../../src/protocol/text/path.ts";
import type { FtpServerOptions } from "../../src/servers/ftp/settings.ts";

export interface TestFtp extends AsyncDisposable {
  readonly server: FtpServer;
  readonly port: number;
  readonly store: Store;
  /** Everything that the server told, progress left out. */
  readonly events: readonly FtpServerEvent[];
}

/** Serves a store on a free port of loopback; by default an empty one in memory. */
export async function serveFtp(
  options: Partial<FtpServerOptions> = {},
  create: typeof createFtpServer = createFtpServer,
): Promise<TestFtp> {
  const store = typeof options.store === "object" ? options.store : createMemoryStore({ capBytes: 1e9 });
  const server = create({ store, ...options });
  const events: FtpServerEvent[] = [];
  server.on("*", (event) => {
    if (event.type !== "transfer-progress") events.push(event);
  });
  const { port } = await server.listen({ port: 0 });
  return { server, port, store, events, [Symbol.asyncDispose]: () => server.close({ graceSeconds: 0 }) };
}

/** Puts a file into a store. */
export async function putFile(store: Store, path: string, content: string | Uint8Array): Promise<void> {
  const handle = await store.openWrite(parsePath(path)!, { mode: "replace" });
  if (content.length > 0) await handle.write([typeof content === "string" ? Buffer.from(content) : content]);
  await handle.commit();
}

/** A file of a store; undefined when it is not there. */
export async function getFile(store: Store, path: string): Promise<Buffer | undefined> {
  let handle: Awaited<ReturnType<Store["openRead"]>>;
  try {
    handle = await store.openRead(parsePath(path)!, 0);
  } catch {
    return undefined;
  }
  const chunks: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.alloc(1_048_576);
    const count = await handle.read(buffer);
    if (count === 0) break;
    chunks.push(buffer.subarray(0, count));
  }
  await handle.close();
  return Buffer.concat(chunks);
}

/** Names in a directory of a store, sorted. */
export async function namesIn(store: Store, path = "/"): Promise<string[]> {
  const names: string[] = [];
  for await (const batch of store.list(parsePath(path)!)) names.push(...batch.map((entry) => entry.name));
  return names.sort();
}

export interface Reply {
  readonly code: number;
  /** All lines, joined with LF. */
  readonly text: string;
}

/** A control connection. */
export class FtpTalk implements Disposable {
  socket: Socket;
  #text = "";
  #replies: Reply[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("utf8");
      this.#parse();
      this.#wake?.();
    });
    socket.on("close", () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  /** Connects without reading the greeting. */
  static async open(
    port: number,
    options: { readonly host?: string; readonly localAddress?: string } = {},
  ): Promise<FtpTalk> {
    const socket = connect({ port, host: options.host ?? "127.0.0.1", ...options });
    const talk = new FtpTalk(socket);
    await once(socket, "connect");
    return talk;
  }

  /** Hands the connection to TLS, as a client; gives the secure socket. */
  async secure(options: ConnectionOptions = {}): Promise<TLSSocket> {
    this.socket.removeAllListeners("data");
    this.socket.removeAllListeners("close");
    const socket = secureConnect({ socket: this.socket, rejectUnauthorized: false, ...options });
    this.socket = socket;
    this.#listen(socket);
    await once(socket, "secureConnect");
    return socket;
  }

  /** Connects, says AUTH TLS, PBSZ and PROT P, logs in. */
  static async loginSecurely(
    port: number,
    options: ConnectionOptions = {},
    { user, password }: { readonly user: string; readonly password: string } = { user: "micro", password: "python" },
  ): Promise<FtpTalk> {
    const talk = await FtpTalk.open(port);
    await talk.expect(220);
    await talk.ask("AUTH TLS", 234);
    await talk.secure(options);
    for (const [line, code] of [
      ["PBSZ 0", 200],
      ["PROT P", 200],
      [`USER ${user}`, 331],
      [`PASS ${password}`, 230],
      ["TYPE I", 200],
    ] as const) {
      await talk.ask(line, code);
    }
    return talk;
  }

  /** Connects and logs in. */
  static async login(
    port: number,
    options: { readonly host?: string; readonly localAddress?: string } = {},
  ): Promise<FtpTalk> {
    const talk = await FtpTalk.open(port, options);
    await talk.expect(220);
    await talk.ask("USER micro", 331);
    await talk.ask("PASS python", 230);
    await talk.ask("TYPE I", 200);
    return talk;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  async reply(timeoutMs = 30_000): Promise<Reply> {
    for (;;) {
      const next = this.#replies.shift();
      if (next !== undefined) return next;
      if (this.#closed) throw new Error("the control connection is closed");
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        timer = setTimeout(() => reject(new Error(`no reply in ${timeoutMs} ms`)), timeoutMs);
      }).finally(() => clearTimeout(timer));
    }
  }

  async expect(code: number, timeoutMs?: number): Promise<string> {
    const reply = await this.reply(timeoutMs);
    if (reply.code !== code) throw new Error(`expected ${code}, got ${reply.text}`);
    return reply.text;
  }

  async ask(line: string, code: number): Promise<string> {
    this.send(line);
    return this.expect(code);
  }

  /** The port of EPSV. */
  async passivePort(): Promise<number> {
    return Number(/\(\|\|\|(\d+)\|\)/.exec(await this.ask("EPSV", 229))?.[1]);
  }

  /** Asks for a passive port and connects to it. */
  async data(options: { readonly host?: string; readonly localAddress?: string } = {}): Promise<Socket> {
    return openData(await this.passivePort(), options);
  }

  /** Downloads or lists; the text of the final reply and the bytes. */
  async retrieve(command: string): Promise<Buffer> {
    const data = await this.data();
    await this.ask(command, 150);
    const bytes = await readAll(data);
    await this.expect(226);
    return bytes;
  }

  async store(command: string, bytes: Uint8Array | string, code = 226): Promise<string> {
    const data = await this.data();
    await this.ask(command, 150);
    data.end(bytes);
    return this.expect(code);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #parse(): void {
    for (;;) {
      const match = /^(?:(\d\d\d)-[^\n]*\n(?:(?!\1 )[^\n]*\n)*\1 [^\n]*\n|(\d\d\d) [^\n]*\n)/.exec(this.#text);
      if (match === null) return;
      this.#replies.push({ code: Number(match[1] ?? match[2]), text: match[0].trimEnd().replaceAll("\r\n", "\n") });
      this.#text = this.#text.slice(match[0].length);
    }
  }
}

/** Connects to a data port of loopback; errors are for the test to notice. */
export async function openData(
  port: number,
  options: { readonly host?: string; readonly localAddress?: string } = {},
): Promise<Socket> {
  const socket = connect({ port, host: options.host ?? "127.0.0.1", ...options });
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}

/** Everything until the end; rejects on a reset. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * Breaks a connection with RST, as a machine does that lost its power and came back.
 * `resetAndDestroy()` sends FIN first, which is the right end of an upload.
 */
export function reset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

/** A free port that nobody is likely to take in the next moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return address !== null && typeof address === "object" ? address.port : 0;
}
