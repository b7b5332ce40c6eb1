/**
 * The store under test and the short words of the suite.
 *
 * @module
 */

import { StorageError, type StorageErrorKind } from "../../contracts/errors.ts";
import type { Entry, Store, VirtualPath, WriteHandle, WriteOptions } from "../../contracts/store.ts";
import { parsePath } from "../../protocol/text/path.ts";
import type { TestRunner } from "../runner.ts";

/** Declares one test of a fresh store. */
export type StoreTest = (title: string, body: (subject: Subject) => Promise<void>) => void;

export class Subject {
  readonly store: Store;
  readonly base: VirtualPath;
  readonly uploads: "whole" | "in-place";
  readonly expect: TestRunner["expect"];

  constructor(store: Store, base: string, uploads: "whole" | "in-place", expect: TestRunner["expect"]) {
    this.store = store;
    this.base = needPath(base);
    this.uploads = uploads;
    this.expect = expect;
  }

  /** The path of `text` below the base. */
  path(text: string): VirtualPath {
    return needPath(`${this.base}/${text}`);
  }

  /** Wants `call` to reject with a {@link StorageError} of one of the kinds. */
  async refuses(call: () => unknown, ...kinds: readonly StorageErrorKind[]): Promise<void> {
    let outcome: unknown = "no refusal";
    try {
      await call();
    } catch (error) {
      outcome = error instanceof StorageError ? error.kind : error;
    }
    const allowed = kinds.find((kind) => kind === outcome);
    this.expect(outcome, `expected a refusal of kind ${kinds.join(" or ")}`).toBe(allowed ?? kinds[0]);
  }

  async put(text: string, content: string | Uint8Array, options: WriteOptions = { mode: "replace" }): Promise<Entry> {
    const handle = await this.store.openWrite(this.path(text), options);
    await this.write(handle, content);
    return handle.commit();
  }

  async write(handle: WriteHandle, content: string | Uint8Array): Promise<void> {
    await handle.write([typeof content === "string" ? new TextEncoder().encode(content) : content]);
  }

  /** All that the file holds from `startBytes` on, read `pieceBytes` at a time. */
  async bytes(text: string, startBytes = 0, pieceBytes = 65_536): Promise<Uint8Array> {
    const handle = await this.store.openRead(this.path(text), startBytes);
    const pieces: Uint8Array[] = [];
    try {
      for (;;) {
        const target = new Uint8Array(pieceBytes);
        const count = await handle.read(target);
        if (count === 0) return joined(pieces);
        pieces.push(target.subarray(0, count));
      }
    } finally {
      await handle.close();
    }
  }

  async text(text: string, startBytes = 0): Promise<string> {
    return new TextDecoder().decode(await this.bytes(text, startBytes));
  }

  /** The names in a directory, sorted. */
  async names(text: string): Promise<string[]> {
    return (await this.entries(text)).map((entry) => entry.name).sort();
  }

  async entries(text: string): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const batch of this.store.list(this.path(text))) entries.push(...batch);
    return entries;
  }
}

/** Bytes that repeat nowhere near, so that a piece in the wrong place is seen. */
export function patternBytes(lengthBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  let state = seed + 1;
  for (let i = 0; i < lengthBytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** True when both hold the same bytes; quicker than a matcher for large ones. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function needPath(text: string): VirtualPath {
  const path = parsePath(text);
  if (path === undefined) throw new TypeError(`not a path: ${JSON.stringify(text)}`);
  return path;
}
