/**
 * Who does the TLS of private data connections: the server's own thread while there is one, and threads beside it as soon
 * as there are several, since encryption is most of what such a transfer costs.
 *
 * @module
 */

import { Socket } from "node:net";
import { type HelperThread, startHelperThread, TravellingDescriptor } from "../../../native/helper-thread.ts";
import type { SystemCalls } from "../../../native/system-calls.ts";
import type { HandshakeFailure, SessionTls } from "../../tls.ts";
import type { BufferPool } from "../buffers.ts";
import type { DataSocket } from "../data-socket.ts";
import { directTls } from "../direct-tls.ts";
import { secureData } from "../secure-data.ts";
import type { CipherOrder, CipherTiding } from "./messages.ts";
import { NearSocket } from "./near-socket.ts";

/** A thread that has had nothing to do for so long is ended. */
const IDLE_MS = 30_000;
/** After so many threads that ended unasked there is no further one. */
const MOST_FAILURES = 3;
const ENTRY = new URL("./cipher-entry.js", import.meta.url);

export interface CipherThreadsOptions {
  readonly mostThreads: number;
  readonly pool: BufferPool;
  readonly buffsizeBytes: number;
  /** Undefined: connections stay in this thread. */
  readonly calls: () => SystemCalls | undefined;
  readonly troubled: (error: Error) => void;
}

/** A private connection before its handshake is done. */
export interface SecuredData {
  readonly socket: DataSocket;
  readonly handshake: Promise<HandshakeFailure | undefined>;
}

interface Connection {
  readonly socket: NearSocket;
  readonly travelling: TravellingDescriptor;
}

interface CipherThread {
  readonly thread: HelperThread<CipherOrder>;
  readonly connections: Map<number, Connection>;
  idle: NodeJS.Timeout | undefined;
  leaving: boolean;
}

export class CipherThreads {
  readonly #options: CipherThreadsOptions;
  #mostThreads: number;
  #failures = 0;
  #threads: readonly CipherThread[] = [];
  #lastId = 0;
  /** Private connections of this thread. */
  #here = 0;

  constructor(options: CipherThreadsOptions) {
    this.#options = options;
    this.#mostThreads = options.mostThreads;
  }

  /** Private connections that another thread has. */
  get away(): number {
    return this.#threads.reduce((sum, { connections }) => sum + connections.size, 0);
  }

  /**
   * The server's end of TLS on a connection that nobody has read from.
   *
   * @param worth - Much is going to be sent, or nobody knows: a thread is worth the trip when others are busy too.
   */
  secure(
    plain: Socket,
    context: SessionTls,
    options: { readonly receives: boolean; readonly reuseRequired: boolean; readonly worth: boolean },
  ): SecuredData {
    const thread = options.worth && isUnread(plain) ? this.#choose() : undefined;
    const descriptor = thread === undefined ? -1 : this.#duplicate(plain);
    if (thread !== undefined && descriptor >= 0) return this.#hand(thread, plain, descriptor, context, options);
    const secured = this.#secureHere(plain, context, options);
    this.#here++;
    secured.socket.once("close", () => this.#here--);
    return secured;
  }

  #secureHere(
    plain: Socket,
    context: SessionTls,
    options: { readonly receives: boolean; readonly reuseRequired: boolean; readonly worth: boolean },
  ): SecuredData {
    const { pool, calls } = this.#options;
    const { receives, worth, reuseRequired } = options;
    // An upload that is to come slowly is read in Node's own way; and what is sent is no quicker past Node.
    const socket = receives && worth ? directTls(plain, context, calls(), { reuseRequired, pool }) : undefined;
    return socket === undefined ? secureData(plain, { context, ...options }) : { socket, handshake: socket.handshake };
  }

