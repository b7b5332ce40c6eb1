/**
 * Passwords as they are kept: scrypt (RFC 7914) with a salt of their own, in one line of text.
 *
 * @module
 */

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { PortholeError } from "../contracts/errors.ts";

const COST = { N: 2 ** 15, r: 8, p: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** scrypt needs 128 * N * r bytes: what a hash may ask of us at the most. */
const MOST_MEMORY_BYTES = 64 * 1024 * 1024;

/**
 * Hashes a password with a fresh salt.
 *
 * @returns `scrypt$N$r$p$salt$key`, salt and key in base64url.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

interface ParsedHash {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: Buffer;
  readonly key: Buffer;
}

/**
 * Reads what {@link hashPassword} made.
 *
 * @throws {@link PortholeError} `PORTHOLE_ERR_ARGUMENT` for anything else; the text is not repeated in the message.
 */
export function parsePasswordHash(text: string): ParsedHash {
  const match = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,128})\$([\w-]{22,128})$/.exec(text);
  const [N, r, p] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  if (
    match === null ||
    N < 2 ** 10 ||
    (N & (N - 1)) !== 0 ||
    r < 1 ||
    p < 1 ||
    p > 16 ||
    128 * N * r > MOST_MEMORY_BYTES
  ) {
    throw new PortholeError("PORTHOLE_ERR_ARGUMENT", "not a password hash: make one with `porthole passwd`");
  }
  const [salt, key] = [match[4] ?? "", match[5] ?? ""];
  return { cost: { N, r, p }, salt: Buffer.from(salt, "base64url"), key: Buffer.from(key, "base64url") };
}

/** True when `password` is the one that `hash` was made of; takes as long for a wrong one. */
export async function verifyPassword(password: string, hash: ParsedHash): Promise<boolean> {
  const key = await derive(password, hash.salt, hash.cost, hash.key.length);
  return timingSafeEqual(key, hash.key);
}

function derive(password: string, salt: Buffer, cost: ScryptOptions, bytes: number = KEY_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, bytes, { ...cost, maxmem: MOST_MEMORY_BYTES * 2 }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
