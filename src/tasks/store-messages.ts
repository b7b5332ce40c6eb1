/**
 * What a task's thread asks of a store in the program's thread.
 *
 * @module
 */

import type { Entry, StoreFeature, VirtualPath, WriteOptions } from "../contracts/store.ts";

/** One call; handles and listings are known by number. */
export type StoreRequest =
  | { readonly name: "stat" | "remove" | "makeDirectory" | "removeDirectory" | "freeBytes"; readonly path: VirtualPath }
  | { readonly name: "rename"; readonly path: VirtualPath; readonly to: VirtualPath }
  | { readonly name: "setModified" | "setMode"; readonly path: VirtualPath; readonly value: number }
  | { readonly name: "list"; readonly path: VirtualPath }
  /** The next batch of a listing; undefined at its end. */
  | { readonly name: "next" | "endList"; readonly list: number }
  | { readonly name: "openRead"; readonly path: VirtualPath; readonly startBytes: number }
  /** `buffer` comes back with the bytes, if there is room in it. */
  | { readonly name: "read"; readonly handle: number; readonly most: number; readonly buffer: ArrayBuffer | undefined }
  | { readonly name: "closeRead"; readonly handle: number }
  | { readonly name: "openWrite"; readonly path: VirtualPath; readonly options: WriteOptions }
  | { readonly name: "write"; readonly handle: number; readonly bytes: ArrayBuffer }
  | { readonly name: "openUncommitted" | "commit" | "abort"; readonly handle: number }
  | { readonly name: "close" };

export interface OpenedRead {
  readonly handle: number;
  readonly entry: Entry;
  readonly fileDescriptor: number | undefined;
}

export interface ReadBytes {
  readonly count: number;
  readonly buffer: ArrayBuffer;
}

export interface OpenedWrite {
  readonly handle: number;
  readonly path: VirtualPath;
}

/** The path may be another one than when the handle was opened. */
export interface Committed {
  readonly entry: Entry;
  readonly path: VirtualPath;
}

/** What the thread must know of a store before it calls it. */
export interface StoreFacts {
  readonly name: string;
  readonly features: readonly StoreFeature[];
}
