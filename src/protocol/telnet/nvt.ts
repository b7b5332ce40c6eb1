/**
 * The Network Virtual Terminal of RFC 854: what ends a line, in what is typed, in what is shown and in what is sent.
 *
 * @module
 */

import { copyOf, SHORT } from "./bytes.ts";
import { Octet } from "./codes.ts";

/** So many bytes are looked at before it is worth while to search. */
const NEAR = 16;
const NUL = 0;
const LF = 10;
const CR = 13;

/** Takes data in the order of the stream, cut anywhere; gives it on through `emit`, as views where nothing changes. */
export interface NvtReader {
  /** Looks at a whole chunk before its pieces come: when nothing in it has to change, they need no look each. */
  begin(chunk: Uint8Array): void;
  /** @param binary - Whether the peer's BINARY (RFC 856) is on for these bytes. */
  read(bytes: Uint8Array, binary: boolean, emit: (bytes: Uint8Array) => void): void;
}

/**
 * Reads a keyboard: every Return becomes one CR (13).
 *
 * Clients send a Return as CR LF (PuTTY, Windows, npm clients), CR NUL (inetutils), CR (expect scripts, PuTTY in
 * BINARY) or LF (netcat). So CR is a Return, an LF or NUL right behind it belongs to it, and an LF alone is a Return.
 * BINARY changes nothing here: RFC 856 takes the meaning from CR LF and CR NUL, but a client that switches to it for
 * the sake of UTF-8 goes on typing Returns in whatever way it always did, and nobody types NUL right behind Return.
 *
 * A lone 242 is dropped: it is the DM of a Synch whose IAC was sent as TCP urgent data (inetutils), which Node
 * loses. 242 also begins UTF-8 characters of planes 8 to 11, so it stays when a continuation byte follows.
 */
export class KeyReader implements NvtReader {
  #afterReturn = false;
  #mark = false; // a 242 that waits for the next byte
  #unchanged = false; // nothing in this chunk has to change
  #lostUrgentByte: (() => void) | undefined;

  /** @param lostUrgentByte - Called at the first trace of one, in its place between the keys. */
  constructor(lostUrgentByte: () => void) {
    this.#lostUrgentByte = lostUrgentByte;
  }

  begin(chunk: Uint8Array): void {
    this.#unchanged = !needsChange(chunk);
  }

  read(bytes: Uint8Array, _binary: boolean, emit: (bytes: Uint8Array) => void): void {
    const length = bytes.length;
    if (length === 0) return;
    let at = 0;
    if (this.#afterReturn) {
      this.#afterReturn = false;
      if (bytes[0] === LF || bytes[0] === NUL) at = 1;
    }
    if (this.#mark) {
      this.#mark = false;
      if (isContinuation(bytes[0])) emit(Uint8Array.of(Octet.DM));
      else this.#tellLostUrgentByte();
    }
    if (this.#unchanged || !needsChange(bytes)) {
      if (at < length) emit(at === 0 ? bytes : bytes.subarray(at));
      return;
    }
    const keys = copyOf(bytes);
    // Where the next ones are; each is searched for again only when it has been passed.
    let cr = -1;
    let lf = -1;
    let dm = -1;
    let from = at; // of what has not been given on
    let count = at; // where the next key goes: never ahead of `at`
    while (at < length) {
      const run = at;
      const near = Math.min(length, at + NEAR);
      while (at < near && !isSpecial(bytes[at] as number)) at += 1;
      if (at === near && at < length) {
        if (cr < at) cr = place(bytes, CR, at);
        if (lf < at) lf = place(bytes, LF, at);
        if (dm < at) dm = place(bytes, Octet.DM, at);
        at = Math.min(cr, lf, dm);
      }
      count = moveRun(keys, count, run, at);
      if (at === length) break;
      const octet = bytes[at++] as number;
      if (octet !== Octet.DM) {
        keys[count++] = CR;
        if (octet === LF) continue;
        if (at === length) this.#afterReturn = true;
        else if (bytes[at] === LF || bytes[at] === NUL) at += 1;
      } else if (at === length) {
        this.#mark = true;
      } else if (isContinuation(bytes[at])) {
        keys[count++] = octet;
      } else if (this.#lostUrgentByte !== undefined) {
        if (count > from) emit(keys.subarray(from, count));
        from = count;
        this.#tellLostUrgentByte();
      }
    }
    if (count > from) emit(keys.subarray(from, count));
  }

