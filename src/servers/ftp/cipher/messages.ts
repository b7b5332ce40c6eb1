/**
 * What the server's thread and a cipher thread say to each other: orders go there, tidings come back. Buffers are handed
 * over, and handed back to be filled again.
 *
 * @module
 */

import type { HandshakeFailure } from "../../tls.ts";
import type { TlsMaterial } from "../../tls-material.ts";

/** Bytes that have changed hands. */
export type HandedBytes = Uint8Array<ArrayBuffer>;

export type CipherOrder =
  | {
      readonly type: "open";
      readonly id: number;
      readonly descriptor: number;
      readonly owner: SharedArrayBuffer;
      readonly material: TlsMaterial;
      readonly receives: boolean;
      readonly reuseRequired: boolean;
      /** So much is decrypted into one buffer, of which there are `RECEIVE_BUFFERS`. */
      readonly bufferBytes: number;
    }
  | { readonly type: "write"; readonly id: number; readonly bytes: HandedBytes }
  | { readonly type: "end"; readonly id: number }
  /** A buffer of `received` is free again. */
  | { readonly type: "free"; readonly id: number; readonly buffer: ArrayBuffer }
  | { readonly type: "destroy"; readonly id: number }
  /** No further connection comes; the thread ends with its last one. */
  | { readonly type: "leave" };

export type CipherTiding =
  | { readonly type: "secure"; readonly id: number; readonly failure: HandshakeFailure | undefined }
  /** The system has the bytes of one `write`. */
  | { readonly type: "written"; readonly id: number; readonly bytes: HandedBytes }
  /** The system has all bytes, close_notify and FIN. */
  | { readonly type: "finished"; readonly id: number }
  | { readonly type: "received"; readonly id: number; readonly bytes: HandedBytes }
  /** The peer has ended its side, with close_notify where it sends. */
  | { readonly type: "peer-ended"; readonly id: number }
  | { readonly type: "closed"; readonly id: number; readonly failed: boolean };

/** Of one connection that receives: one is filled, one is on its way, one is being stored, one is on its way back. */
export const RECEIVE_BUFFERS = 4;
