/**
 * How long a store is waited for. A store that never answers (a disk that is gone, a program that hangs) costs the
 * command that asked it, not the session; and what the store may still be reading or writing is nobody else's until it
 * has answered.
 *
 * @module
 */

import { StorageError } from "../../contracts/errors.ts";
import { LIMITS } from "../../contracts/limits.ts";
import type { Entry, LentFile, ReadHandle, Store, VirtualPath, WriteHandle } from "../../contracts/store.ts";
import { Waits } from "./waits.ts";

/** A store has not answered in time. */
class StoreSilence extends StorageError {
  /** Settles when it answers after all, and what it was given is free again; never rejects. */
  readonly answered: Promise<void>;

  constructor(seconds: number, answered: Promise<void>) {
    super("gone", `the store has not answered for ${seconds} s`, { peerText: "The store does not answer." });
    this.answered = answered;
  }
}

/** Waits for the stores of one server. */
export class Patience {
  readonly #mostMs: number;
  readonly #waits: Waits;
  #silent = 0;
  /** What `guard()` gave for each store: the same for all sessions. */
  readonly #guarded = new WeakMap<Store, Store>();

  /** @param mostMs - For one call. */
  constructor(mostMs: number) {
    this.#mostMs = mostMs;
    this.#waits = new Waits(mostMs);
  }

  /** Calls that are given up, and not answered yet. */
  get silent(): number {
    return this.#silent;
  }

  /**
   * Waits for an answer; rejects with {@link StoreSilence} when it does not come in time.
   *
   * @param late - Is given the value of an answer that came too late.
   */
  wait<Value>(answer: Promise<Value>, late: (value: Value) => void = ignore): Promise<Value> {
    return new Promise((resolve, reject) => {
      let given = false;
      const wait = this.#waits.begin(() => {
        given = true;
        this.#silent++;
        const answered = answer.then(ignore, ignore).then(() => void this.#silent--);
        reject(new StoreSilence(this.#mostMs / 1000, answered));
      });
      answer.then(
        (value) => {
          this.#waits.end(wait);
          if (given) late(value);
          else resolve(value);
        },
        (error: unknown) => {
          this.#waits.end(wait);
          reject(error);
        },
      );
    });
  }

  /** Calls a store; refuses at once while {@link LIMITS.ftpSilentStoreCalls} calls have no answer. */
  call<Value>(call: () => Promise<Value>, late?: (value: Value) => void): Promise<Value> {
    if (this.#silent >= LIMITS.ftpSilentStoreCalls.value) {
      const error = new StorageError("gone", `${this.#silent} calls of the store have no answer`, {
        peerText: "The store does not answer.",
      });
      return Promise.reject(error);
    }
    try {
      return this.wait(call(), late);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The store, waited for no longer than that. */
  guard(store: Store): Store {
    let guarded = this.#guarded.get(store);
    if (guarded === undefined) {
      guarded = this.#guard(store);
      this.#guarded.set(store, guarded);
    }
    return guarded;
  }

  #guard(store: Store): Store {
    return {
      name: store.name,
      features: store.features,
      stat: (path) => this.call(() => store.stat(path)),
      list: (path) => this.#list(store.list(path)),
      openRead: (path, startBytes) =>
        this.call(
          () => store.openRead(path, startBytes),
          (handle) => void handle.close().catch(ignore),
        ).then((handle) => new PatientReadHandle(handle, this)),
      openWrite: (path, options) =>
        this.call(
          () => store.openWrite(path, options),
          (handle) => void handle.abort().catch(ignore),
        ).then((handle) => new PatientWriteHandle(handle, this)),
      remove: (path) => this.call(() => store.remove(path)),
      makeDirectory: (path) => this.call(() => store.makeDirectory(path)),
      removeDirectory: (path) => this.call(() => store.removeDirectory(path)),
      rename: (from, to) => this.call(() => store.rename(from, to)),
      setModified: (path, modifiedMs) => this.call(() => store.setModified(path, modifiedMs)),
      setMode: (path, mode) => this.call(() => store.setMode(path, mode)),
      freeBytes: (path) => this.call(() => store.freeBytes(path)),
      close: () => store.close(),
    };
  }

  #list<Batch>(batches: AsyncIterable<Batch>): AsyncIterable<Batch> {
    return {
      [Symbol.asyncIterator]: () => {
        const iterator = batches[Symbol.asyncIterator]();
        let silence: StoreSilence | undefined;
        return {
          next: () =>
            this.call(() => iterator.next()).catch((error: unknown) => {
              if (error instanceof StoreSilence) silence = error;
              throw error;
            }),
          return: async () => {
            // A generator that waits ends when what it waits for has come.
            const ending = iterator.return?.().catch(ignore);
            if (silence === undefined && ending !== undefined) await this.wait(ending);
            return { done: true, value: undefined };
          },
        };
      },
    };
  }
}

/** A handle, waited for no longer than a store. A class: two are made for each small file, and closures cost more. */
class PatientReadHandle implements ReadHandle {
  readonly entry: Entry;
  readonly fileDescriptor: number | undefined;
  readonly #handle: ReadHandle;
  readonly #patience: Patience;
  #underWay: Promise<unknown> | undefined;
  #silence: StoreSilence | undefined;