  #tellLostUrgentByte(): void {
    this.#lostUrgentByte?.();
    this.#lostUrgentByte = undefined;
  }
}

/** Where `octet` is at or behind `from`, as `indexOf`; the length when it is nowhere. */
function place(bytes: Uint8Array, octet: number, from: number): number {
  const at = bytes.indexOf(octet, from);
  return at < 0 ? bytes.length : at;
}

/** Moves `from` to `end` down to `to`; gives where it ends then. */
function moveRun(keys: Uint8Array, to: number, from: number, end: number): number {
  if (to === from) return end;
  if (end - from > SHORT) {
    keys.copyWithin(to, from, end);
    return to + end - from;
  }
  let count = to;
  for (let at = from; at < end; at += 1) keys[count++] = keys[at] as number;
  return count;
}

function isSpecial(octet: number): boolean {
  return octet <= CR ? octet === CR || octet === LF : octet === Octet.DM;
}

function isContinuation(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 0x80 && octet < 0xc0;
}

/** Is there a CR, an LF or a 242? */
function needsChange(bytes: Uint8Array): boolean {
  if (bytes.length > SHORT) {
    return bytes.indexOf(CR) >= 0 || bytes.indexOf(LF) >= 0 || bytes.indexOf(Octet.DM) >= 0;
  }
  for (let at = 0; at < bytes.length; at += 1) {
    const octet = bytes[at] as number;
    if (octet === CR || octet === LF || octet === Octet.DM) return true;
  }
  return false;
}

/** Reads text as an NVT printer does: the NUL of CR NUL is taken out, CR LF stays; in BINARY everything stays. */
export class TextReader implements NvtReader {
  #afterReturn = false;

  begin(): void {}

  read(bytes: Uint8Array, binary: boolean, emit: (bytes: Uint8Array) => void): void {
    if (bytes.length === 0) return;
    if (binary || bytes.indexOf(NUL) < 0) {
      this.#afterReturn = !binary && bytes[bytes.length - 1] === CR;
      emit(bytes);
      return;
    }
    const text = new Uint8Array(bytes.length);
    let count = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const octet = bytes[at] as number;
      if (octet !== NUL || !this.#afterReturn) text[count++] = octet;
      this.#afterReturn = octet === CR;
    }
    if (count > 0) emit(text.subarray(0, count));
  }
}

/**
 * Writes data: 255 is doubled, and a CR that no LF follows gets its NUL, unless our BINARY is on.
 *
 * A CR goes out at once; whether it needs a NUL shows when the next byte is written.
 */
export class NvtWriter {
  #afterReturn = false;

  /** Gives the encoded bytes to `emit`: the same view when nothing had to change. */
  write(bytes: Uint8Array, binary: boolean, emit: (bytes: Uint8Array) => void): void {
    if (bytes.length === 0) return;
    const owesNul = this.#afterReturn && !binary && bytes[0] !== LF;
    if (!owesNul && bytes.indexOf(Octet.IAC) < 0 && (binary || !hasBareReturn(bytes))) {
      this.#afterReturn = !binary && bytes[bytes.length - 1] === CR;
      emit(bytes);
      return;
    }
    const wire = new Uint8Array(2 * bytes.length + 1);
    const count = encode(bytes, wire, this.#afterReturn && !binary, !binary);
    this.#afterReturn = !binary && bytes[bytes.length - 1] === CR;
    emit(wire.subarray(0, count));
  }
}

/** Doubles 255s and, with `nuls`, gives bare CRs their NUL; gives the length. */
function encode(bytes: Uint8Array, wire: Uint8Array, startsAfterReturn: boolean, nuls: boolean): number {
  const { length } = bytes;
  let count = 0;
  if (startsAfterReturn && bytes[0] !== LF) wire[count++] = NUL;
  for (let at = 0; at < length; at += 1) {
    const octet = bytes[at] as number;
    wire[count++] = octet;
    if (octet === Octet.IAC) wire[count++] = octet;
    else if (octet === CR && nuls && at + 1 < length && bytes[at + 1] !== LF) wire[count++] = NUL;
  }
  return count;
}

/** Is there a CR with something other than LF behind it? One at the very end is not known yet. */
function hasBareReturn(bytes: Uint8Array): boolean {
  let at = bytes.indexOf(CR);
  while (at >= 0 && at < bytes.length - 1) {
    if (bytes[at + 1] !== LF) return true;
    at = bytes.indexOf(CR, at + 2);
  }
  return false;
}
