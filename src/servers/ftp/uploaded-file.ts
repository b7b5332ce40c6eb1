/**
 * A finished upload that the program may look at before anybody else sees it.
 *
 * @module
 */

import type { ReadHandle, VirtualPath, WriteHandle } from "../../contracts/store.ts";
import { hashHandle } from "./hash.ts";

const CHUNK_BYTES = 262_144;

/** Given to `onUpload`. Valid until that function's promise settles. */
export interface UploadedFile {
  /** Where the file is going to be. */
  readonly path: VirtualPath;
  readonly user: string;
  /** Address of the client, without port. */
  readonly address: string;
  /** Bytes that came with this upload; for one that goes on with an older part this is only the rest. */
  readonly sizeBytes: number;
  /** True when the file was changed in place (APPE, REST): then a refusal cannot take back what was written. */
  readonly inPlace: boolean;
  /** The whole content from its start. Rejects with `unsupported` where a store cannot read what is not committed. */
  chunks(): AsyncIterable<Uint8Array>;
  /** SHA-256 of the whole content in lower-case hexadecimal digits: reads all of it. */
  sha256(): Promise<string>;
}

/**
 * Decides about a finished upload.
 *
 * @returns nothing to keep it, or the text of the refusal, which the client is told behind 550. A rejection refuses it
 * too, with a text that tells nothing, and is an `error` event.
 */
export type OnUpload = (file: UploadedFile) => undefined | string | Promise<undefined | string>;

export interface UploadDetails {
  readonly user: string;
  readonly address: string;
  readonly sizeBytes: number;
  readonly inPlace: boolean;
}

/** Asks whether a finished upload is kept; the text of a refusal is for the client. Never rejects. */
export async function askToKeep(
  onUpload: OnUpload,
  handle: WriteHandle,
  details: UploadDetails,
  troubled: (error: unknown) => void,
): Promise<{ readonly keeps: true } | { readonly keeps: false; readonly text?: string }> {
  const uploaded = openUploadedFile(handle, details);
  try {
    const text = await onUpload(uploaded.file);
    return text === undefined ? { keeps: true } : { keeps: false, text };
  } catch (error) {
    troubled(error);
    return { keeps: false };
  } finally {
    await uploaded.close();
  }
}

/** Its content is open until `close`. */
function openUploadedFile(
  handle: WriteHandle,
  details: UploadDetails,
): { readonly file: UploadedFile; close(): Promise<void> } {
  const open = new Set<ReadHandle>();

  async function openContent(): Promise<ReadHandle> {
    const content = await handle.openUncommitted();
    open.add(content);
    return content;
  }

  async function closeContent(content: ReadHandle): Promise<void> {
    if (open.delete(content)) await content.close();
  }

  return {
    file: {
      ...details,
      path: handle.path,
      async *chunks() {
        const content = await openContent();
        try {
          for (;;) {
            const buffer = new Uint8Array(CHUNK_BYTES);
            const count = await content.read(buffer);
            if (count === 0) return;
            yield buffer.subarray(0, count);
          }
        } finally {
          await closeContent(content);
        }
      },
      async sha256() {
        const content = await openContent();
        try {
          return (await hashHandle(content, "SHA-256")) ?? "";
        } finally {
          await closeContent(content);
        }
      },
    },
    async close() {
      for (const content of open) await closeContent(content);
    },
  };
}