  constructor(handle: ReadHandle, patience: Patience) {
    this.entry = handle.entry;
    this.fileDescriptor = handle.fileDescriptor;
    this.#handle = handle;
    this.#patience = patience;
  }

  read(target: Uint8Array): number | Promise<number> {
    if (this.#silence !== undefined) throw this.#silence;
    const reading = this.#handle.read(target);
    return typeof reading === "number" ? reading : this.#wait(reading);
  }

  get readAhead(): ReadHandle["readAhead"] {
    if (this.#handle.readAhead === undefined) return undefined;
    return (target) => {
      if (this.#silence !== undefined) throw this.#silence;
      const reading = this.#handle.readAhead?.(target);
      return reading && this.#wait(reading);
    };
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    // What is being read stays open until that has an answer.
    const closing = this.#underWay === undefined ? handle.close() : after(this.#underWay, () => handle.close());
    if (this.#silence === undefined) await this.#patience.wait(closing);
    else closing.catch(ignore);
  }

  #wait(reading: Promise<number>): Promise<number> {
    this.#underWay = reading;
    return this.#patience.wait(reading).catch((error: unknown) => {
      if (error instanceof StoreSilence) this.#silence = error;
      throw error;
    });
  }
}

class PatientWriteHandle implements WriteHandle {
  readonly #handle: WriteHandle;
  readonly #patience: Patience;
  #underWay: Promise<unknown> | undefined;
  #silence: StoreSilence | undefined;

  constructor(handle: WriteHandle, patience: Patience) {
    this.#handle = handle;
    this.#patience = patience;
  }

  get path(): VirtualPath {
    return this.#handle.path;
  }

  write(chunks: readonly Uint8Array[]): undefined | Promise<void> {
    if (this.#silence !== undefined) throw this.#silence;
    const writing = this.#handle.write(chunks);
    return writing && this.#settle(writing);
  }

  get lend(): WriteHandle["lend"] {
    return this.#handle.lend === undefined ? undefined : (writeTo) => this.#lend(writeTo);
  }

  async openUncommitted(): Promise<ReadHandle> {
    const open = this.#settle(this.#handle.openUncommitted(), (content) => void content.close().catch(ignore));
    return new PatientReadHandle(await open, this.#patience);
  }

  commit(): Promise<Entry> {
    return this.#settle(this.#handle.commit());
  }

  async abort(): Promise<void> {
    const handle = this.#handle;
    if (this.#silence === undefined) await this.#patience.wait(handle.abort()).catch(ignore);
    else after(this.#underWay ?? Promise.resolve(), () => handle.abort()).catch(ignore);
  }

  async #lend(writeTo: (file: LentFile) => Promise<number>): Promise<void> {
    if (this.#silence !== undefined) throw this.#silence;
    await this.#settle(this.#handle.lend?.(writeTo) ?? Promise.resolve());
  }

  async #settle<Value>(answer: Promise<Value>, late?: (value: Value) => void): Promise<Value> {
    this.#underWay = answer;
    try {
      return await this.#patience.wait(answer, late);
    } catch (error) {
      if (error instanceof StoreSilence) this.#silence = error;
      throw error;
    }
  }
}

/** What to wait for before the memory that a failed call was given is used again; undefined: nothing. */
export function answerOf(error: unknown): Promise<void> | undefined {
  return error instanceof StoreSilence ? error.answered : undefined;
}

/** As {@link answerOf}, of a call that nobody waits for any more. */
export function answerOfCall(call: unknown): Promise<void> {
  return Promise.resolve(call).then(ignore, answerOf);
}

/** Does something when something else is over, however that went. */
function after<Value>(before: Promise<unknown>, then: () => Promise<Value>): Promise<Value> {
  return before.then(then, then);
}

function ignore(): void {}
