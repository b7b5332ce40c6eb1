/**
 * Digests of a file's bytes, for HASH (draft-bryan-ftpext-hash).
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ReadHandle } from "../../contracts/store.ts";
import type { HashAlgorithm } from "../../protocol/ftp/actions.ts";
import { nextTurn } from "./turn.ts";

const CHUNK_BYTES = 262_144;
const NAMES = { MD5: "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512" } as const;

interface Digest {
  update(bytes: Uint8Array): void;
  hex(): string;
}

/**
 * Reads the handle to its end, or only `mostBytes` of it.
 *
 * @param stopped - Asked before each piece; when it says true the answer is undefined.
 * @returns lower-case hexadecimal digits.
 */
export async function hashHandle(
  handle: ReadHandle,
  algorithm: HashAlgorithm,
  mostBytes: number = Number.POSITIVE_INFINITY,
  stopped: () => boolean = () => false,
): Promise<string | undefined> {
  const digest = createDigest(algorithm);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let left = mostBytes;
  while (left > 0) {
    if (stopped()) return undefined;
    const count = await handle.read(left < buffer.length ? buffer.subarray(0, left) : buffer);
    if (count === 0) break;
    digest.update(buffer.subarray(0, count));
    left -= count;
    await nextTurn();
  }
  return digest.hex();
}

function createDigest(algorithm: HashAlgorithm): Digest {
  if (algorithm === "CRC32") return new Crc32();
  const hash = createHash(NAMES[algorithm]);
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}

/** CRC-32 as of ISO 3309; `node:zlib` has it only from Node 20.15 on. */
class Crc32 implements Digest {
  static #table: Uint32Array | undefined;
  #value = 0xffff_ffff;

  update(bytes: Uint8Array): void {
    Crc32.#table ??= Uint32Array.from({ length: 256 }, (_, index) => {
      let value = index;
      for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
      return value;
    });
    let value = this.#value;
    for (const byte of bytes) value = (Crc32.#table[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
    this.#value = value;
  }

  hex(): string {
    return ((this.#value ^ 0xffff_ffff) >>> 0).toString(16).padStart(8, "0");
  }
}
