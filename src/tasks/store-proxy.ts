/**
 * The thread's side of a store in the program's thread. Its calls wait while the program is busy; a store that must not
 * wait is made in the task's thread instead.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import { StorageError } from "../contracts/errors.ts";
import { LIMITS } from "../contracts/limits.ts";
import type {
  Entry,
  ReadHandle,
  Store,
  StoreFeature,
  VirtualPath,
  WriteHandle,
  WriteOptions,
} from "../contracts/store.ts";
import { CallPort } from "./call-port.ts";
import type { Committed, OpenedRead, OpenedWrite, ReadBytes, StoreFacts, StoreRequest } from "./store-messages.ts";

type Calls = CallPort<StoreRequest>;

/** A store whose calls run at the other end of `port`. */
export function createStoreProxy(port: MessagePort, facts: StoreFacts): Store {
  return new StoreProxy(new CallPort(port, LIMITS.taskStoreCalls.value), facts);
}

class StoreProxy implements Store {
  readonly name: string;
  readonly features: ReadonlySet<StoreFeature>;
  readonly #calls: Calls;
  #closed = false;

  constructor(calls: Calls, facts: StoreFacts) {
    this.#calls = calls;
    this.name = facts.name;
    this.features = new Set(facts.features);
  }

  stat(path: VirtualPath): Promise<Entry> {
    return this.#call({ name: "stat", path });
  }

  async *list(path: VirtualPath): AsyncGenerator<readonly Entry[], void, undefined> {
    const list = await this.#call<number>({ name: "list", path });
    let ended = false;
    try {
      for (;;) {
        const batch = await this.#call<readonly Entry[] | undefined>({ name: "next", list });
        if (batch === undefined) {
          ended = true;
          return;
        }
        yield batch;
      }
    } finally {
      if (!ended && !this.#closed) await this.#call({ name: "endList", list }).catch(() => {});
    }
  }

  async openRead(path: VirtualPath, startBytes: number): Promise<ReadHandle> {
    return new ReadProxy(this.#calls, await this.#call<OpenedRead>({ name: "openRead", path, startBytes }));
  }

  async openWrite(path: VirtualPath, options: WriteOptions): Promise<WriteHandle> {
    return new WriteProxy(this.#calls, await this.#call<OpenedWrite>({ name: "openWrite", path, options }));
  }

  remove(path: VirtualPath): Promise<void> {
    return this.#call({ name: "remove", path });
  }

  makeDirectory(path: VirtualPath): Promise<void> {
    return this.#call({ name: "makeDirectory", path });
  }

  removeDirectory(path: VirtualPath): Promise<void> {
    return this.#call({ name: "removeDirectory", path });
  }

  rename(from: VirtualPath, to: VirtualPath): Promise<void> {
    return this.#call({ name: "rename", path: from, to });
  }

  setModified(path: VirtualPath, modifiedMs: number): Promise<void> {
    return this.#call({ name: "setModified", path, value: modifiedMs });
  }

  setMode(path: VirtualPath, mode: number): Promise<void> {
    return this.#call({ name: "setMode", path, value: mode });
  }

  freeBytes(path: VirtualPath): Promise<number> {
    return this.#call({ name: "freeBytes", path });
  }

  /** Gives up what this thread has open; the store itself is the program's. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#calls.call({ name: "close" }).catch(() => {});
  }

  async #call<Result>(request: StoreRequest): Promise<Result> {
    if (this.#closed) throw new StorageError("gone", `${this.name} is closed`);
    return (await this.#calls.call(request)) as Result;
  }
}

class ReadProxy implements ReadHandle {
  readonly entry: Entry;
  readonly fileDescriptor: number | undefined;
  readonly #calls: Calls;
  readonly #handle: number;
  #closing: Promise<void> | undefined;
  /** Comes and goes with each read, so that memory is moved and not made anew. */
  #buffer: ArrayBuffer | undefined;

  constructor(calls: Calls, opened: OpenedRead) {
    this.#calls = calls;
    this.#handle = opened.handle;
    this.entry = opened.entry;
    this.fileDescriptor = opened.fileDescriptor;
  }

  async read(target: Uint8Array): Promise<number> {
    const buffer = this.#buffer;
    this.#buffer = undefined;
    const { count, buffer: filled } = (await this.#calls.call(
      { name: "read", handle: this.#handle, most: target.length, buffer },
      buffer === undefined ? [] : [buffer],
    )) as ReadBytes;
    target.set(new Uint8Array(filled, 0, count));
    this.#buffer = filled;
    return count;
  }

  close(): Promise<void> {
    this.#buffer = undefined;
    this.#closing ??= this.#calls.call({ name: "closeRead", handle: this.#handle }).then(() => {});
    return this.#closing;
  }
}

class WriteProxy implements WriteHandle {
  #path: VirtualPath;
  readonly #calls: Calls;
  readonly #handle: number;

  constructor(calls: Calls, opened: OpenedWrite) {
    this.#calls = calls;
    this.#handle = opened.handle;
    this.#path = opened.path;
  }

  get path(): VirtualPath {
    return this.#path;
  }

  /** One copy, then moved: the chunks are the caller's again when it is done. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    const bytes = new ArrayBuffer(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    const whole = new Uint8Array(bytes);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    await this.#calls.call({ name: "write", handle: this.#handle, bytes }, [bytes]);
  }

  async openUncommitted(): Promise<ReadHandle> {
    const opened = await this.#calls.call({ name: "openUncommitted", handle: this.#handle });
    return new ReadProxy(this.#calls, opened as OpenedRead);
  }

  async commit(): Promise<Entry> {
    const committed = (await this.#calls.call({ name: "commit", handle: this.#handle })) as Committed;
    this.#path = committed.path;
    return committed.entry;
  }

  async abort(): Promise<void> {
    await this.#calls.call({ name: "abort", handle: this.#handle }).catch(() => {});
  }
}