  /** No further connection comes: each thread ends with its last one. */
  close(): void {
    for (const thread of this.#threads) this.#leave(thread);
  }

  /**
   * Undefined: this thread. By numbers, since nobody knows how long a transfer is going to take; and this thread has fewer,
   * since it reads and writes the files of all.
   */
  #choose(): CipherThread | undefined {
    let fewest: CipherThread | undefined;
    let connections = this.#here;
    for (const thread of this.#threads) {
      connections += thread.connections.size;
      if (fewest === undefined || thread.connections.size < fewest.connections.size) fewest = thread;
    }
    if (connections === 0) return undefined;
    const isFree = fewest !== undefined && fewest.connections.size === 0;
    if (!isFree && this.#threads.length < this.#mostThreads) return this.#start() ?? fewest;
    const share = this.#here * (1 + this.#threads.length);
    return fewest !== undefined && fewest.connections.size < share ? fewest : undefined;
  }

  #duplicate(plain: Socket): number {
    const fd = (plain as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd ?? -1;
    return fd < 0 ? -1 : (this.#options.calls()?.duplicate(fd) ?? -1);
  }

  #hand(
    thread: CipherThread,
    plain: Socket,
    descriptor: number,
    context: SessionTls,
    { receives, reuseRequired }: { readonly receives: boolean; readonly reuseRequired: boolean },
  ): SecuredData {
    const { pool, buffsizeBytes } = this.#options;
    const id = ++this.#lastId;
    const travelling = new TravellingDescriptor(descriptor);
    const socket = new NearSocket({
      id,
      descriptor,
      localAddress: plain.localAddress,
      receives,
      pool,
      buffsizeBytes,
      post: (order, transfer) => thread.thread.post(order, transfer),
      closed: () => {
        thread.connections.delete(id);
        this.#rest(thread);
      },
    });
    plain.destroy(); // this thread's descriptor; the other one goes on
    clearTimeout(thread.idle);
    thread.connections.set(id, { socket, travelling });
    const { bufferBytes } = socket;
    const { material } = context;
    const { owner } = travelling;
    thread.thread.post({ type: "open", id, descriptor, owner, material, receives, reuseRequired, bufferBytes });
    const handshake = new Promise<HandshakeFailure | undefined>((resolve) => {
      socket.on("error", ignore);
      socket.once("secure", resolve);
      socket.once("close", () => resolve("no-data-connection"));
    });
    return { socket, handshake };
  }

  #start(): CipherThread | undefined {
    if (this.#options.calls() === undefined) return undefined;
    const connections = new Map<number, Connection>();
    const thread = startHelperThread<CipherOrder, CipherTiding>(
      "cipher",
      ENTRY,
      (tiding) => connections.get(tiding.id)?.socket.tell(tiding),
      (error) => this.#ended(started, error),
    );
    if (thread === undefined) {
      this.#mostThreads = 0;
      return undefined;
    }
    const started: CipherThread = { thread, connections, idle: undefined, leaving: false };
    this.#threads = [...this.#threads, started];
    return started;
  }

  #rest(thread: CipherThread): void {
    if (thread.connections.size > 0 || thread.leaving) return;
    clearTimeout(thread.idle);
    thread.idle = setTimeout(() => this.#leave(thread), IDLE_MS).unref();
  }

  #leave(thread: CipherThread): void {
    clearTimeout(thread.idle);
    thread.leaving = true;
    this.#threads = this.#threads.filter((other) => other !== thread);
    thread.thread.post({ type: "leave" });
  }

  #ended(thread: CipherThread, error: Error | undefined): void {
    clearTimeout(thread.idle);
    this.#threads = this.#threads.filter((other) => other !== thread);
    for (const { socket, travelling } of thread.connections.values()) {
      travelling.close();
      socket.lose();
    }
    if (thread.leaving) return;
    if (++this.#failures >= MOST_FAILURES) this.#mostThreads = 0;
    this.#options.troubled(error ?? new Error("a thread that encrypts has ended"));
  }
}

/** Accepted, and none of its bytes has left the system's hands. */
function isUnread(plain: Socket): boolean {
  const handle = (plain as unknown as { readonly _handle?: { readonly reading?: boolean } | null })._handle;
  return plain instanceof Socket && handle?.reading !== true && plain.bytesRead === 0 && plain.readableFlowing !== true;
}

function ignore(): void {}
