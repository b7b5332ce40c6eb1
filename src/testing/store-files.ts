/**
 * Whole files in and out of a store.
 *
 * @module
 */

import { StorageError } from "../contracts/errors.ts";
import type { Store, VirtualPath } from "../contracts/store.ts";
import { parentPath, parsePath } from "../protocol/text/path.ts";

const CHUNK_BYTES = 65_536;

/** Writes a file, and makes the directories above it. */
export async function writeFile(store: Store, path: string, content: string | Uint8Array): Promise<void> {
  const target = virtual(path);
  await makeAbove(store, target);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const handle = await store.openWrite(target, { mode: "replace" });
  try {
    if (bytes.length > 0) await handle.write([bytes]);
    await handle.commit();
  } catch (error) {
    await handle.abort();
    throw error;
  }
}

/** Undefined when there is no such file. */
export async function readFile(store: Store, path: string): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    const handle = await store.openRead(virtual(path), 0);
    try {
      for (;;) {
        const chunk = new Uint8Array(CHUNK_BYTES);
        const count = await handle.read(chunk);
        if (count === 0) break;
        chunks.push(chunk.subarray(0, count));
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof StorageError && error.kind === "not-found") return undefined;
    throw error;
  }
  return Uint8Array.from(Buffer.concat(chunks));
}

/** Sorted; a directory's name ends in `/`. */
export async function listNames(store: Store, path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const batch of store.list(virtual(path))) {
    for (const { name, type } of batch) names.push(type === "directory" ? `${name}/` : name);
  }
  return names.sort();
}

async function makeAbove(store: Store, path: VirtualPath): Promise<void> {
  const parent = parentPath(path);
  if (parent === path || parent === "/") return;
  await makeAbove(store, parent);
  try {
    await store.makeDirectory(parent);
  } catch (error) {
    if (!(error instanceof StorageError && error.kind === "exists")) throw error;
  }
}

function virtual(path: string): VirtualPath {
  const parsed = parsePath(path);
  if (parsed === undefined) throw new TypeError(`${JSON.stringify(path)} is no path of a store, such as "/data/a.txt"`);
  return parsed;
}
