/**
 * The program's side of a store that a task's thread uses: calls run here, where the store was made.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import { StorageError } from "../contracts/errors.ts";
import type { Entry, ReadHandle, Store, WriteHandle } from "../contracts/store.ts";
import { answerCalls, type CallResult } from "./call-port.ts";
import type { Committed, OpenedRead, OpenedWrite, ReadBytes, StoreFacts, StoreRequest } from "./store-messages.ts";

export function factsOf(store: Store): StoreFacts {
  return { name: store.name, features: [...store.features] };
}

/**
 * Answers calls for `store` through `port`. When the thread is gone, what it had open is given up; the store itself is
 * the program's and stays open, unless `closeStore`.
 */
export function serveStore(store: Store, port: MessagePort, closeStore: boolean = false): void {
  const host = new StoreHost(store, closeStore);
  answerCalls<StoreRequest>(port, (request) => host.perform(request));
  port.on("close", () => void host.giveUp());
}

class StoreHost {
  readonly #store: Store;
  readonly #closeStore: boolean;
  readonly #reading: Map<number, ReadHandle> = new Map();
  readonly #writing: Map<number, WriteHandle> = new Map();
  readonly #listing: Map<number, AsyncIterator<readonly Entry[]>> = new Map();
  #lastId = 0;

  constructor(store: Store, closeStore: boolean) {
    this.#store = store;
    this.#closeStore = closeStore;
  }

  async perform(request: StoreRequest): Promise<CallResult> {
    const store = this.#store;
    switch (request.name) {
      case "stat":
      case "freeBytes":
      case "remove":
      case "makeDirectory":
      case "removeDirectory":
        return { value: await store[request.name](request.path) };
      case "rename":
        return { value: await store.rename(request.path, request.to) };
      case "setModified":
      case "setMode":
        return { value: await store[request.name](request.path, request.value) };
      case "list": {
        const list = ++this.#lastId;
        this.#listing.set(list, store.list(request.path)[Symbol.asyncIterator]());
        return { value: list };
      }
      case "next":
        return { value: await this.#next(request.list) };
      case "endList": {
        const listing = this.#listing.get(request.list);
        this.#listing.delete(request.list);
        await listing?.return?.();
        return {};
      }
      case "openRead":
        return { value: this.#opened(await store.openRead(request.path, request.startBytes)) };
      case "read":
        return this.#read(request);
      case "closeRead": {
        const handle = this.#reading.get(request.handle);
        this.#reading.delete(request.handle);
        await handle?.close();
        return {};
      }
      case "openWrite": {
        const handle = await store.openWrite(request.path, request.options);
        const id = ++this.#lastId;
        this.#writing.set(id, handle);
        return { value: { handle: id, path: handle.path } satisfies OpenedWrite };
      }
      case "write":
        await this.#writeHandle(request.handle).write([new Uint8Array(request.bytes)]);
        return {};
      case "openUncommitted":
        return { value: this.#opened(await this.#writeHandle(request.handle).openUncommitted()) };
      case "commit": {
        const handle = this.#writeHandle(request.handle);
        this.#writing.delete(request.handle);
        const entry = await handle.commit();
        return { value: { entry, path: handle.path } satisfies Committed };
      }
      case "abort": {
        const handle = this.#writing.get(request.handle);
        this.#writing.delete(request.handle);
        await handle?.abort();
        return {};
      }
      case "close":
        await this.giveUp();
        return {};
    }
  }

  /** Ends what is open. */
  async giveUp(): Promise<void> {
    const listing = [...this.#listing.values()];
    const reading = [...this.#reading.values()];
    const writing = [...this.#writing.values()];
    this.#listing.clear();
    this.#reading.clear();
    this.#writing.clear();
    await Promise.allSettled([
      ...listing.map((iterator) => iterator.return?.()),
      ...reading.map((handle) => handle.close()),
      ...writing.map((handle) => handle.abort()),
    ]);
    if (this.#closeStore) await this.#store.close();
  }

  async #next(list: number): Promise<readonly Entry[] | undefined> {
    const listing = this.#listing.get(list);
    if (listing === undefined) throw gone();
    try {
      const step = await listing.next();
      if (step.done !== true) return step.value;
      this.#listing.delete(list);
      return undefined;
    } catch (error) {
      this.#listing.delete(list);
      throw error;
    }
  }

  async #read({ handle, most, buffer }: StoreRequest & { name: "read" }): Promise<CallResult> {
    const reading = this.#reading.get(handle);
    if (reading === undefined) throw gone();
    const room = buffer !== undefined && buffer.byteLength >= most ? buffer : new ArrayBuffer(most);
    const count = await reading.read(new Uint8Array(room, 0, most));
    return { value: { count, buffer: room } satisfies ReadBytes, transfer: [room] };
  }

  #opened(reading: ReadHandle): OpenedRead {
    const handle = ++this.#lastId;
    this.#reading.set(handle, reading);
    return { handle, entry: reading.entry, fileDescriptor: reading.fileDescriptor };
  }

  #writeHandle(handle: number): WriteHandle {
    const writing = this.#writing.get(handle);
    if (writing === undefined) throw gone();
    return writing;
  }
}

function gone(): StorageError {
  return new StorageError("gone", "the file or listing is closed");
}
